// The storage by itself: what it answers, what it keeps, and in which form it lies on the disk.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Store } from '../harness/store.js';

describe('records', { timeout: 300_000 }, () => {
  let store;
  before(async () => {
    store = await Store.open();
  });
  after(() => store?.close());

  test('are posted, put, read, listed and removed', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('crud');
      const id = await db.post({ first: 'Ada', last: 'Lovelace' });
      const put = await db.put('é/b_c', { first: 'Grace', nested: { list: [1, null, 'x'] } });
      const got = await db.get('é/b_c');
      const rows = await db.rows({ query: 'first:"Ada"', select_list: ['last'], include_docs: true });
      const removed = await db.remove('é/b_c');
      return { id, put, got, rows, removed, again: await db.remove('é/b_c'), left: await db.rows() };
    });
    assert.match(found.id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    assert.equal(found.put, 'é/b_c');
    assert.deepEqual(found.got, { first: 'Grace', nested: { list: [1, null, 'x'] } });
    const row = { id: found.id, value: { last: 'Lovelace' }, doc: { first: 'Ada', last: 'Lovelace' } };
    assert.deepEqual(found.rows, [row]);
    assert.deepEqual([found.removed, found.again], ['é/b_c', 'é/b_c']);
    assert.deepEqual(found.left, [{ id: found.id, value: {} }]);
    await page.close();
  });

  test('errors carry a status', async () => {
    const page = await store.page();
    const statuses = await page.evaluate(async () => {
      const db = await open('errors');
      return {
        missing: await refusal(db.get('none')),
        noAttachments: await refusal(db.allAttachments('none')),
        noAttachment: await refusal(db.attachment('none', 'x')),
        notADocument: await refusal(db.post(null)),
        emptyId: await refusal(db.put('', {})),
        badQuery: await refusal(db.allDocs({ query: '(' })),
        group: await refusal(db.allDocs({ group_by: ['x'] })),
        unknown: await refusal(db.database.call('bulk', '[]')),
        notJson: await refusal(db.database.call('get', '[')),
        closed: await db.database.close().then(() => refusal(db.get('none'))),
      };
    });
    assert.deepEqual(statuses, {
      missing: 404,
      noAttachments: 404,
      noAttachment: 404,
      notADocument: 400,
      emptyId: 400,
      badQuery: 400,
      group: 501,
      unknown: 501,
      notJson: 400,
      closed: 503,
    });
    await page.close();
  });

  test('names that mean something to JavaScript are names like others', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      let db = await open('prototype');
      await db.database.call('put', '["__proto__", {"__proto__": {"x": 1}, "constructor": 2}]');
      await db.database.close();
      db = await open('prototype');
      return db.database.call('get', '["__proto__"]');
    });
    assert.equal(found, '{"__proto__":{"x":1},"constructor":2}');
    await page.close();
  });

  test('are there after a reload and after the browser was started again', async () => {
    let page = await store.page();
    const post = () => page.evaluate(async () => (await open('lasting')).post({ first: 'Ada' }));
    const ids = () => page.evaluate(async () => (await (await open('lasting')).rows()).map((row) => row.id));
    const first = await post();
    await store.reload(page);
    assert.deepEqual(await ids(), [first]);
    await store.browser.close();
    await store.start();
    page = await store.page();
    assert.deepEqual(await ids(), [first]);
    await page.close();
  });

  test('a database that jIO laid out opens, and keeps its version and indexes', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      await lay('jio', {
        metadata: [
          { _id: 'b', doc: { first: 'Grace' } },
          { _id: 'a', doc: { first: 'Ada', born: new Date(0), gone: undefined } },
          { _id: 'null', doc: null },
          { _id: 'big', doc: { n: 10n } },
          { _id: 'half', doc: { text: '\ud800' } },
        ],
      });
      await layAttachment('jio', 'a', 'notes_1', numbered(4_500_000));
      const db = await open('jio');
      const rows = await db.rows({ include_docs: true });
      const blob = await db.attachment('a', 'notes_1');
      const same = (await hash(blob)) === (await hash(new Blob([numbered(4_500_000)])));
      const range = new Uint32Array(await (await db.attachment('a', 'notes_1', { start: 1_999_996, end: 2_000_004 })).arrayBuffer());
      const names = await db.allAttachments('a');
      const unreadable = db.database.unreadableCount;
      await db.database.close();
      const database = await raw('jio');
      const indexes = [...database.transaction('metadata').objectStore('metadata').indexNames];
      const { version } = database;
      database.close();
      return { rows, type: blob.type, size: blob.size, same, range: [...range], names, unreadable, indexes, version };
    });
    assert.deepEqual(found.rows, [
      { id: 'a', value: {}, doc: { first: 'Ada', born: '1970-01-01T00:00:00.000Z' } },
      { id: 'b', value: {}, doc: { first: 'Grace' } },
    ]);
    assert.deepEqual(found.names, { notes_1: {} });
    assert.deepEqual([found.type, found.size, found.same], ['text/plain', 4_500_000, true]);
    assert.deepEqual(found.range, [499_999, 500_000]);
    assert.equal(found.unreadable, 3);
    assert.deepEqual(found.indexes, ['_id', 'doc.first']);
    assert.equal(found.version, 1);
    await page.close();
  });

  test('an empty database of another version gets the stores it lacks', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      await new Promise((resolve) => {
        const request = indexedDB.open('jio:older', 3);
        request.onupgradeneeded = () => request.result.createObjectStore('other').put('kept', 1);
        request.onsuccess = () => resolve(request.result.close());
      });
      const db = await open('older');
      await db.put('a', { x: 1 });
      await db.database.close();
      return { other: await dump('older', 'other'), metadata: await dump('older', 'metadata') };
    });
    assert.deepEqual(found, { other: ['kept'], metadata: [{ _id: 'a', doc: { x: 1 } }] });
    await page.close();
  });

  test('what is written lies as jIO lays it', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('layout');
      await db.put('a_b', { x: 1 });
      await db.putAttachment('a_b', 'c', numbered(2_000_001));
      await db.putAttachment('a_b', 'empty', '');
      await db.database.close();
      const fresh = await raw('layout');
      const shape = Object.fromEntries(
        [...fresh.objectStoreNames].map((name) => {
          const raw = fresh.transaction(name).objectStore(name);
          const index = (name) => [name, raw.index(name).keyPath, raw.index(name).unique];
          return [name, [raw.keyPath, raw.autoIncrement, ...[...raw.indexNames].map(index)]];
        }),
      );
      fresh.close();
      const [metadata, attachment, blob] = await Promise.all(['metadata', 'attachment', 'blob'].map((name) => dump('layout', name)));
      return { shape, metadata, attachment, blob };
    });
    assert.deepEqual(found.shape, {
      attachment: ['_key_path', false, ['_id', '_id', false]],
      blob: ['_key_path', false, ['_id', '_id', false], ['_id_attachment', ['_id', '_attachment'], false]],
      metadata: ['_id', false, ['_id', '_id', true]],
    });
    assert.deepEqual(found.metadata, [{ _id: 'a_b', doc: { x: 1 } }]);
    assert.deepEqual(found.attachment, [
      { _key_path: 'a_b_c', _id: 'a_b', _attachment: 'c', info: { content_type: 'image/png', length: 2_000_001 } },
      { _key_path: 'a_b_empty', _id: 'a_b', _attachment: 'empty', info: { content_type: 'image/png', length: 0 } },
    ]);
    assert.deepEqual(found.blob, [
      { _key_path: 'a_b_c_0', _id: 'a_b', _attachment: 'c', _part: 0, blob: 2_000_000 },
      { _key_path: 'a_b_c_1', _id: 'a_b', _attachment: 'c', _part: 1, blob: 1 },
    ]);
    await page.close();
  });

  test('repair sees what a foreign writer stored', async () => {
    const page = await store.page();
    const [before, after] = await page.evaluate(async () => {
      const db = await open('foreign');
      await db.put('a', { x: 1 });
      await lay('foreign', { metadata: [{ _id: 'b', doc: { x: 2 } }] });
      const before = await db.rows();
      await db.repair();
      return [before.length, (await db.rows()).length];
    });
    assert.deepEqual([before, after], [1, 2]);
    await page.close();
  });

  test('a second window waits for the first, and goes on when it is closed', async () => {
    const [first, second] = [await store.page(), await store.page()];
    await first.evaluate(async () => {
      window.db = await open('one');
      await db.put('a', { x: 1 });
    });
    const heard = await second.evaluateHandle(() => {
      const it = { waiting: undefined, opened: undefined };
      it.waiting = new Promise((resolve) => {
        it.opened = import('/peer.js').then(({ Database }) => Database.open('one', (standing) => standing === 'waiting' && resolve(standing)));
      });
      return it;
    });
    assert.equal(await heard.evaluate((it) => it.waiting), 'waiting');
    await first.close();
    const count = await heard.evaluate(async (it) => (await it.opened).documentCount);
    assert.equal(count, 1);
    await second.close();
  });

  test('pages without Web Locks and crypto.subtle have the database all the same', async () => {
    const page = await store.pageFromElsewhere();
    const found = await page.evaluate(async () => {
      const db = await open('plain');
      const id = await db.post({ x: 1 });
      return { locks: 'locks' in navigator, is: (await db.get(id)).x };
    });
    assert.deepEqual(found, { locks: false, is: 1 });
    await page.close();
  });

  test('who deletes the database is not held up, and the storage says that it is gone', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('deleted');
      await db.put('a', {});
      await new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase('jio:deleted');
        request.onsuccess = resolve;
        request.onblocked = reject;
      });
      return { status: await refusal(db.get('a')), last: db.standings.at(-1) };
    });
    assert.deepEqual(found, { status: 503, last: 'gone' });
    await page.close();
  });
});
