// From the words in the search field to what `allDocs` is asked for. The query is built as JSON, so that
// nothing a person types can change its form. Pure: tested by tests/query.test.mjs.

/** Records on one page of a list. */
export const PAGE = 50;

/** Words of one search; more are left out, since a query's length is bounded. */
const MOST_WORDS = 16;

/** The tutorial's keys: a master of 2016 can search and return only what is named. */
const TUTORIAL_KEYS = ['first', 'last'];

/**
 * Options for the page of records that begins after `skip`. One more is asked for than is shown, which
 * tells whether there is a next page. `protocol` is the connection's.
 */
export function toOptions(text, { skip = 0, protocol = 'jio.2' } = {}) {
  const query = toQuery(text);
  return {
    ...(query && { query }),
    limit: [skip, PAGE + 1],
    ...(protocol === '' ? { select_list: [...TUTORIAL_KEYS] } : { include_docs: true }),
  };
}

/** Every word must be found: within `first`, within `last`, or anywhere (the full-text term). */
export function toQuery(text) {
  const words = text.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  const terms = words.map((word) => complex('OR', [...TUTORIAL_KEYS.map((key) => simple(key, `%${word}%`)), simple('', word)]));
  if (terms.length < 2) return terms[0] ?? null;
  return complex('AND', terms);
}

const simple = (key, value) => ({ type: 'simple', key, value });
const complex = (operator, query_list) => ({ type: 'complex', operator, query_list });
