// The same port answers browsers: the page, /health, and a clear refusal where one is due.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, test } from 'node:test';
import { Member } from '../harness/member.js';
import { here, LAN, openSharing, PORT, text } from '../harness/sharing.js';

describe('http', { timeout: 120_000 }, () => {
  let chromium;
  before(async () => {
    chromium = await openSharing();
  });
  after(() => chromium?.close());

  test('/health says what answers, to any page', async () => {
    const { status, headers, body } = await get('/health');
    assert.equal(status, 200);
    assert.equal(headers['access-control-allow-origin'], '*');
    const health = JSON.parse(body);
    assert.equal(health.status, 'ok');
    assert.equal(health.protocol, 1);
  });

  test('the start page comes from the extension, with the headers that protect it', async () => {
    const { status, headers, body } = await get('/');
    assert.equal(status, 200);
    assert.match(headers['content-type'], /^text\/html/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.doesNotMatch(headers['content-security-policy'], /unsafe-inline/);
    assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
    for (const [, path] of body.matchAll(/(?:src|href)="([^"#:]+)"/g)) {
      const file = await get(new URL(path, `http://${LAN}/`).pathname);
      assert.equal(file.status, 200, path);
    }
  });

  test('a file is not sent twice to who has it', async () => {
    const first = await get('/theme.css');
    assert.ok(first.headers.etag);
    const again = await get('/theme.css', { headers: { 'If-None-Match': first.headers.etag } });
    assert.equal(again.status, 304);
    assert.equal(again.body, '');
  });

  test('the console page of one device reaches another', async () => {
    const page = await chromium.browser.newPage();
    const problems = [];
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
    const member = await Member.open(here('/'));
    await page.goto(`http://${LAN}:${PORT}/console.html`);
    await chromium.state((state) => state.members.length === 2);
    await member.send('hello, page');
    await text(page, 'messages', (text) => text.includes('hello, page'));
    await page.type('[data-testid="text"]', 'hello, device');
    await page.keyboard.press('Enter');
    assert.equal(await member.next(), 'hello, device');
    assert.deepEqual(problems, []);
    await page.close();
    await member.close();
  });

  test('unknown paths and methods are refused by their names', async () => {
    assert.equal((await get('/no/such/file')).status, 404);
    assert.equal((await get('/../manifest.json')).status, 404);
    assert.equal((await get('/', { method: 'POST' })).status, 405);
    assert.equal((await get('/', { headers: { 'X-Long': 'x'.repeat(9000) } })).status, 431);
  });

  test('a Host that is not ours is misdirected: 421', async () => {
    for (const host of ['evil.example', `evil.example:${PORT}`, `${LAN}:1`, `${LAN}.evil.example:${PORT}`]) {
      assert.equal((await get('/', { headers: { Host: host } })).status, 421, host);
      await refused({ headers: { Host: host } }, 421);
    }
    for (const host of [`${LAN}:${PORT}`, `localhost:${PORT}`, `127.0.0.1:${PORT}`]) {
      assert.equal((await get('/', { headers: { Host: host } })).status, 200, host);
    }
  });

  test('a page of a foreign origin may not join: 403', async () => {
    for (const origin of ['https://evil.example', 'null', `http://${LAN}.evil.example`, 'http://8.8.8.8']) {
      await refused({ origin }, 403);
    }
    for (const origin of [`http://${LAN}:${PORT}`, 'http://10.77.0.9:8080']) {
      await (await Member.open(here(), { origin })).close();
    }
  });
});

async function refused(options, status) {
  const member = new Member(here(), options);
  await assert.rejects(member.opened, { status });
}

function get(path, { method = 'GET', headers = {} } = {}) {
  return new Promise((resolve, reject) => {
    const asked = request({ host: '127.0.0.1', port: PORT, path, method, headers }, (response) => {
      let body = '';
      response.on('data', (data) => (body += data));
      response.on('end', () => resolve({ status: response.statusCode, headers: response.headers, body }));
    });
    asked.on('error', reject);
    asked.end();
  });
}
