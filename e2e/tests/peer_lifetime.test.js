// How connections come, go and come again.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';
import { when } from '../harness/sharing.js';

describe('connections', { timeout: 300_000 }, () => {
  let site, broadcaster, browser;
  before(async () => {
    [site, browser] = await Promise.all([openSite(), Browser.open()]);
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });
  afterEach(async () => {
    await Promise.all((await browser.browser.pages()).slice(1).map((page) => page.close()));
    await broadcaster.close();
  });

  const open = async () => {
    broadcaster = await openBroadcaster();
    return Promise.all([browser.page(site.url), browser.page(site.url)]);
  };

  test('no WebSocket is open once a slave is connected, and it works without the broadcaster', async () => {
    const [master, slave] = await open();
    const network = await slave.createCDPSession();
    const sockets = { open: 0, all: 0 };
    let closed;
    const isClosed = new Promise((resolve) => (closed = resolve));
    network.on('Network.webSocketCreated', () => (sockets.open += 1) && (sockets.all += 1));
    network.on('Network.webSocketClosed', () => (sockets.open -= 1) === 0 && closed());
    await network.send('Network.enable');
    await serve(master, broadcaster.url);
    await connect(slave, broadcaster.url);
    await isClosed;
    assert.deepEqual(sockets, { open: 0, all: 1 });
    await broadcaster.close();
    await master.evaluate(() => until(master, 'state', ({ state }) => state === 'away'));
    const got = await slave.evaluate(async () => db.get(await db.post({ first: 'Ada' })));
    assert.deepEqual(got, { first: 'Ada' });
    assert.deepEqual(sockets, { open: 0, all: 1 });
  });

  test('a master that comes again is found again, and calls wait for it', async () => {
    const [master, slave] = await open();
    await serve(master, broadcaster.url, { id: 'the-master', name: 'Kitchen' });
    await connect(slave, broadcaster.url);
    await slave.evaluate(() => db.put('a', { n: 1 }));
    await master.evaluate(() => master.close());
    await slave.evaluate(() => until(db, 'state', ({ state }) => state === 'reconnecting'));
    const waiting = slave.evaluate(() => db.get('a'));
    await serve(master, broadcaster.url, { id: 'the-master', name: 'Kitchen' });
    assert.deepEqual(await waiting, { n: 1 });
    assert.equal(await slave.evaluate(() => db.state.state), 'connected');
  });

  test('a lost connection fails what may have changed something, and repeats what only reads', async () => {
    const [master, slave] = await open();
    await serve(master, broadcaster.url, { id: 'the-master' });
    await connect(slave, broadcaster.url);
    const found = slave.evaluate(async () => {
      await db.put('a', { n: 1 });
      const writing = db.putAttachment('a', 'x', new Blob([new Uint8Array(200 << 20)]));
      await until(db, 'progress', ({ done }) => done > 0);
      const reading = db.get('a');
      document.title = 'under way';
      return { writing: await failure(writing), reading: await reading };
    });
    await when(slave, () => document.title === 'under way');
    await master.evaluate(() => master.close());
    await serve(master, broadcaster.url, { id: 'the-master' });
    const { writing, reading } = await found;
    assert.equal(writing.status_code, 503);
    assert.deepEqual(reading, { n: 1 });
  });

  test('without reconnect a loss is the end', async () => {
    const [master, slave] = await open();
    await serve(master, broadcaster.url);
    await connect(slave, broadcaster.url, { reconnect: false });
    await master.evaluate(() => master.close());
    await slave.evaluate(() => until(db, 'state', ({ state }) => state === 'closed'));
    assert.equal((await slave.evaluate(() => failure(db.get('a')))).status_code, 503);
  });

  test('a slave that is closed leaves its master', async () => {
    const [master, slave] = await open();
    await serve(master, broadcaster.url);
    await slave.evaluate(async (url) => {
      globalThis.closing = new AbortController();
      globalThis.db = peer.connect(url, { signal: closing.signal });
      await db.ready;
      closing.abort();
    }, broadcaster.url);
    await master.evaluate(() => until(master, 'peers', (peers) => peers.length === 0));
    assert.equal(await slave.evaluate(() => db.state.state), 'closed');
  });

  test('a page that goes leaves its master', async () => {
    const [master, slave] = await open();
    await serve(master, broadcaster.url);
    await connect(slave, broadcaster.url);
    await master.evaluate(() => until(master, 'peers', ([peer]) => peer?.state === 'connected'));
    await slave.close();
    await master.evaluate(() => until(master, 'peers', (peers) => peers.length === 0));
  });

  test('of several masters the person chooses one', async () => {
    const [master, slave] = await open();
    const other = await browser.page(site.url);
    await serve(master, broadcaster.url, { id: 'a', name: 'Kitchen' });
    await serve(other, broadcaster.url, { id: 'b', name: 'Cellar' });
    const masters = await slave.evaluate(async (url) => {
      // A page's first connection takes long; whoever answers late is not waited for.
      for (const master of ['a', 'b']) {
        const first = peer.connect(url, { master });
        await first.ready;
        first.close();
      }
      globalThis.db = peer.connect(url);
      await until(db, 'state', ({ state }) => state === 'choosing');
      return until(db, 'masters', (masters) => masters.length === 2);
    }, broadcaster.url);
    assert.deepEqual(masters, [{ id: 'a', name: 'Kitchen' }, { id: 'b', name: 'Cellar' }]);
    const chosen = await slave.evaluate(async () => {
      db.choose('b');
      await db.ready;
      await db.post({ in: 'cellar' });
      return db.state.master;
    });
    assert.deepEqual(chosen, { id: 'b', name: 'Cellar' });
    assert.equal(await other.evaluate(async () => (await storage.allDocs()).data.total_rows), 1);
    assert.equal(await master.evaluate(async () => (await storage.allDocs()).data.total_rows), 0);
  });

  test('nobody there: the failure says what was tried, and retry begins again', async () => {
    const [master, slave] = await open();
    const failed = await slave.evaluate(async (url) => {
      globalThis.db = peer.connect(url);
      return failure(db.ready);
    }, 'ws://127.0.0.1:9/');
    assert.equal(failed.status_code, 503);
    assert.match(failed.message, /could not be reached.*Check that sharing is on/);
    assert.equal((await slave.evaluate(() => failure(db.get('a')))).status_code, 503);
    const again = await slave.evaluate(() => {
      db.retry();
      return until(db, 'state', ({ state }) => state !== 'failed');
    });
    assert.deepEqual([again.state, again.step], ['connecting', 'reaching']);
    assert.equal((await master.evaluate(async () => failure((async () => peer.connect('nonsense'))()))).status_code, 400);
  });

  test('what has not come of the package is asked for again by retry', async () => {
    const [master, slave] = await open();
    await serve(master, broadcaster.url);
    await slave.setOfflineMode(true);
    const failed = await slave.evaluate(async (url) => {
      globalThis.db = peer.connect(url);
      return failure(db.ready);
    }, broadcaster.url);
    assert.equal(failed.status_code, 503);
    assert.match(failed.message, /not come whole/);
    await slave.setOfflineMode(false);
    const state = await slave.evaluate(async () => {
      db.retry();
      return (await db.ready).state.state;
    });
    assert.equal(state, 'connected');
  });

  test('validate refuses calls in its own words', async () => {
    const [master, slave] = await open();
    await master.evaluate(async (url) => {
      globalThis.seen = [];
      const validate = (call) => {
        seen.push([call.method, call.id, call.peer?.protocol]);
        if (call.method === 'remove') throw new Error('nothing is removed here');
        if (call.doc?.secret) throw new peer.JioError('no secrets', 409);
      };
      globalThis.master = peer.serve(url, peer.memory(), { validate, strangers: 'remove-allowed' });
    }, broadcaster.url);
    await connect(slave, broadcaster.url);
    const found = await slave.evaluate(async () => [await db.put('a', {}), await failure(db.remove('a')), await failure(db.put('b', { secret: 1 }))]);
    assert.equal(found[0], 'a');
    assert.deepEqual([found[1].status_code, found[1].message], [403, 'nothing is removed here']);
    assert.deepEqual([found[2].status_code, found[2].message], [409, 'no secrets']);
    assert.deepEqual(await master.evaluate(() => seen[0]), ['put', 'a', 'jio.2']);
  });

  test('pages of the same origin are served without WebRTC', async () => {
    const [master, page] = await open();
    await page.evaluate(() => {
      globalThis.db = peer.connect(new BroadcastChannel('records'));
      globalThis.early = db.post({ first: 'Ada' });
    });
    await serve(master, broadcaster.url);
    await master.evaluate(() => (globalThis.detach = master.attach(new BroadcastChannel('records'))));
    const found = await page.evaluate(async () => {
      const id = await early;
      await db.putAttachment(id, 'x', new Blob([new Uint8Array(3 << 20)]));
      return [(await db.allDocs({ query: 'ada' })).data.total_rows, (await db.getAttachment(id, 'x')).size, db.state.state];
    });
    assert.deepEqual(found, [1, 3 << 20, 'connected']);
    await master.evaluate(() => detach());
    await page.evaluate(() => until(db, 'state', ({ state }) => state === 'reconnecting'));
    await master.evaluate(() => master.attach(new BroadcastChannel('records')));
    assert.equal(await page.evaluate(async () => (await db.allDocs()).data.total_rows), 1);
  });

  test('a master over a transport of the page is served, and the transport is made again', async () => {
    const [master, slave] = await open();
    await master.evaluate(async (url) => {
      globalThis.made = [];
      const make = () =>
        new Promise((resolve, reject) => {
          const socket = new WebSocket(url, 'lan-broadcaster.1');
          const transport = { send: (text) => socket.send(text), close: () => socket.close(), onmessage: null, onclose: null };
          socket.onopen = () => resolve(transport);
          socket.onerror = () => reject(new Error('no way'));
          socket.onmessage = ({ data }) => transport.onmessage?.(data);
          socket.onclose = () => transport.onclose?.();
          made.push(socket);
        });
      globalThis.master = peer.serve(make, peer.memory(), { name: 'Offscreen', strangers: 'read-write' });
      await until(master, 'state', ({ state }) => state === 'serving');
      made[0].close();
      await until(master, 'state', ({ state }) => state === 'away');
      await until(master, 'state', ({ state }) => state === 'serving');
    }, broadcaster.url);
    assert.equal((await connect(slave, broadcaster.url)).master.name, 'Offscreen');
    assert.equal(await master.evaluate(() => made.length), 2);
  });
});
