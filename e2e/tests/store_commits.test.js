// Writing: safe before it is said, many in one transaction, and one that fails spoils no other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Store } from '../harness/store.js';

describe('commits', { timeout: 300_000 }, () => {
  let store;
  before(async () => {
    store = await Store.open();
  });
  after(() => store?.close());

  test('a thousand posts at once share a transaction, and all of them last', async (t) => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('group');
      const durabilities = watchTransactions();
      const start = performance.now();
      const ids = await Promise.all(Array.from({ length: 1000 }, (_, n) => db.post({ n })));
      return { ids, durabilities, ms: performance.now() - start };
    });
    t.diagnostic(`1,000 posts at once: ${found.ms.toFixed(1)} ms in ${found.durabilities.length} transactions`);
    assert.equal(new Set(found.ids).size, 1000);
    assert.deepEqual(found.durabilities, ['strict']);
    await store.reload(page);
    const there = await page.evaluate(async () => (await (await open('group')).rows({ select_list: ['n'] })).map((row) => [row.value.n, row.id]));
    assert.deepEqual(new Map(there), new Map(found.ids.map((id, n) => [n, id])));
    await page.close();
  });

  test('what comes while one is on its way goes together into the next', async () => {
    const page = await store.page();
    const durabilities = await page.evaluate(async () => {
      const db = await open('next');
      const durabilities = watchTransactions();
      const first = db.post({});
      await Promise.resolve();
      await Promise.resolve();
      const rest = Array.from({ length: 100 }, () => db.post({}));
      await Promise.all([first, ...rest]);
      return durabilities;
    });
    assert.ok(durabilities.length <= 2, String(durabilities.length));
    await page.close();
  });

  test('writes of one document are done in their order', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('order');
      await Promise.all([db.put('a', { n: 1 }), db.remove('a'), db.put('a', { n: 2 }), db.put('b', {}), db.remove('b')]);
      const rows = await db.rows({ include_docs: true });
      return { rows, disk: await dump('order', 'metadata') };
    });
    assert.deepEqual(found.rows, [{ id: 'a', value: {}, doc: { n: 2 } }]);
    assert.deepEqual(found.disk, [{ _id: 'a', doc: { n: 2 } }]);
    await page.close();
  });

  test('a full disk is told in words, and changes nothing', async () => {
    const page = await store.pageWithQuota('full', 3_000_000);
    const found = await page.evaluate(async () => {
      const db = await open('full');
      await db.put('a', { n: 1 });
      const huge = { text: noise(8_000_000) };
      const [small, failed, other] = await Promise.allSettled([db.put('s', { n: 2 }), db.put('a', huge), db.put('o', { n: 3 })]);
      const attachment = await refusal(db.putAttachment('a', 'x', noise(8_000_000)));
      return {
        statuses: [small.status, other.status, failed.reason?.status_code, attachment],
        words: failed.reason?.message,
        memory: await db.rows({ include_docs: true }),
        disk: [...(await dump('full', 'metadata')), ...(await dump('full', 'attachment'))],
      };
    });
    const documents = [['a', 1], ['o', 3], ['s', 2]];
    assert.deepEqual(found, {
      statuses: ['fulfilled', 'fulfilled', 507, 507],
      words: "this computer's disk quota for the database is full: delete records or free space",
      memory: documents.map(([id, n]) => ({ id, value: {}, doc: { n } })),
      disk: documents.map(([_id, n]) => ({ _id, doc: { n } })),
    });
    await page.close();
  });

  test('more than 64 MiB do not wait', async () => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const db = await open('flood');
      const text = 'x'.repeat(15 << 20);
      const statuses = await Promise.all(Array.from({ length: 6 }, () => refusal(db.post({ text }))));
      return { refused: statuses.filter((status) => status === 429).length, rows: (await db.rows()).length, after: await db.put('a', {}) };
    });
    assert.deepEqual(found, { refused: 2, rows: 4, after: 'a' });
    await page.close();
  });

  test('queries over 10,000 documents', async (t) => {
    const page = await store.page();
    const found = await page.evaluate(async () => {
      const firsts = ['Ada', 'Grace', 'Alan', 'Edsger', 'Barbara', 'Donald', 'Hedy', 'Katherine', 'Linus', 'Margaret', 'Niklaus', 'Radia', 'Tim', 'Vint'];
      const lasts = ['Johnson', 'Hopper', 'Turing', 'Anderson', 'Liskov', 'Knuth', 'Lamarr', 'Hamilton', 'Wirth'];
      const cities = ['paris', 'tokyo', 'lima', 'oslo'];
      const documents = Array.from({ length: 10_000 }, (_, n) => ({
        _id: `id${n}`,
        doc: {
          first: firsts[n % firsts.length],
          last: lasts[n % lasts.length],
          city: cities[n % cities.length],
          age: n % 90,
          email: `person${n}@example.org`,
          note: 'lorem ipsum dolor sit amet consectetur adipiscing elit '.repeat(3),
          active: n % 2 === 0,
          tags: ['a', 'b'],
        },
      }));
      await lay('queries', { metadata: documents });
      const start = performance.now();
      const db = await open('queries');
      const opened = performance.now() - start;
      const queries = {
        'exact first:"Ada"': { query: 'first:"Ada"' },
        'wildcard last:"%son%"': { query: 'last:"%son%"' },
        'tutorial': { query: 'first:"%a%" OR last:"%a%"' },
        'full-text paris': { query: 'paris' },
        'sort on two, limit, select': { sort_on: [['last', 'ascending'], ['age', 'descending']], limit: [0, 20], select_list: ['last'] },
        'no match': { query: 'first:"nobody"' },
        'all ids': {},
        '300 with documents': { limit: [0, 300], include_docs: true },
      };
      const times = { opened };
      for (const [name, options] of Object.entries(queries)) {
        const runs = [];
        for (let run = 0; run < 25; run += 1) {
          const start = performance.now();
          await db.allDocs(options);
          runs.push(performance.now() - start);
        }
        times[name] = [Math.min(...runs), runs.sort((a, b) => a - b)[12]];
      }
      return { times, rows: (await db.rows()).length };
    });
    for (const [name, ms] of Object.entries(found.times)) t.diagnostic(`${name}: ${[ms].flat().map((ms) => ms.toFixed(2)).join(' / ')} ms`);
    assert.equal(found.rows, 10_000);
    await page.close();
  });
});
