// A master that keeps its records in IndexedDB, and the same storage used by its own page.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';

describe('records in IndexedDB', { timeout: 300_000 }, () => {
  let site, broadcaster, browser, slave;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
    slave = await browser.page(site.url);
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  const openMaster = async () => {
    const master = await browser.page(site.url);
    await master.evaluate(() => (globalThis.storage = peer.indexedDB('peer-test')));
    await serve(master, broadcaster.url, { id: 'the-master' });
    return master;
  };

  test('what a slave stores is there when the master comes again', async () => {
    const first = await openMaster();
    await connect(slave, broadcaster.url);
    const id = await slave.evaluate(async () => {
      const id = await db.post({ first: 'Ada' });
      await db.putAttachment(id, 'noise', new Blob([new Uint8Array(5 << 20).fill(7)], { type: 'image/x-noise' }));
      return id;
    });
    await first.close();
    const second = await openMaster();
    const found = await slave.evaluate(async (id) => {
      const blob = await db.getAttachment(id, 'noise');
      const all = new Uint8Array(await blob.arrayBuffer());
      return { doc: await db.get(id), size: all.length, same: all.every((byte) => byte === 7), type: blob.type };
    }, id);
    assert.deepEqual(found, { doc: { first: 'Ada' }, size: 5 << 20, same: true, type: 'image/x-noise' });
    const own = await second.evaluate(async (id) => {
      await storage.put('own', { first: 'Grace' });
      await storage.putAttachment('own', 'text', 'hello');
      const part = await storage.getAttachment(id, 'noise', { start: 1, end: 4, format: 'array_buffer' });
      return [storage.standing.standing, await storage.getAttachment('own', 'text', { format: 'text' }), part.byteLength, (await failure(storage.get('nope'))).status_code];
    }, id);
    assert.deepEqual(own, ['open', 'hello', 3, 404]);
    assert.deepEqual(await slave.evaluate(() => db.get('own')), { first: 'Grace' });
    await second.close();
  });

  test('a saved copy is restored', async () => {
    const master = await openMaster();
    const found = await master.evaluate(async () => {
      const copy = await storage.save();
      await storage.remove('own');
      const restored = await storage.restore(copy, 'add');
      return { restored, own: await storage.get('own'), damaged: await failure(storage.restore(copy.slice(0, 1000), 'replace')) };
    });
    assert.equal(found.restored.documents, 1);
    assert.deepEqual(found.own, { first: 'Grace' });
    assert.equal(found.damaged.status_code, 400);
    await master.close();
  });
});
