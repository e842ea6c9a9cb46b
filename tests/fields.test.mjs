// Records as rows, as JSON and as lines. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byName, fromJson, fromRows, Mistake, toJson, toLabel, toRows, toShown } from '../pages/fields.js';

const RECORDS = [
  { first: 'Ada', last: 'Lovelace' },
  { text: '42', number: 42, no: false, nothing: null, list: [1, 'two'], object: { a: { b: [] } }, empty: '' },
  { b: 1, a: 2, 'a key with spaces': 'x', ключ: '値', constructor: 'c', toString: 't' },
  JSON.parse('{"__proto__": {"polluted": true}, "first": "Eve"}'),
];

test('rows and JSON give back the record, with its order', () => {
  for (const record of RECORDS) {
    for (const back of [fromRows(toRows(record)), fromJson(toJson(record))]) {
      assert.deepEqual(Object.entries(back), Object.entries(record));
      assert.equal(Object.getPrototypeOf(back), Object.prototype);
    }
  }
});

test('a row without name and value is nothing; text is text', () => {
  const rows = [{ key: '', text: '', isJson: false }, { key: 'n', text: '1', isJson: false }, { key: 'e', text: '', isJson: false }];
  assert.deepEqual(fromRows(rows), { n: '1', e: '' });
});

test('mistakes say in which row they are', () => {
  const row = (key, text, isJson = false) => ({ key, text, isJson });
  const cases = [
    [[], 0],
    [[row('', '')], 0],
    [[row('a', '1'), row('', 'value')], 1],
    [[row('a', '1'), row('b', '2'), row('a', '3')], 2],
    [[row('a', '{', true)], 0],
  ];
  for (const [rows, where] of cases) {
    assert.throws(() => fromRows(rows), (error) => error instanceof Mistake && error.row === where);
  }
});

test('JSON that is no plain object is refused', () => {
  for (const text of ['', '{', '[]', 'null', '"text"', '7']) assert.throws(() => fromJson(text), Mistake, text);
});

test('a long value is cut in a list', () => {
  assert.equal(toShown('a'.repeat(400)).length, 400);
  assert.ok(toShown('a'.repeat(401)).endsWith(' …'));
  assert.equal(toShown([1, { a: null }]), '[1,{"a":null}]');
});

test('a label is made of the first words of a record, or of its id', () => {
  assert.equal(toLabel('id', { first: 'Ada', list: [], last: 'Lovelace', x: 'y' }), 'Ada Lovelace');
  assert.equal(toLabel('id', { first: '', list: [] }), 'id');
  assert.ok(toLabel('id', { first: 'a'.repeat(5000) }).length < 100);
});

test('a list is in the order of names, as people read them; what has no name is there by its label', () => {
  const records = {
    1: { first: 'Grace', last: 'Hopper' },
    2: { first: 'Ada', last: 'Lovelace' },
    3: { first: 'Anne', last: 'hopper' },
    4: { title: 'Letters 10' },
    5: { title: 'Letters 9' },
    6: { last: 5, first: null },
    7: { first: 'Katherine' },
  };
  assert.deepEqual(Object.entries(records).sort(byName).map(([id]) => id), ['6', '3', '1', '7', '5', '4', '2']);
});
