// Every state of the popup, and the options, light and dark: nothing overflows, all can be read and reached by
// keyboard, each state has its sentence and its action. The pictures are left in e2e/screenshots/ for people to
// look at.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Chromium } from '../harness/chromium.js';
import { faults } from '../harness/looks.js';
import { press, text, when } from '../harness/sharing.js';

const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url));
const WIDTH = 380;

const url = (host, name, medium) => ({
  url: `ws://${host}:9999/`,
  page: `http://${host}:9999/`,
  interface: name,
  medium,
  qr: checkered(),
});
const member = (id, more) => ({ id, address: `192.168.1.${20 + id}`, room: '/', kind: 'plain', since: 10 * id ** 3, received: 3 * id, sent: 40 * id, queued: 0, ...more });
const lan = url('192.168.1.5', 'wlan0', 'wireless');
const sharing = { status: 'sharing', port: 9999, mode: 'open', totals: {} };
const inviting = { ...sharing, mode: 'invited', invitations: [{ id: 'AAAAAAAAAAA', kind: 'shared', label: 'Everyone', rights: 'read-write', issued: 0, expires: null }] };
const invited = (url) => ({ ...url, invitation: { link: `${url.page}#AQ${'a-_1'.repeat(18)}bc`, qr: checkered(41) } });
const command = 'lan-broadcaster-host install --extension-id abcdefghijklmnopabcdefghijklmnop';

/** Name of the picture → what the worker says. */
const STATES = {
  stopped: { status: 'stopped', port: 9999 },
  'stopped-open': { status: 'stopped', port: 9999, mode: 'open' },
  starting: { status: 'starting', port: 9999 },
  inviting: { ...inviting, urls: [invited(lan)], members: [] },
  'inviting-members': { ...inviting, serve: true, urls: [invited(lan), invited(url('10.0.0.7', 'eth0', 'wired'))], members: [member(1, { kind: 'enveloped' })] },
  'inviting-ipv6': { ...inviting, urls: [invited(url('[fd12:3456:789a:1:a1b2:c3d4:e5f6:789a]', 'eth0', 'wired'))], members: [] },
  'inviting-waiting': { ...inviting, serve: true, urls: [invited(lan)], members: [member(1, { kind: 'enveloped' })], waiting: 2 },
  'inviting-asked': { ...inviting, serve: true, urls: [invited(lan)], members: [], waiting: 1, writing: 2 },
  'stopped-asked': { status: 'stopped', port: 9999, serve: true, writing: 1 },
  sharing: { ...sharing, urls: [lan], members: [] },
  'sharing-members': {
    ...sharing,
    urls: [lan, url('10.0.0.7', 'eth0', 'wired'), url('172.17.0.1', 'docker0', 'virtual')],
    members: [member(1), member(2, { room: '/kitchen', kind: 'enveloped' }), member(3, { queued: 1_500_000 })],
  },
  'sharing-crowd': { ...sharing, urls: [lan], members: Array.from({ length: 60 }, (_, id) => member(id + 1, { room: `/a/room/with/a/long/name/${id}` })) },
  'sharing-records': { ...sharing, serve: true, urls: [lan], members: [member(1)] },
  'sharing-ipv6': { ...sharing, urls: [url('[fd12:3456:789a:1:a1b2:c3d4:e5f6:789a]', 'eth0', 'wired')], members: [] },
  'no-address': { status: 'no-address', port: 9999, urls: [], members: [] },
  'other-network': { status: 'other-network', port: 9999 },
  'port-in-use': { status: 'port-in-use', port: 9999, next: 10000, detail: 'Address already in use (os error 98)' },
  'port-in-use-ours': { status: 'port-in-use', port: 9999, next: 10000, ours: true },
  missing: { status: 'missing', port: 9999, command },
  'app-away': { status: 'app-away', port: 39999, wanted: true, detail: 'The app that opens the port is closed, and everybody who was connected is cut off. Open it again from your apps: sharing goes on by itself.' },
  forbidden: { status: 'forbidden', port: 9999, command },
  outdated: { status: 'outdated', port: 9999, command, detail: 'The companion speaks version 2, this extension version 1.' },
  crashed: { status: 'crashed', port: 9999, retry_in: 4, detail: 'Native host has exited.' },
  failed: { status: 'failed', port: 80, detail: 'Permission denied (os error 13)' },
};

describe('appearance', { timeout: 180_000 }, () => {
  let chromium;
  before(async () => {
    chromium = await Chromium.open({ companion: false });
  });
  after(() => chromium?.close());

  for (const [name, state] of Object.entries(STATES)) {
    for (const scheme of ['light', 'dark']) {
      test(`${name}, ${scheme}`, async () => {
        const page = await paint(chromium, state, scheme);
        const seen = await page.evaluate(() => ({
          status: document.querySelector('[data-testid="status"]').textContent.trim(),
          toggle: document.querySelector('[data-testid="share-toggle"]').innerText.trim(),
          primary: [...document.querySelectorAll('button.primary')].filter((button) => button.checkVisibility()).length,
        }));
        await page.screenshot({ path: `${PICTURES}popup-${name}-${scheme}.png` });
        assert.deepEqual(await faults(page), []);
        await page.close();
        assert.notEqual(seen.status, '', 'one plain sentence');
        assert.notEqual(seen.toggle, '', 'the switch has words');
        assert.ok(seen.primary <= 1, 'one next action');
      });
    }
  }

  test('the invitation is renewed after a question', async () => {
    for (const scheme of ['light', 'dark']) {
      const page = await paint(chromium, STATES.inviting, scheme);
      await press(page, 'renew');
      await when(page, () => document.getElementById('renew-dialog').open);
      await page.screenshot({ path: `${PICTURES}popup-renewing-${scheme}.png` });
      assert.deepEqual(await faults(page), []);
      await press(page, 'keep-invitation');
      assert.deepEqual(await page.evaluate(() => said), [], 'nothing was done');
      await press(page, 'renew');
      await press(page, 'really-renew');
      await when(page, () => globalThis.said.length > 0);
      assert.deepEqual(await page.evaluate(() => said), [{ kind: 'renew', id: 'AAAAAAAAAAA' }]);
      await page.close();
    }
  });

  test('with whom to share is one switch, and what it means stands below it', async () => {
    const page = await paint(chromium, STATES.stopped, 'light');
    const toggle = () => page.$eval('[data-testid="share-toggle"]', (button) => button.innerText.trim());
    assert.equal(await toggle(), 'Start sharing');
    await press(page, 'open-mode');
    assert.equal(await toggle(), 'Start open sharing');
    assert.ok(await page.$eval('#open-means', (means) => means.checkVisibility()));
    await press(page, 'share-toggle');
    await press(page, 'open-mode');
    await press(page, 'share-toggle');
    await when(page, () => globalThis.said.length === 2);
    assert.deepEqual(await page.evaluate(() => said), [{ kind: 'start', mode: 'open' }, { kind: 'start', mode: 'invited' }]);
    await page.close();
  });

  test('how many devices use the records is said', async () => {
    const page = await paint(chromium, STATES['sharing-records'], 'light');
    await chromium.control.evaluate((peers) => {
      const line = new BroadcastChannel('lan-broadcaster/master');
      line.postMessage({ kind: 'status', status: { peers } });
    }, [{ state: 'connected' }, { state: 'connected' }, { state: 'connecting' }]);
    await text(page, 'records-served', (text) => text === 'Your records are served: 2 devices use them.');
    await page.close();
  });

  test('a worker that never speaks is told, with what to do', async () => {
    const page = await tab(chromium, 'light');
    await page.evaluateOnNewDocument(() => {
      const nothing = { addListener() {} };
      chrome.runtime.connect = () => ({ onMessage: nothing, onDisconnect: nothing, postMessage() {} });
      // A second is a hundredth here.
      const wait = setTimeout;
      globalThis.setTimeout = (act, ms) => wait(act, ms / 100);
    });
    await page.goto(chromium.url('extension/popup.html'));
    await text(page, 'status', (text) => text === 'The extension did not start.');
    assert.match(await text(page, 'detail'), /^Reload it\./);
    await page.screenshot({ path: `${PICTURES}popup-unreachable-light.png` });
    assert.deepEqual(await faults(page), []);
    await page.close();
  });

  for (const [scheme, width] of [['light', 1000], ['dark', 360]]) {
    test(`options, ${scheme}, ${width} wide`, async () => {
      const page = await tab(chromium, scheme, width, 800);
      await page.goto(chromium.url('extension/options.html'));
      await when(page, () => !document.querySelector('fieldset').disabled);
      await page.screenshot({ path: `${PICTURES}options-${scheme}.png`, fullPage: true });
      assert.deepEqual(await faults(page), []);
      await page.type('#origins', 'not an origin');
      await press(page, 'save');
      await when(page, () => document.getElementById('origins-error').textContent);
      await page.screenshot({ path: `${PICTURES}options-mistake-${scheme}.png`, fullPage: true });
      assert.deepEqual(await faults(page), []);
      await page.close();
    });
  }
});

/** The popup's page in a tab of the popup's width, told one state by a worker of ours. */
async function paint(chromium, state, scheme) {
  const page = await tab(chromium, scheme);
  await page.evaluateOnNewDocument((state) => {
    const nothing = { addListener() {} };
    const onMessage = { addListener: (hear) => setTimeout(() => hear({ kind: 'state', state: { mode: 'invited', ...state } })) };
    globalThis.said = [];
    chrome.runtime.connect = () => ({ onMessage, onDisconnect: nothing, postMessage: (message) => said.push(message) });
  }, state);
  await page.goto(chromium.url('extension/popup.html'));
  await when(page, (status) => document.body.dataset.status === status, state.status);
  return page;
}

async function tab(chromium, scheme, width = WIDTH, height = 600) {
  const page = await chromium.browser.newPage();
  await page.setViewport({ width, height });
  await page.emulateMediaFeatures([
    { name: 'prefers-color-scheme', value: scheme },
    { name: 'prefers-reduced-motion', value: 'reduce' },
  ]);
  return page;
}

function checkered(modules = 21) {
  let path = '';
  for (let y = 0; y < modules; y++) for (let x = y % 2; x < modules; x += 2) path += `M${x + 4} ${y + 4}h1v1h-1z`;
  return { size: modules + 8, path };
}
