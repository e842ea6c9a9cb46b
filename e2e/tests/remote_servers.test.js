// Storages on a server, seen from a page: what is told when something is wrong, what is asked and of whom, and how
// a master serves them to others.

import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { after, before, beforeEach, describe, test } from 'node:test';
import { CouchDb } from '../couchdb/server.js';
import { compared, here, replicate } from '../harness/far.js';
import { Hal } from '../harness/hal/server.js';
import { Browser, openSite } from '../harness/peer.js';

const PERSON = { portal_type: 'Person', parent_relative_url: 'person_module' };

describe('records on a server', { timeout: 300_000 }, () => {
  let hal, couchdb, stranger, site, browser, page;
  /** What the server that is no kind of ours was asked, and what it answers. */
  const other = { requests: [], answer: { status: 200, headers: {}, body: '' } };
  before(async () => {
    [hal, couchdb, browser] = await Promise.all([Hal.start(), CouchDb.start(), Browser.open()]);
    stranger = createServer((request, response) => {
      const cors = {
        'access-control-allow-origin': request.headers.origin ?? '*',
        'access-control-allow-credentials': 'true',
        'access-control-allow-headers': 'content-type, x-access-token, authorization',
      };
      if (request.method !== 'OPTIONS') other.requests.push(request.headers);
      const { status, headers, body } = request.method === 'OPTIONS' ? { status: 204 } : other.answer;
      response.writeHead(status, { ...cors, ...headers }).end(body);
    }).listen(0, '127.0.0.1');
    await once(stranger, 'listening');
    stranger.origin = `http://127.0.0.1:${stranger.address().port}`;
    site = await openSite({ servers: [hal.origin, couchdb.origin, stranger.origin, 'http://127.0.0.1:1'] });
    page = await browser.page(site.url);
  });
  beforeEach(() => {
    hal.records.clear();
    hal.token = null;
    hal.requests.length = other.requests.length = 0;
    couchdb.login = null;
    for (const server of [hal, couchdb]) server.instead = server.afterwards = () => undefined;
  });
  after(async () => {
    await browser?.close();
    stranger?.close();
    await Promise.all([hal?.close(), couchdb?.close()]);
    site?.close();
  });

  const erp5 = (more) => ({ type: 'erp5', url: hal.url, default_view_reference: 'view', access_token: 'sesame', ...more });
  /** What a call of a storage opened by this description fails with. */
  const failure = (description, method = 'allDocs', ...args) =>
    page.evaluate((...given) => {
      const [description, method, args] = given;
      return globalThis.failure(peer.openRemote(description)[method](...args));
    }, description, method, args);

  test('a description that is none is told with its place', async () => {
    for (const [description, message] of [
      [{ type: 'erp5', url: 'erp.example' }, /^url: .*https:/],
      [{ type: 'couchdb', url: 'http://ada:secret@db.example/x' }, /^url: name and password do not belong/],
      [{ type: 'erp5', url: 'http://x/', acess_token: 'x' }, /^acess_token: erp5 has no such option/],
      [{ type: 'dav', url: 'http://x/' }, /^type: there is no storage “dav”/],
      [{ type: 'memory' }, /erp5 or couchdb/],
    ]) {
      const failed = await failure(description);
      assert.equal(failed.status_code, 400);
      assert.match(failed.message, message);
      assert.doesNotMatch(failed.message, /secret/);
    }
  });

  test('each way in which a server says no has a status and a sentence', async () => {
    const url = await couchdb.database();
    const table = [
      [401, 401, /who asks/],
      [403, 403, /refuses/],
      [413, 413, /too large/],
      [503, 503, /not ready/],
      [507, 507, /no room/],
      [500, 502, /failed/],
    ];
    for (const [status, expected, message] of table) {
      hal.instead = () => ({ status });
      couchdb.instead = () => ({ status, body: { error: 'x', reason: 'so it is' } });
      for (const description of [erp5(), { type: 'couchdb', url }]) {
        const failed = await failure(description);
        assert.equal(failed.status_code, expected, `${description.type} ${status}`);
        assert.match(failed.message, message);
      }
    }
  });

  test('who is offline, and where no server is, is told as 503', async () => {
    assert.equal((await failure({ type: 'couchdb', url: 'http://127.0.0.1:1/x' })).status_code, 503);
    hal.instead = () => 'cut';
    const failed = await failure(erp5());
    assert.equal(failed.status_code, 503);
    assert.match(failed.message, /offline/);
  });

  test('a page to log in and a server of another kind are told apart', async () => {
    const description = (type) => ({ type, url: `${stranger.origin}/x` });
    const answers = [
      [{ status: 200, headers: { 'content-type': 'text/html' }, body: '<!doctype html><title>Log in</title>' }, 401, /log in/],
      [{ status: 200, headers: { 'content-type': 'application/json' }, body: '{"hello":"world"}' }, 502, /check the address/],
      [{ status: 200, headers: { 'content-type': 'application/json' }, body: '{"rows":[' }, 502, /check the address/],
    ];
    for (const [answer, status, message] of answers) {
      other.answer = answer;
      for (const type of ['couchdb', 'erp5']) {
        const failed = await failure(description(type));
        assert.equal(failed.status_code, status, `${type} ${answer.body}`);
        assert.match(failed.message, message);
      }
    }
  });

  test('a redirect is not followed: no other server gets the token', async () => {
    hal.instead = () => ({ status: 302, headers: { location: `${stranger.origin}/login` } });
    const failed = await failure(erp5());
    assert.equal(failed.status_code, 401);
    assert.match(failed.message, /log in/);
    assert.deepEqual(other.requests, []);
    assert.deepEqual(hal.requests.map(({ login }) => login), ['sesame']);
  });

  test('links of the server lead to itself, or nowhere', async () => {
    hal.instead = (method, { pathname }) =>
      pathname === '/hateoas/' && {
        body: JSON.stringify({ _links: { traverse: { href: `${stranger.origin}/{?relative_url,view}` }, raw_search: { href: `${stranger.origin}/{?query}` } } }),
      };
    assert.equal((await failure(erp5())).status_code, 502);
    assert.deepEqual(other.requests, []);
  });

  test('logins: a token, a name with a password, and none', async () => {
    hal.token = 'sesame';
    couchdb.login = { name: 'ada', password: 'pässword' };
    const url = await couchdb.database();
    const login = { username: 'ada', password: 'pässword' };
    assert.equal((await failure(erp5())).status_code, undefined);
    assert.equal((await failure(erp5({ access_token: 'wrong' }))).status_code, 401);
    assert.equal((await failure({ type: 'couchdb', url, ...login })).status_code, undefined);
    assert.equal((await failure({ type: 'couchdb', url, ...login, password: 'wrong' })).status_code, 401);
    assert.equal((await failure({ type: 'couchdb', url })).status_code, 401);
    assert.equal((await failure({ type: 'couchdb', url: `${couchdb.origin}/none`, ...login })).status_code, 404);
  });

  test('the site document of an ERP5 is asked for once', async () => {
    const id = hal.records.add('Person', 'person_module');
    await page.evaluate(
      async (description, id) => {
        const db = peer.openRemote(description);
        await db.get(id);
        await db.get(id);
        await db.allDocs({ query: 'title:"x"' });
      },
      erp5(),
      id,
    );
    const lines = hal.requests.map(({ line }) => line);
    assert.deepEqual(lines, ['GET /hateoas/', 'GET /hateoas/traverse', 'GET /hateoas/traverse', 'GET /hateoas/search']);
  });

  // Its catalog is behind: rows come in another order than the changes.
  for (const [date_property, found] of [
    ['modification_date', ['early']],
    ['indexation_timestamp', ['early', 'late']],
  ]) {
    test(`of an ERP5 that indexes late, ${date_property} finds ${found.join(' and ')}`, async () => {
      const { records } = hal;
      const make = (title, now) => {
        records.now = now;
        records.set(records.add(PERSON.portal_type, PERSON.parent_relative_url), { title });
      };
      records.indexesLate = true;
      make('late', '2026-11-22 10:00:00');
      records.indexesLate = false;
      make('early', '2026-11-22 10:00:05');
      await replicate(page, { description: erp5({ date_property }), needs: PERSON }, { database: date_property });
      await compared(page);
      records.now = '2026-11-22 10:00:30';
      records.index();
      await compared(page);
      assert.deepEqual((await here(page)).map(([title]) => title), found);
      await page.evaluate(() => db.close());
    });
  }

  test('a record that nobody may edit is refused', async () => {
    const id = hal.records.add('Person', 'person_module');
    const failed = await failure(erp5({ default_view_reference: 'view_only' }), 'put', id, { title: 'x' });
    assert.equal(failed.status_code, 403);
    assert.equal((await failure(erp5(), 'post', { title: 'x' })).status_code, 400);
  });

  test('a master serves a server’s records, and keeps the login to itself', async () => {
    hal.token = 'sesame';
    const served = await page.evaluate(
      async (description, person) => {
        const transport = { send() {}, close() {}, onmessage: null, onclose: null };
        const master = peer.serve(transport, peer.openRemote(description), { strangers: 'remove-allowed' });
        const { port1, port2 } = new MessageChannel();
        const heard = [];
        master.attach(port1);
        port2.addEventListener('message', ({ data }) => heard.push(String(data)));
        const db = peer.connect(port2);
        const id = await db.post({ ...person, title: 'Ada' });
        const doc = await db.get(id);
        const { data } = await db.allDocs({ query: 'title:"A%"', select_list: ['title'] });
        const removal = await globalThis.failure(db.remove(id));
        master.close();
        return { id, doc, rows: data.rows, removal, heard: heard.join(' ') };
      },
      erp5(),
      PERSON,
    );
    assert.match(served.id, /^person_module\/\d+$/);
    assert.deepEqual(served.doc, { ...PERSON, title: 'Ada' });
    assert.deepEqual(served.rows, [{ id: served.id, value: { title: 'Ada' } }]);
    assert.equal(served.removal.status_code, 501);
    assert.doesNotMatch(served.heard, /sesame/);
  });
});
