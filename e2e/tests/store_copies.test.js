// Saving a copy and restoring it: identical, completely or not at all.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Store } from '../harness/store.js';

describe('copies', { timeout: 300_000 }, () => {
  let store;
  before(async () => {
    store = await Store.open();
  });
  after(() => store?.close());

  /** A page with a database and the copy of it, as `db` and `copy`. */
  async function saved(name) {
    const page = await store.page();
    await page.evaluate(async (name) => {
      window.db = await open(name);
      await Promise.all(Array.from({ length: 3_000 }, (_, n) => db.put(`id${n}`, { n, text: 'é😀"\n'.repeat(50) })));
      await db.putAttachment('id0', 'empty', '');
      await db.putAttachment('id0', 'large_1', numbered(5_000_001));
      await db.putAttachment('orphan', 'x', numbered(512));
      window.copy = await db.database.save();
      window.content = async (name) => {
        const blobs = await dump(name, 'blob');
        const parts = blobs.map(({ _id, _attachment, _part, blob }) => [_id, _attachment, _part, blob]);
        return JSON.stringify([await dump(name, 'metadata'), await dump(name, 'attachment'), parts]);
      };
    }, name);
    return page;
  }

  test('a copy restored under another name is identical', async () => {
    const page = await saved('source');
    const found = await page.evaluate(async () => {
      const other = await open('target');
      await other.put('old', { x: 1 });
      await other.putAttachment('old', 'x', numbered(3_000_000));
      const restored = await other.restore(copy, 'replace');
      const memory = (await other.rows({ include_docs: true })).length;
      const same = (await content('source')) === (await content('target'));
      const bytes = (await hash(await other.attachment('id0', 'large_1'))) === (await hash(await db.attachment('id0', 'large_1')));
      await other.database.close();
      const again = (await (await open('target')).rows()).length;
      return { restored, memory, same, bytes, again };
    });
    assert.deepEqual(found, {
      restored: { documents: 3_000, attachments: 3, kept: 0 },
      memory: 3_000,
      same: true,
      bytes: true,
      again: 3_000,
    });
    await page.close();
  });

  test('adding keeps what is there', async () => {
    const page = await saved('added');
    const found = await page.evaluate(async () => {
      const other = await open('adding');
      await other.put('id1', { mine: true });
      await other.put('own', {});
      await other.putAttachment('id0', 'empty', 'mine');
      const restored = await other.restore(copy, 'add');
      return {
        restored,
        kept: await other.get('id1'),
        text: await (await other.attachment('id0', 'empty')).text(),
        rows: (await other.rows()).length,
        staged: (await dump('adding', 'blob')).filter((record) => !record._id).length,
      };
    });
    assert.deepEqual(found, {
      restored: { documents: 2_999, attachments: 2, kept: 2 },
      kept: { mine: true },
      text: 'mine',
      rows: 3_001,
      staged: 0,
    });
    await page.close();
  });

  test('a damaged copy is refused whole', async () => {
    const page = await saved('damaged');
    const found = await page.evaluate(async () => {
      const other = await open('untouched');
      await other.put('a', { x: 1 });
      await other.putAttachment('a', 'x', 'mine');
      const before = await content('untouched');
      const bytes = new Uint8Array(await copy.arrayBuffer());
      const at = (place) => new Blob([bytes.slice(0, place), Uint8Array.of(bytes[place] ^ 1), bytes.slice(place + 1)]);
      const refusals = [];
      for (const blob of [at(700), at(100_000), at(bytes.length - 2_000_000), copy.slice(0, copy.size - 1500), new Blob(['other']), new Blob([])]) {
        refusals.push(await other.restore(blob, 'replace').then(String, (error) => `${error.status_code} ${error.message}`));
      }
      const mode = await refusal(other.restore(copy, 'neither'));
      return { refusals, mode, same: before === (await content('untouched')), rows: (await other.rows()).length };
    });
    const words = [/^400 the copy is damaged/, /^400 the copy is damaged/, /^400 .* not what was saved$/, /^400 .* ends too early/, /^400 .* not a saved copy/, /^400 .* not a saved copy/];
    words.forEach((words, at) => assert.match(found.refusals[at], words));
    assert.equal(found.mode, 400);
    assert.deepEqual([found.same, found.rows], [true, 1]);
    await page.close();
  });

  test('attachments that collide with what is there refuse the whole', async () => {
    const page = await saved('collides');
    const found = await page.evaluate(async () => {
      const other = await open('collided');
      await other.putAttachment('id0_large', '1', 'mine');
      const status = await refusal(other.restore(copy, 'add'));
      // Stored after what was staged is removed, because that was asked for before.
      await other.putAttachment('z', 'z', '');
      return { status, rows: (await other.rows()).length, blobs: (await dump('collided', 'blob')).length };
    });
    assert.deepEqual(found, { status: 409, rows: 0, blobs: 1 });
    await page.close();
  });

  test('a full disk refuses the whole', async () => {
    const page = await store.page();
    const copy = await page.evaluateHandle(async () => {
      const db = await open('roomy');
      await db.putAttachment('a', 'x', noise(8_000_000));
      return db.database.save();
    });
    const cramped = await store.pageWithQuota('cramped', 3_000_000);
    await move(page, copy, cramped);
    const found = await cramped.evaluate(async () => {
      const db = await open('cramped');
      await db.put('a', { x: 1 });
      return [await refusal(db.restore(copy, 'replace')), await db.rows({ include_docs: true })];
    });
    assert.deepEqual(found, [507, [{ id: 'a', value: {}, doc: { x: 1 } }]]);
    await Promise.all([page.close(), cramped.close()]);
  });

  test('any archive program opens a copy', async () => {
    const page = await saved('archive');
    const file = store.path('copy.tar');
    await writeFile(file, Buffer.from(await page.evaluate(base64, await page.evaluateHandle(() => copy)), 'base64'));
    const tar = (...list) => execFileSync('tar', list, { maxBuffer: 64 << 20 });
    const names = tar('tf', file).toString().trim().split('\n');
    assert.deepEqual(names, [
      'manifest.json',
      'documents/00000001.jsonl',
      'documents/00000002.jsonl',
      'attachments/00000001.json',
      'attachments/00000001.bin',
      'attachments/00000002.json',
      'attachments/00000002.bin',
      'attachments/00000003.json',
      'attachments/00000003.bin',
      'trailer.json',
    ]);
    const [first] = tar('xOf', file, 'documents/00000001.jsonl').toString().split('\n');
    assert.deepEqual(JSON.parse(first), { id: 'id0', doc: { n: 0, text: 'é😀"\n'.repeat(50) } });
    assert.equal(tar('xOf', file, 'attachments/00000002.bin').length, 5_000_001);
    await page.close();
  });
});

/** Hands a blob to a page of another origin, as `copy`. */
async function move(from, blob, to) {
  const text = await from.evaluate(base64, blob);
  await to.evaluate(async (text) => {
    window.copy = await (await fetch(`data:;base64,${text}`)).blob();
  }, text);
}

/** Runs in a page: a blob as base64. */
function base64(blob) {
  return new Promise((resolve) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(',')[1]);
    reader.readAsDataURL(blob);
  });
}
