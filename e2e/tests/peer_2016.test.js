// The order of 2016, both ways, with peers written from its description; through the real broadcaster and
// through one as of 2016.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openRelay, openSite, serve } from '../harness/peer.js';
import { master2016, slave2016 } from '../harness/raw_peer.js';

describe('peers of 2016', { timeout: 300_000 }, () => {
  let site, browser, room;
  before(async () => {
    [site, browser] = await Promise.all([openSite(), Browser.open()]);
  });
  after(async () => {
    await browser?.close();
    site?.close();
  });
  afterEach(async () => {
    await Promise.all((await browser.browser.pages()).slice(1).map((page) => page.close()));
    await room.close();
  });

  for (const [name, openRoom] of [['our broadcaster', openBroadcaster], ['a broadcaster of 2016', openRelay]]) {
    test(`a slave of 2016 works with our master, through ${name}`, async () => {
      room = await openRoom();
      const [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
      await serve(master, room.url);
      await slave.evaluate(slave2016, room.url);
      const found = await slave.evaluate(async () => {
        const { result: id } = await ask('post', [{ first: 'Ada', last: 'Lovelace' }]);
        const rows = await ask('allDocs', [{ query: 'first:"%d%" OR last:"%d%"' }]);
        const missing = await ask('get', ['nope']);
        const unknown = await ask('jio_put', []);
        const attachment = await ask('getAttachment', [id, 'x']);
        const followed = await ask('subscribe', [{}]);
        return { followed, got: await ask('get', [id]), rows, missing, unknown, attachment: attachment.type };
      });
      assert.deepEqual(found.got, { id: 7, result: { first: 'Ada', last: 'Lovelace' }, type: 'jio_response' });
      assert.equal(found.rows.result.data.total_rows, 1);
      assert.deepEqual([found.followed.type, found.followed.result.status_code], ['error', 501]);
      assert.deepEqual([found.missing.type, found.missing.result.status_code], ['error', 404]);
      assert.deepEqual([found.unknown.type, found.unknown.result.status_code, found.attachment], ['error', 501, 'error']);
      const [peer] = await master.evaluate(() => until(master, 'peers', ([peer]) => peer?.state === 'connected'));
      assert.equal(peer.protocol, '');
    });

    test(`our slave works with a master of 2016, through ${name}`, async () => {
      room = await openRoom();
      const [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
      await master.evaluate(master2016, room.url);
      const state = await connect(slave, room.url);
      assert.deepEqual([state.protocol, state.master], ['', null]);
      const found = await slave.evaluate(async () => {
        const id = await db.post({ first: 'Ada' });
        return {
          got: await Promise.all([db.get(id), db.get(id), db.allDocs()]),
          missing: await failure(db.get('nope')),
          attachment: await failure(db.putAttachment(id, 'x', 'text')),
          unknown: await failure(db.repair()),
          followed: await failure(db.subscribe({}, () => {}).ready),
        };
      });
      assert.deepEqual(found.got.slice(0, 2), [{ first: 'Ada' }, { first: 'Ada' }]);
      assert.equal(found.got[2].data.total_rows, 1);
      const failed = [found.missing, found.attachment, found.unknown, found.followed].map(({ status_code }) => status_code);
      assert.deepEqual(failed, [404, 501, 500, 501]);
    });

    test(`our slave and our master meet through ${name}`, async () => {
      room = await openRoom();
      const [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
      await serve(master, room.url);
      assert.equal((await connect(slave, room.url)).protocol, 'jio.2');
    });
  }
});
