// A slave and a master in two pages: every method, attachments of any size, many calls at once, and what
// becomes of calls that are given up.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';

describe('calls over WebRTC', { timeout: 300_000 }, () => {
  let site, broadcaster, browser, master, slave;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
    [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
    await serve(master, broadcaster.url, { name: 'Kitchen' });
    await slave.evaluate(() => {
      globalThis.sent = 0;
      const { send } = RTCDataChannel.prototype;
      RTCDataChannel.prototype.send = function (...frame) {
        sent += 1;
        return send.apply(this, frame);
      };
    });
    await connect(slave, broadcaster.url);
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  test('the slave knows its master, and the master its peer', async () => {
    const state = await slave.evaluate(() => db.state);
    assert.equal(state.state, 'connected');
    assert.equal(state.protocol, 'jio.2');
    assert.equal(state.master.name, 'Kitchen');
    const peers = await master.evaluate(() => until(master, 'peers', ([peer]) => peer?.state === 'connected'));
    assert.equal(peers.length, 1);
    assert.equal(peers[0].protocol, 'jio.2');
    assert.match(peers[0].address, /^[0-9a-f.:]+$/);
  });

  test('records are posted, put, read, queried and removed', async () => {
    const found = await slave.evaluate(async () => {
      const id = await db.post({ first: 'Ada', last: 'Lovelace' });
      const put = await db.put('grace', { first: 'Grace', last: 'Hopper' });
      const query = { query: 'last:"%ACE"', select_list: ['first'], include_docs: true };
      const answer = await db.allDocs(query);
      return { id, put, got: await db.get('grace'), answer, removed: await db.remove('grace'), gone: await failure(db.get('grace')) };
    });
    assert.match(found.id, /^[0-9a-f-]{36}$/);
    assert.equal(found.put, 'grace');
    assert.deepEqual(found.got, { first: 'Grace', last: 'Hopper' });
    const row = { id: found.id, value: { first: 'Ada' }, doc: { first: 'Ada', last: 'Lovelace' } };
    assert.deepEqual(found.answer, { data: { rows: [row], total_rows: 1 } });
    assert.equal(found.removed, 'grace');
    assert.deepEqual([found.gone.name, found.gone.status_code], ['JioError', 404]);
  });

  test('the master hears what changed', async () => {
    await master.evaluate(() => {
      globalThis.change = new Promise((resolve) => master.addEventListener('change', ({ detail }) => resolve(detail), { once: true }));
    });
    const id = await slave.evaluate(() => db.post({ first: 'Alan' }));
    assert.deepEqual(await master.evaluate(() => change), { ids: [id] });
  });

  test('an attachment of 50 MiB comes back as it went, in parts that are told', async () => {
    const found = await slave.evaluate(async () => {
      const bytes = new Uint8Array(50 << 20);
      for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, at + 65536));
      const digest = async (buffer) => Array.from(new Uint8Array(await crypto.subtle.digest('SHA-256', buffer))).join();
      const told = [];
      db.addEventListener('progress', ({ detail }) => told.push(detail));
      await db.put('with', {});
      await db.putAttachment('with', 'noise', new Blob([bytes], { type: 'image/x-noise' }));
      const blob = await db.getAttachment('with', 'noise');
      return {
        same: (await digest(bytes)) === (await digest(await blob.arrayBuffer())),
        type: blob.type,
        size: blob.size,
        told: ['putAttachment', 'getAttachment'].map((wanted) => told.filter(({ method, id, name }) => method === wanted && id === 'with' && name === 'noise')),
        names: await db.allAttachments('with'),
        part: (await db.getAttachment('with', 'noise', { start: 10, end: 12, format: 'array_buffer' })).byteLength,
      };
    });
    assert.ok(found.same);
    assert.deepEqual([found.type, found.size, found.part], ['image/x-noise', 50 << 20, 2]);
    for (const told of found.told) {
      assert.ok(told.length >= 50, `${told.length} times it was told how far it is`);
      assert.ok(told.every(({ done, total }, n) => total === 50 << 20 && done > (told[n - 1]?.done ?? -1)));
      assert.ok(told.at(-1).done >= 49 << 20);
    }
    assert.equal(found.told[1].at(-1).done, 50 << 20);
    assert.deepEqual(found.names, { noise: {} });
  });

  test('texts are attachments too, and come in the form that is asked for', async () => {
    const found = await slave.evaluate(async () => {
      await db.putAttachment('with', 'text', '{"é":1}');
      await db.putAttachment('with', 'empty', new Blob([]));
      const as = (format) => db.getAttachment('with', 'text', { format });
      const blob = await as('blob');
      const forms = [blob.type, await as('text'), await as('json'), await as('data_url')];
      const empty = (await db.getAttachment('with', 'empty')).size;
      await db.removeAttachment('with', 'text');
      return { forms, empty, gone: await failure(as('text')), odd: await failure(as('xml')), none: await failure(db.putAttachment('with', 'x', 5)) };
    });
    assert.deepEqual(found.forms, ['text/plain;charset=utf-8', '{"é":1}', { 'é': 1 }, 'data:text/plain;charset=utf-8;base64,eyLDqSI6MX0=']);
    assert.equal(found.empty, 0);
    assert.deepEqual([found.gone.status_code, found.odd.status_code, found.none.status_code], [404, 400, 400]);
  });

  test('300 calls of one turn travel in one frame', async () => {
    const found = await slave.evaluate(async () => {
      await db.put('one', { n: 1 });
      const before = sent;
      const all = await Promise.all(Array.from({ length: 300 }, () => db.get('one')));
      return { answers: all.filter(({ n }) => n === 1).length, frames: sent - before };
    });
    assert.deepEqual(found, { answers: 300, frames: 1 });
  });

  test('what is longer than a frame arrives whole', async () => {
    const length = await slave.evaluate(async () => {
      await db.put('long', { text: 'é'.repeat(1_000_000) });
      return (await db.get('long')).text.length;
    });
    assert.equal(length, 1_000_000);
  });

  test('a call that is given up rejects with the reason, and later ones go on', async () => {
    const found = await slave.evaluate(async () => {
      const giving = new AbortController();
      const big = new Blob([new Uint8Array(64 << 20)]);
      const moving = new Promise((resolve) => db.addEventListener('progress', ({ detail }) => detail.done > 0 && resolve()));
      const put = db.putAttachment('with', 'never', big, { signal: giving.signal });
      await moving;
      giving.abort(new Error('enough'));
      const before = new AbortController();
      before.abort(new Error('too late'));
      const failed = (await failure(put)).message;
      const early = (await failure(db.get('one', { signal: before.signal }))).message;
      return { failed, early, names: Object.keys(await db.allAttachments('with')), one: await db.get('one') };
    });
    assert.deepEqual(found, { failed: 'enough', early: 'too late', names: ['empty', 'noise'], one: { n: 1 } });
  });

  test('what a master refuses harms only the call', async () => {
    const found = await slave.evaluate(async () => {
      const failed = async (promise) => (await failure(promise)).status_code;
      return [
        await failed(db.post(null)),
        await failed(db.put('', {})),
        await failed(db.get('x'.repeat(100_000))),
        await failed(db.allDocs({ query: '(' })),
        await failed(db.call('constructor', [])),
        await failed(db.post({ n: 1n })),
        (await db.get('one')).n,
      ];
    });
    assert.deepEqual(found, [400, 400, 400, 400, 501, 400, 1]);
  });
});
