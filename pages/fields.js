// A record as an editor and a list show it. Pure: tested by tests/fields.test.mjs.

/** A field of a list longer than this is cut; the editor shows all of it. */
const SHOWN_LENGTH = 400;
const LABEL_LENGTH = 60;

/** The mistake of a person, in words; `row` is where, if in a row. */
export class Mistake extends Error {
  constructor(message, row) {
    super(message);
    this.row = row;
  }
}

/** One row for each field. Text is itself; everything else is its JSON. */
export function toRows(record) {
  return Object.entries(record).map(([key, value]) => ({
    key,
    text: typeof value === 'string' ? value : JSON.stringify(value),
    isJson: typeof value !== 'string',
  }));
}

/** The record that the rows describe; rows without a name and a value are left out. */
export function fromRows(rows) {
  const fields = new Map();
  rows.forEach(({ key, text, isJson }, row) => {
    if (key === '' && text === '') return;
    if (key === '') throw new Mistake('Give this field a name.', row);
    if (fields.has(key)) throw new Mistake(`There are two fields named ${key}. Rename one.`, row);
    fields.set(key, isJson ? parse(text, row) : text);
  });
  if (fields.size === 0) throw new Mistake('A record needs at least one field.', 0);
  // Not by assignment, which treats `__proto__` as no name of a field.
  return Object.fromEntries(fields);
}

/** The record that a text of JSON describes. */
export function fromJson(text) {
  const record = parse(text);
  if (typeof record !== 'object' || record === null || Array.isArray(record)) {
    throw new Mistake('A record is an object: { "name": "value", … }.');
  }
  return record;
}

/** JSON for people to edit. */
export function toJson(record) {
  return JSON.stringify(record, null, 2);
}

/** A field's value as a line of a list. */
export function toShown(value) {
  const text = typeof value === 'string' ? value : JSON.stringify(value) ?? '';
  return text.length > SHOWN_LENGTH ? `${text.slice(0, SHOWN_LENGTH)} …` : text;
}

/** A few words that tell a record from others: its first two short values, else its id. */
export function toLabel(id, record) {
  const words = Object.values(record).filter((value) => ['string', 'number'].includes(typeof value) && value !== '');
  const label = words.slice(0, 2).join(' ') || id;
  return label.length > LABEL_LENGTH ? `${label.slice(0, LABEL_LENGTH)} …` : label;
}

/** Orders `[id, record]` as a book of addresses does: by last name, then first; what has none by its label. */
export function byName([leftId, left], [rightId, right]) {
  const keys = ({ first, last }, label) => [last ?? first ?? label, first ?? label, label].map(toShown);
  const others = keys(right, toLabel(rightId, right));
  const order = keys(left, toLabel(leftId, left)).map((key, at) => COLLATOR.compare(key, others[at]));
  return order.find((order) => order !== 0) ?? 0;
}

const COLLATOR = new Intl.Collator(undefined, { numeric: true });

function parse(text, row) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Mistake(`This is not JSON: ${error.message}`, row);
  }
}
