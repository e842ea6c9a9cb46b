// Slaves with a memory: what is written while the master is away, or on its way when the connection is lost, is
// stored once there is a connection again, once and in order; also after the browser was killed.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, prepare, serve } from '../harness/peer.js';
import { launch } from '../harness/launch.js';

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
    await come(master);
  });
  after(async () => {
    await Promise.all([browser?.close(), other?.close()]);
    await broadcaster?.close();
    site?.close();
    far?.close();
  });

  /** The master serves, and keeps what it is asked to do. */
  async function come() {
    await master.evaluate((url) => {
      globalThis.storage ??= peer.memory();
      globalThis.asked ??= [];
      const validate = ({ method, id, doc }) => {
        asked.push([method, id]);
        if (doc?.refused) throw new peer.JioError('Not here.', 403);
      };
      globalThis.master = peer.serve(url, storage, { id: 'the-master', strangers: 'remove-allowed', validate });
      return until(globalThis.master, 'state', ({ state }) => state === 'serving');
    }, broadcaster.url);
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

  test('what is kept on disk survives the browser being killed, and is sent once', async () => {
    const slave = await other.page(site.url);
    await connect(slave, broadcaster.url, { memory: 'kept' });
    await go(slave);
    await slave.evaluate(async () => {
      for (const n of [1, 2, 3]) db.put(`k${n}`, { n }).catch(() => {});
      db.putAttachment('k1', 'text', new Blob(['kept'])).catch(() => {});
      // On disk, once a transaction that came later is over.
      await until(db, 'waiting', (all) => all.length === 4);
      for (let count = 0; count < 4; ) {
        const database = await new Promise((resolve) => {
          const request = indexedDB.open('lan-broadcaster-writes');
          request.onsuccess = () => resolve(request.result);
        });
        count = await new Promise((resolve) => {
          const request = database.transaction('writes').objectStore('writes').count();
          request.onsuccess = () => resolve(request.result);
        });
        database.close();
      }
    });
    const process = other.browser.process();
    process.kill('SIGKILL');
    await once(process, 'exit');
    other.browser = await launch({ userDataDir: other.profile, defaultViewport: null });
    const again = await other.page(site.url);
    await again.evaluate((url) => {
      globalThis.db = peer.connect(url, { memory: 'kept' });
      return until(db, 'waiting', (all) => all.length === 4).then(() => {});
    }, broadcaster.url);
    await come();
    await again.evaluate(() => until(db, 'waiting', (all) => all.length === 0));
    assert.deepEqual(await asked(), [['put', 'k1'], ['put', 'k2'], ['put', 'k3'], ['putAttachment', 'k1']]);
    assert.equal(await master.evaluate(() => storage.getAttachment('k1', 'text', { format: 'text' })), 'kept');
    await again.reload();
    await prepare(again);
    await connect(again, broadcaster.url, { memory: 'kept' });
    await again.evaluate(() => db.put('after', {}));
    assert.deepEqual(await asked(), [['put', 'after']], 'nothing is sent a second time');
    await again.close();
  });

  test('a page of http:// at an address keeps nothing on disk', async () => {
    const page = await other.page(far.url);
    const found = await page.evaluate(async (url) => {
      const refused = await failure(new Promise(() => peer.connect(url, { memory: 'kept' })));
      const db = peer.connect(url, { memory: 'tab', cache: true });
      db.put('x', {}).catch(() => {});
      return [refused.status_code, db.waiting.length, (await indexedDB.databases()).length, localStorage.length + sessionStorage.length];
    }, broadcaster.url.replace('127.0.0.1', '10.77.0.1'));
    assert.deepEqual(found, [400, 1, 0, 0]);
    await page.close();
  });
});
