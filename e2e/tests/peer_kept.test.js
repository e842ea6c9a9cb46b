// Slaves with a memory: what is written while the master is away, or on its way when the connection is lost, is
// stored once there is a connection again, once and in order; also after the browser was killed.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, prepare } from '../harness/peer.js';
import { launch } from '../harness/launch.js';
import { create } from '../harness/records.js';
import { press, text, when } from '../harness/sharing.js';

const IDS = ['a', 'b', 'c'];

describe('slaves with a memory', { timeout: 300_000 }, () => {
  let site, far, broadcaster, browser, other, master;
  before(async () => {
    [site, far, broadcaster, browser, other] = await Promise.all([
      openSite(),
      openSite({ address: '10.77.0.1' }),
      openBroadcaster(),
      Browser.open(),
      Browser.open(),
    ]);
    master = await browser.page(site.url);
    await come();
  });
  after(async () => {
    await Promise.all([browser?.close(), other?.close()]);
    await broadcaster?.close();
    site?.close();
    far?.close();
  });

  /** The master serves, and keeps what it is asked to do. */
  async function come(id = 'the-master') {
    await master.evaluate((url, id) => {
      globalThis.storage ??= peer.memory();
      globalThis.asked ??= [];
      const validate = ({ method, id, doc }) => {
        asked.push([method, id]);
        if (doc?.refused) throw new peer.JioError('Not here.', 403);
      };
      globalThis.master = peer.serve(url, storage, { id, strangers: 'remove-allowed', validate });
      return until(globalThis.master, 'state', ({ state }) => state === 'serving');
    }, broadcaster.url, id);
  }

  async function go(...slaves) {
    const gone = slaves.map((slave) => slave.evaluate(() => until(db, 'state', ({ state }) => state !== 'connected').then(() => {})));
    await master.evaluate(() => master.close());
    await Promise.all(gone);
  }

  const asked = () => master.evaluate(() => asked.splice(0));

  test('what is written while the master is away is stored in order, once, when it is back', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'tab' });
    await go(slave);
    const waiting = await slave.evaluate(async (ids) => {
      globalThis.promises = [...ids.map((id, n) => db.put(id, { n })), db.post({ n: 3 }), db.put('a', { n: 4 }), db.putAttachment('a', 'text', 'hello'), db.remove('b')];
      await until(db, 'waiting', (all) => all.length === 7);
      return db.waiting.map(({ method, id, error }) => [method, id, error]);
    }, IDS);
    assert.deepEqual(waiting.map(([method]) => method), ['put', 'put', 'put', 'post', 'put', 'putAttachment', 'remove']);
    await come();
    const results = await slave.evaluate(() => Promise.all(promises));
    const made = results[3];
    assert.equal(waiting[3][1], made, 'a new record has its id from the beginning');
    assert.deepEqual(await asked(), [['put', 'a'], ['put', 'b'], ['put', 'c'], ['put', made], ['put', 'a'], ['putAttachment', 'a'], ['remove', 'b']]);
    const found = await master.evaluate(async () => [(await storage.allDocs({ include_docs: true })).data.rows.map(({ doc }) => doc.n).sort(), await storage.getAttachment('a', 'text', { format: 'text' })]);
    assert.deepEqual(found, [[2, 3, 4], 'hello']);
    assert.deepEqual(await slave.evaluate(() => db.waiting), []);
    await slave.close();
  });

  test('what was under way when the connection was lost is stored all the same', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'tab' });
    await master.evaluate(() => {
      // Somewhere in the middle.
      const live = storage.subscribe({ query: 'm:1' }, ({ rows }) => {
        if (rows.length < 50) return;
        live.close();
        for (const { id } of master.peers) master.dismiss(id);
      });
    });
    await slave.evaluate(() => (globalThis.many = Promise.all(Array.from({ length: 200 }, (_, n) => db.put(`m${n}`, { n, m: 1 }))).then((all) => all.length)));
    assert.equal(await slave.evaluate(() => many), 200);
    const order = (await asked()).map(([, id]) => Number(id.slice(1)));
    // One that was under way may have been asked for twice; none comes before one that was written earlier.
    assert.deepEqual([...new Set(order)], Array.from({ length: 200 }, (_, n) => n));
    assert.ok(order.every((n, at) => at === 0 || n === order[at - 1] || n === order[at - 1] + 1), order.join());
    await slave.close();
  });

  test('what is refused is told and listed, given up or tried again, and holds up nothing', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'tab' });
    const found = await slave.evaluate(async () => {
      const refused = failure(db.put('no', { refused: true }));
      const stored = await db.put('yes', {});
      const error = await refused;
      const listed = db.waiting.map(({ id, error }) => [id, error.status_code]);
      db.resend(db.waiting[0].number);
      await until(db, 'waiting', ([first]) => first?.error);
      db.forget(db.waiting[0].number);
      return [stored, error.status_code, error.message, listed, db.waiting];
    });
    assert.deepEqual(found, ['yes', 403, 'Not here.', [['no', 403]], []]);
    assert.deepEqual((await asked()).map(([, id]) => id), ['no', 'yes', 'no']);
    await slave.close();
  });

  test('what was seen can be read while there is no connection, and says so', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'tab', cache: true });
    await slave.evaluate(async () => {
      await db.put('seen', { n: 1 });
      await db.get('seen');
      await db.allDocs({ query: 'n:1', include_docs: true });
    });
    await go(slave);
    const found = await slave.evaluate(async () => {
      const told = [];
      db.addEventListener('from_cache', ({ detail }) => told.push(detail.method));
      const before = await db.get('seen');
      db.put('seen', { n: 2 }).catch(() => {});
      db.remove('yes').catch(() => {});
      const own = await db.get('seen');
      const gone = (await failure(db.get('yes'))).status_code;
      const { from_cache } = await db.allDocs({ query: 'n:1', include_docs: true });
      return { before, own, gone, from_cache, told };
    });
    assert.deepEqual(found, { before: { n: 1 }, own: { n: 2 }, gone: 404, from_cache: true, told: ['get', 'get', 'allDocs'] });
    await come();
    await slave.evaluate(() => until(db, 'waiting', (all) => all.length === 0));
    await asked();
    await slave.close();
  });

  test('what waits is part of a query answered without a connection, where query, sorting and limit put it', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'tab', cache: true });
    const SORTED = { query: 'kind:"row"', sort_on: [['n', 'descending']], limit: [0, 3], select_list: ['n'] };
    await slave.evaluate(async (sorted) => {
      for (const n of [1, 3, 5]) await db.put(`q${n}`, { kind: 'row', n });
      await db.allDocs({ query: 'kind:"row"', include_docs: true });
      await db.allDocs(sorted);
    }, SORTED);
    await go(slave);
    const found = await slave.evaluate(async (sorted) => {
      const put = (id, doc) => void db.put(id, doc).catch(() => {});
      put('q0', { kind: 'row', n: 4 });
      put('q1', { kind: 'other', n: 1 });
      put('q3', { kind: 'row', n: 9 });
      put('q9', { kind: 'row', n: 0 });
      db.remove('q5').catch(() => {});
      db.post({ kind: 'row', n: 7 }).catch(() => {});
      const { id } = db.waiting.at(-1);
      const told = ({ data }) => data.rows.map((row) => [row.id === id ? 'new' : row.id, row.doc?.n ?? row.value.n, row.waiting === true]);
      const all = await db.allDocs({ query: 'kind:"row"', include_docs: true });
      return { all: told(all).sort(), total: all.data.total_rows, sorted: told(await db.allDocs(sorted)) };
    }, SORTED);
    assert.deepEqual(found.all, [['new', 7, true], ['q0', 4, true], ['q3', 9, true], ['q9', 0, true]]);
    assert.equal(found.total, 4);
    assert.deepEqual(found.sorted, [['q3', 9, true], ['new', 7, true], ['q0', 4, true]]);
    await come();
    await slave.evaluate(() => until(db, 'waiting', (all) => all.length === 0));
    const stored = await slave.evaluate(async (sorted) => (await db.allDocs(sorted)).data.rows.map(({ value }) => value.n), SORTED);
    assert.deepEqual(stored, [9, 7, 4], 'as the master answers when it has all of it');
    await asked();
    await slave.close();
  });

  test('what is kept on disk survives the browser being killed, and is sent once, in order', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'kept' });
    await go(slave);
    const written = await slave.evaluate(() => {
      const text = (id, name) => db.putAttachment(id, name, new Blob([`${id} ${name}`]));
      const made = [
        db.put('k1', { n: 1 }), text('k1', 'one'), db.put('k2', { n: 2 }), db.put('k1', { n: 3 }), db.post({ n: 4 }), text('k2', 'two'),
        db.remove('k2'), db.put('k2', { n: 5 }), text('k2', 'three'), db.removeAttachment('k1', 'one'), db.put('k3', { n: 6 }),
      ];
      for (const one of made) one.catch(() => {});
      return db.waiting.map(({ method, id }) => [method, id]);
    });
    assert.equal(written.length, 11);
    await slave.evaluate(onDisk, 'lan-broadcaster-writes', 'writes', 11);
    const process = other.browser.process();
    process.kill('SIGKILL');
    await once(process, 'exit');
    other.browser = await launch({ userDataDir: other.profile, defaultViewport: null });
    const again = await other.page(site.url);
    await again.evaluate((url) => {
      globalThis.db = peer.connect(url, { memory: 'kept' });
      // At once, before it is known what the page that is gone had written.
      db.put('k1', { n: 7 }).catch(() => {});
      return until(db, 'waiting', (all) => all.length === 12).then(() => {});
    }, broadcaster.url);
    await come();
    await again.evaluate(() => until(db, 'waiting', (all) => all.length === 0));
    const sent = written.map(([method, id]) => [method === 'post' ? 'put' : method, id]);
    assert.deepEqual(await asked(), [...sent, ['put', 'k1']]);
    const found = await master.evaluate(async () => {
      const read = async (id) => [(await storage.get(id)).n, Object.keys(await storage.allAttachments(id))];
      return [await read('k1'), await read('k2'), await read('k3'), await storage.getAttachment('k2', 'three', { format: 'text' })];
    });
    assert.deepEqual(found, [[7, []], [5, ['three']], [6, []], 'k2 three']);
    await again.reload();
    await prepare(again);
    await connect(again, broadcaster.url, { memory: 'kept' });
    await again.evaluate(() => db.put('after', {}));
    assert.deepEqual(await asked(), [['put', 'after']], 'nothing is sent a second time');
    await again.close();
  });

  test('what was seen is read and queried also after the page was loaded anew, until it is forgotten', async () => {
    const slave = await other.page(site.url);
    const open = (page, options = { memory: 'kept', cache: true }) => connect(page, broadcaster.url, options);
    const load = async () => {
      await slave.reload();
      await prepare(slave);
      await slave.evaluate((url) => void (globalThis.db = peer.connect(url, { memory: 'kept', cache: true })), broadcaster.url);
    };
    await open(slave);
    await slave.evaluate(async () => {
      for (const n of [1, 2]) await db.put(`d${n}`, { kind: 'disk', n });
      await db.get('d1');
      await db.allDocs({ query: 'kind:"disk"', include_docs: true });
    });
    await slave.evaluate(onDisk, 'lan-broadcaster-seen', 'answers', 2);
    await go(slave);
    await load();
    const found = await slave.evaluate(async () => {
      const told = [];
      db.addEventListener('from_cache', ({ detail }) => told.push(detail.method));
      db.put('d3', { kind: 'disk', n: 3 }).catch(() => {});
      const { data, from_cache } = await db.allDocs({ query: 'kind:"disk"', include_docs: true });
      return { get: await db.get('d1'), row: await db.get('d2'), rows: data.rows.map(({ doc, waiting }) => [doc.n, waiting]), from_cache, told };
    });
    const rows = [[1, null], [2, null], [3, true]];
    assert.deepEqual(found, { get: { kind: 'disk', n: 1 }, row: { kind: 'disk', n: 2 }, rows, from_cache: true, told: ['allDocs', 'get', 'get'] });
    await slave.evaluate(() => db.forget());
    await slave.evaluate(onDisk, 'lan-broadcaster-seen', 'answers', 0);
    assert.equal(await slave.evaluate(() => db.waiting.length), 1, 'what waits is not forgotten');
    await come();
    await slave.evaluate(() => until(db, 'waiting', (all) => all.length === 0));
    await slave.evaluate(() => db.get('d3'));
    await slave.evaluate(onDisk, 'lan-broadcaster-seen', 'answers', 1);
    await go(slave);
    await come('another-master');
    await load();
    await slave.evaluate(() => db.ready.then(() => {}));
    await slave.evaluate(onDisk, 'lan-broadcaster-seen', 'answers', 0);
    await go(slave);
    await come();
    await asked();
    await slave.close();
  });

  test('what is on disk of what was seen is bounded for all pages together, the oldest goes first', async () => {
    const page = await other.page(site.url);
    const found = await page.evaluate(async () => {
      const { open } = await import('/seen-disk.js');
      const bounds = { answers: 3, length: 100 };
      const [one, other] = [await open('one', bounds), await open('other', bounds)];
      const keys = async () => [(await one.all()).map(({ key }) => key), (await other.all()).map(({ key }) => key)];
      const found = [];
      for (const [at, key] of ['a', 'b', 'c', 'd'].entries()) await (at % 2 ? one : other).put(key, 'x', at + 1);
      found.push(await keys()); // The fourth took the first one's place.
      await one.put('b', 'x'.repeat(90), 5);
      found.push(await keys());
      await one.put('e', 'x'.repeat(100), 6);
      found.push(await keys());
      await one.put('f', 'x'.repeat(101), 7);
      found.push(await keys());
      await one.remove('e');
      await other.put('g', 'x'.repeat(100), 8);
      found.push(await keys());
      await other.clear();
      found.push(await keys());
      return found;
    });
    assert.deepEqual(found, [[['b', 'd'], ['c']], [['d', 'b'], ['c']], [['e'], []], [['e'], []], [[], ['g']], [[], []]]);
    await page.close();
  });

  test('the slave’s page asks before it is left while something waits, and only then', async () => {
    const page = await other.browser.newPage();
    await page.goto(broadcaster.url.replace('ws:', 'http:'));
    const dialogs = [];
    page.on('dialog', (dialog) => (dialogs.push(dialog.type()), dialog.dismiss()));
    await press(page, 'connect');
    await text(page, 'status', (text) => /^connected/i.test(text));
    await create(page, 'Ada', 'Lovelace');
    const gone = text(page, 'status', (text) => !/^connected/i.test(text));
    await master.evaluate(() => master.close());
    await gone;
    await page.type('[data-testid="last-name"]', 'Hopper');
    await press(page, 'create');
    await text(page, 'waiting', (text) => text.includes('Hopper'));
    const asks = new Promise((resolve) => page.once('dialog', resolve));
    await page.close({ runBeforeUnload: true });
    await asks;
    assert.deepEqual(dialogs, ['beforeunload']);
    assert.match(await text(page, 'waiting'), /Hopper/, 'who stays has lost nothing');
    await come();
    await when(page, () => document.getElementById('waiting').hidden);
    await when(page, () => globalThis.onbeforeunload === null);
    const closed = new Promise((resolve) => page.once('close', resolve));
    await page.close({ runBeforeUnload: true });
    await closed;
    assert.equal(dialogs.length, 1);
    await asked();
  });

  test('a page of http:// at an address keeps nothing on disk', async () => {
    const page = await other.page(far.url);
    const found = await page.evaluate(async (url) => {
      const refused = await failure(new Promise(() => peer.connect(url, { memory: 'kept', cache: true })));
      const db = await peer.connect(url, { memory: 'tab', cache: true }).ready;
      await db.put('x', { n: 1 });
      await db.allDocs({ query: 'n:1' });
      await db.get('x');
      globalThis.db = db;
      return refused.status_code;
    }, broadcaster.url.replace('127.0.0.1', '10.77.0.1'));
    assert.equal(found, 400);
    await go(page);
    const kept = await page.evaluate(async () => {
      db.put('x', {}).catch(() => {});
      const { from_cache } = await db.allDocs({ query: 'n:1' });
      return [from_cache, db.waiting.length, (await indexedDB.databases()).length, localStorage.length + sessionStorage.length];
    });
    assert.deepEqual(kept, [true, 1, 0, 0]);
    await page.close();
  });
});

/** Runs in a page: resolves when so many lie in a store of IndexedDB. */
async function onDisk(name, store, wanted) {
  const done = (request) => new Promise((resolve, reject) => Object.assign(request, { onsuccess: () => resolve(request.result), onerror: () => reject(request.error) }));
  for (let count; count !== wanted; ) {
    const database = await done(indexedDB.open(name));
    count = await done(database.transaction(store).objectStore(store).count());
    database.close();
  }
}
