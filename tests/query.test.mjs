// From a search field's words to a query. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PAGE, toOptions, toQuery } from '../pages/query.js';

const anywhere = (word) => ({
  type: 'complex',
  operator: 'OR',
  query_list: [
    { type: 'simple', key: 'first', value: `%${word}%` },
    { type: 'simple', key: 'last', value: `%${word}%` },
    { type: 'simple', key: '', value: word },
  ],
});

test('no word is no query, which matches all', () => {
  for (const text of ['', '  \n']) assert.equal(toQuery(text), null);
  assert.ok(!('query' in toOptions('')));
});

test('one word is the query of the tutorial, or full-text', () => {
  assert.deepEqual(toQuery(' ada '), anywhere('ada'));
});

test('of several words each must be found', () => {
  assert.deepEqual(toQuery('ada love'), { type: 'complex', operator: 'AND', query_list: [anywhere('ada'), anywhere('love')] });
});

test('what a person types is a value, never a part of the query', () => {
  const typed = 'x"OR(last:"%';
  assert.deepEqual(toQuery(typed), anywhere(typed));
});

test('a thousand words are bounded', () => {
  assert.equal(toQuery('word '.repeat(1000)).query_list.length, 16);
});

test('a page asks for one record more than it shows, and for whole records', () => {
  assert.deepEqual(toOptions('', { skip: 100 }), { limit: [100, PAGE + 1], include_docs: true });
});

test('a master of 2016 is asked for named fields', () => {
  assert.deepEqual(toOptions('', { protocol: '' }), { limit: [0, PAGE + 1], select_list: ['first', 'last'] });
});
