// The catalog's searches. Their text is read by jIO's own parser, which is what it was written for; ERP5's
// collation knows no case.

import { createRequire } from 'node:module';

const { QueryFactory } = createRequire(import.meta.url)('jio');

/** Rows of `{ id, …selected }`. */
export function search(records, parameters) {
  const list = (name) => parameters.getAll(name);
  const roles = list('local_roles');
  const text = parameters.get('query');
  const query = text ? QueryFactory.create(text).toJSON() : {};
  const found = records.catalog.filter((row) => (roles.length === 0 || roles.includes(role(row, records))) && matches(query, row));
  const keys = list('sort_on').map((text) => JSON.parse(text));
  found.sort((one, other) => keys.reduce((sofar, [name, direction]) => sofar || ordered(one[name], other[name]) * (direction === 'descending' ? -1 : 1), 0));
  const [skip = 0, count = found.length] = list('limit').map(Number);
  const select = list('select_list');
  const picked = (row) => Object.fromEntries(select.filter((name) => row[name] !== undefined && row[name] !== '').map((name) => [name, row[name]]));
  return found.slice(skip, skip + count).map((row) => ({ id: row.id, ...picked(row) }));
}

const role = (row, records) => (row.owner === records.owner ? 'Owner' : 'Auditor');

function ordered(one = '', other = '') {
  return one < other ? -1 : one > other ? 1 : 0;
}

function matches(query, row) {
  if (query.type === undefined) return true;
  const list = query.query_list ?? [];
  if (query.operator === 'AND') return list.every((part) => matches(part, row));
  if (query.operator === 'OR') return list.some((part) => matches(part, row));
  if (query.operator === 'NOT') return !matches(list[0], row);
  const values = query.key ? [row[query.key]] : [row.title, row.reference, row.description];
  return values.some((value) => compare(query.operator, value, query.value));
}

const OPERATORS = {
  '=': (a, b) => a === b,
  '!=': (a, b) => a !== b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
};

function compare(operator, value, wanted) {
  if (value === undefined) return false;
  if (typeof value === 'number') return OPERATORS[operator ?? '='](value, Number(wanted));
  const [text, sought] = [value, wanted].map((text) => String(text).toLowerCase());
  if (operator) return OPERATORS[operator](text, sought);
  const pattern = sought.split('%').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('.*');
  return new RegExp(`^${pattern}$`, 's').test(text);
}
