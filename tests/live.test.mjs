// What the package makes of what a master tells about a query that is followed. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Rows } from '../peer/npm/live.js';

const row = (id, n = 0) => ({ id, value: { n } });
const all = (...rows) => ({ data: { rows, total_rows: rows.length } });
const ids = (rows) => rows.list.map(({ id }) => id).join('');

test('the first rows are told even where there are none', () => {
  assert.deepEqual(new Rows().apply(all()), { added: [], changed: [], removed: [] });
  assert.deepEqual(new Rows().apply(all(row('a'))), { added: [row('a')], changed: [], removed: [] });
});

test('rows stand in the order of their ids, or where they are put', () => {
  const rows = new Rows();
  rows.apply(all(row('b'), row('d')));
  assert.deepEqual(rows.apply({ rows: [row('a'), row('c'), row('e')], removed: ['b'] }), { added: [row('a'), row('c'), row('e')], changed: [], removed: ['b'] });
  assert.equal(ids(rows), 'acde');
  rows.apply({ rows: [{ ...row('e', 1), at: 0 }, { ...row('x'), at: 2 }], removed: [] });
  assert.equal(ids(rows), 'eaxcd');
  assert.ok(!('at' in rows.list[0]));
});

test('what is the same is not told, and stays the same object', () => {
  const rows = new Rows();
  rows.apply(all(row('a'), row('b')));
  const [a] = rows.list;
  assert.equal(rows.apply(all(row('a'), row('b'))), null);
  assert.equal(rows.apply({ rows: [row('a')], removed: ['unknown'] }), null);
  assert.equal(rows.list[0], a);
  assert.deepEqual(rows.apply(all(row('b', 1), row('c'))), { added: [row('c')], changed: [row('b', 1)], removed: ['a'] });
});

test('another order alone is told', () => {
  const rows = new Rows();
  rows.apply(all(row('a'), row('b')));
  assert.deepEqual(rows.apply(all(row('b'), row('a'))), { added: [], changed: [], removed: [] });
});

test('an earlier list is never changed, and the newest is what was told, whatever comes', () => {
  let seed = 7;
  const random = (below) => (seed = (seed * 48271) % 2147483647) % below;
  const rows = new Rows();
  const model = new Map();
  rows.apply(all());
  for (let step = 0; step < 500; step += 1) {
    const told = { rows: [], removed: [] };
    for (let change = random(4); change >= 0; change -= 1) {
      const id = `r${random(20)}`;
      if ([...told.rows.map(({ id }) => id), ...told.removed].includes(id)) continue;
      if (random(3) === 0) told.removed.push(id);
      else told.rows.push(row(id, random(3)));
    }
    const before = rows.list;
    const copy = structuredClone(before);
    const changes = rows.apply(random(10) === 0 ? again(told) : apply(told));
    assert.deepEqual(before, copy);
    const wanted = [...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
    assert.deepEqual(rows.list, wanted);
    assert.equal(changes === null, JSON.stringify(copy) === JSON.stringify(wanted));
  }

  function apply(told) {
    for (const id of told.removed) model.delete(id);
    for (const one of told.rows) model.set(one.id, one);
    return told;
  }

  function again(told) {
    apply(told);
    return all(...[...model.values()].sort((a, b) => (a.id < b.id ? -1 : 1)));
  }
});
