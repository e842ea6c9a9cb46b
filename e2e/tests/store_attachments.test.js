// Attachments: whole or not at all, of any size, and never another's.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Store } from '../harness/store.js';

describe('attachments', { timeout: 600_000 }, () => {
  let store;
  before(async () => {
    store = await Store.open();
  });
  after(() => store?.close());

  test('of all sizes around a chunk come back as they were', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('sizes');
      const results = [];
      for (const size of [0, 1, 1_999_999, 2_000_000, 2_000_001, 4_000_000]) {
        await db.putAttachment('a', String(size), numbered(size));
        const blob = await db.attachment('a', String(size));
        results.push(blob.size === size && blob.type === 'image/png' && (await hash(blob)) === (await hash(new Blob([numbered(size)]))));
      }
      return results;
    });
    assert.deepEqual(found, Array(6).fill(true));
    await page.close();
  });

  test('are replaced completely, removed, and removed with their document', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('replaced');
      await db.put('a', {});
      await db.putAttachment('a', 'x', numbered(5_000_000));
      await db.putAttachment('a', 'x', 'short');
      const short = [await (await db.attachment('a', 'x')).text(), (await dump('replaced', 'blob')).length];
      await db.putAttachment('a', 'y', 'other');
      await db.removeAttachment('a', 'x');
      const names = await db.allAttachments('a');
      const again = await db.removeAttachment('a', 'x');
      await db.remove('a');
      const left = [...(await dump('replaced', 'attachment')), ...(await dump('replaced', 'blob'))];
      return { short, names, again, left, gone: await refusal(db.attachment('a', 'y')) };
    });
    assert.deepEqual(found, { short: ['short', 1], names: { y: {} }, again: {}, left: [], gone: 404 });
    await page.close();
  });

  test('can be texts, and are read in ranges', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('texts');
      await db.database.call('putAttachment', '["a", "t", "héllo"]');
      const whole = await db.attachment('a', 't');
      const range = async (options) => (await db.attachment('a', 't', options)).text();
      const ranges = [await range({ start: 3 }), await range({ end: 1 }), await range({ start: 1, end: 3 }), await range({ start: 9 })];
      return { type: whole.type, text: await whole.text(), ranges, backwards: await refusal(range({ start: 2, end: 1 })) };
    });
    assert.deepEqual(found, { type: 'text/plain;charset=utf-8', text: 'héllo', ranges: ['llo', 'h', 'é', ''], backwards: 400 });
    await page.close();
  });

  test('whose keys collide are refused, before and after the bytes have come', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('colliding');
      await db.putAttachment('a', 'b_c', 'first');
      const late = await refusal(db.putAttachment('a_b', 'c', 'second'));
      const both = ['d', 'd_e'].map((id) => refusal(db.putAttachment(id, id === 'd' ? 'e_f' : 'f', numbered(3_000_000))));
      return {
        late,
        both: (await Promise.all(both)).sort(),
        first: await (await db.attachment('a', 'b_c')).text(),
        other: await refusal(db.attachment('a_b', 'c')),
        removed: await db.removeAttachment('a_b', 'c'),
        still: await (await db.attachment('a', 'b_c')).text(),
      };
    });
    const stored = 'no error but undefined';
    assert.deepEqual(found, { late: 409, both: [409, stored], first: 'first', other: 404, removed: {}, still: 'first' });
    await page.close();
  });

  test('of more than a hundred chunks are in order', async (t) => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('large');
      const content = new Blob([numbered(202_000_000)], { type: 'x/y' });
      const start = performance.now();
      await db.database.putAttachment('a', 'large', content);
      const stored = performance.now();
      const blob = await db.attachment('a', 'large');
      const read = performance.now();
      return { same: (await hash(blob)) === (await hash(content)), ms: [stored - start, read - stored] };
    });
    t.diagnostic(`202 MB stored in ${Math.round(found.ms[0])} ms, read in ${Math.round(found.ms[1])} ms`);
    assert.ok(found.same);
    await page.close();
  });

  test('that jIO stored in more than a hundred chunks are in order', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      await layAttachment('scrambled', 'a', 'x', numbered(202_000_004));
      const db = await open('scrambled');
      const words = async (start) => new Uint32Array(await (await db.attachment('a', 'x', { start, end: start + 4 })).arrayBuffer())[0];
      return [await words(22_000_000), await words(200_000_000), await words(202_000_000)];
    });
    assert.deepEqual(found, [5_500_000, 50_000_000, 50_500_000]);
    await page.close();
  });

  test('that were given up with their page leave nothing', async () => {
    let page = await store.page();
    await page.evaluate(async () => {
      const db = await open('abandoned');
      await db.putAttachment('a', 'x', 'before');
      readBlobs(5, () => new Promise(() => {}));
      db.putAttachment('a', 'x', numbered(30_000_000));
    });
    // Asked again and again, because the upload itself tells nobody how far it is.
    await page.waitForFunction(async () => (await dump('abandoned', 'blob')).length === 6, { polling: 20 });
    await page.close();
    page = await store.page();
    const found = await page.evaluate(async () => {
      const before = (await dump('abandoned', 'blob')).length;
      const db = await open('abandoned');
      const after = (await dump('abandoned', 'blob')).length;
      return { before, after, text: await (await db.attachment('a', 'x')).text() };
    });
    assert.deepEqual(found, { before: 6, after: 1, text: 'before' });
    await page.close();
  });

  test('whose source fails on the way leave nothing either', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('failing');
      readBlobs(5, () => Promise.reject(new DOMException('changed', 'NotReadableError')));
      const status = await refusal(db.putAttachment('a', 'x', numbered(30_000_000)));
      // Stored after what was staged is removed, because that was asked for before.
      await db.putAttachment('a', 'y', '');
      return { status, blobs: await dump('failing', 'blob'), missing: await refusal(db.attachment('a', 'x')) };
    });
    assert.deepEqual(found, { status: 400, blobs: [], missing: 404 });
    await page.close();
  });

  test('are never read as a mixture of old and new', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('mixture');
      const old = new Blob([numbered(20_000_000)]);
      await db.database.putAttachment('a', 'x', old);
      const read = db.attachment('a', 'x').then(async (blob) => (await hash(blob)) === (await hash(old)), (error) => error.status_code);
      await db.putAttachment('a', 'x', new Uint8Array(20_000_000));
      return read;
    });
    assert.ok(found === true || found === 409, String(found));
    await page.close();
  });

  test('at most 64 come in at once', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('many');
      const all = Array.from({ length: 65 }, (_, at) => refusal(db.putAttachment('a', `n${at}`, 'x')));
      const statuses = await Promise.all(all);
      return { refused: statuses.filter((status) => status === 429).length, after: await refusal(db.putAttachment('a', 'z', 'x')) };
    });
    assert.deepEqual(found, { refused: 1, after: 'no error but undefined' });
    await page.close();
  });
});
