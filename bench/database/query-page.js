// In a page: the same queries by jIO and by this project's storage, over the same records.

import * as peer from '/index.js';

const { exports: jIO } = globalThis.module;
const FIRST = ['Ada', 'Grace', 'Alan', 'Barbara', 'Edsger', 'Donald', 'Tony', 'Frances', 'John', 'Margaret', 'Dennis', 'Ken', 'Sophie', 'Niklaus'];
const LAST = ['Lovelace', 'Hopper', 'Turing', 'Liskov', 'Dijkstra', 'Knuth', 'Hoare', 'Allen', 'Backus', 'Jackson', 'Ritchie', 'Thompson', 'Wilson', 'Wirth'];
const CITY = ['Paris', 'London', 'Berlin', 'Lille', 'Tallinn', 'Porto', 'Ghent', 'Bergen'];

/** A record of about 315 bytes with 8 properties, the same for the same number. */
function record(n) {
  const pick = (list, salt) => list[(Math.imul(n * 31 + salt, 2654435761) >>> 8) % list.length];
  return {
    first: pick(FIRST, 1),
    last: pick(LAST, 2),
    city: pick(CITY, 3),
    email: `person-${n}@example.org`,
    age: 18 + (n % 70),
    joined: `2016-${String(1 + (n % 12)).padStart(2, '0')}-${String(1 + (n % 28)).padStart(2, '0')}`,
    tags: ['lan', n % 2 ? 'odd' : 'even'],
    note: `Record ${n}: came by the ${pick(CITY, 4)} train, stays until the end of the fair and looks after the projector.`,
  };
}

globalThis.QUERIES = {
  'ids only, no query': {},
  'first:"Ada"': { query: 'first:"Ada"' },
  'last:"%son%"': { query: 'last:"%son%"' },
  'first:"%a%" OR last:"%a%"': { query: 'first:"%a%" OR last:"%a%"' },
  'paris (in any property)': { query: 'paris' },
  'two sort keys, limit 20, select': { sort_on: [['last', 'ascending'], ['first', 'descending']], limit: [0, 20], select_list: ['first', 'last'] },
  'last:"%son%", sorted, limit 20, select': {
    query: 'last:"%son%"', sort_on: [['last', 'ascending'], ['first', 'descending']], limit: [0, 20], select_list: ['first', 'last'],
  },
  'no match': { query: 'first:"Nobody"' },
};

/** Fills a database by this project's storage; jIO reads the same one. */
globalThis.fill = async (name, count) => {
  globalThis.storage = peer.indexedDB(name);
  for (let n = 0; n < count; n += 1000) {
    await Promise.all(Array.from({ length: Math.min(1000, count - n) }, (_, m) => storage.put(`id-${String(n + m).padStart(6, '0')}`, record(n + m))));
  }
  globalThis.jio = jIO.createJIO({ type: 'query', sub_storage: { type: 'uuid', sub_storage: { type: 'indexedrecords', database: name } } });
};

/** jIO's build for Node has no storage for IndexedDB. This one reads as that of its browser build does: the
 * database is opened, one cursor goes over the index of ids, the database is closed. */
class IndexedRecords {
  constructor({ database }) {
    this.name = `jio:${database}`;
  }

  hasCapacity(name) {
    return name === 'list' || name === 'include';
  }

  buildQuery({ include_docs } = {}) {
    return new Promise((resolve, reject) => {
      const opening = indexedDB.open(this.name);
      opening.onerror = () => reject(opening.error);
      opening.onsuccess = () => {
        const database = opening.result;
        const rows = [];
        const index = database.transaction('metadata').objectStore('metadata').index('_id');
        const walk = include_docs ? index.openCursor() : index.openKeyCursor();
        walk.onerror = () => reject(walk.error);
        walk.onsuccess = () => {
          const cursor = walk.result;
          if (!cursor) {
            database.close();
            return resolve(rows);
          }
          rows.push(include_docs ? { id: cursor.key, value: {}, doc: cursor.value.doc } : { id: cursor.key, value: {} });
          cursor.continue();
        };
      };
    });
  }
}
jIO.addStorage('indexedrecords', IndexedRecords);

/** Milliseconds of one query, and what it found. */
globalThis.ask = async (target, query) => {
  const began = performance.now();
  const { data } = await globalThis[target].allDocs(structuredClone(QUERIES[query]));
  const time = performance.now() - began;
  return { time, rows: data.rows.length, ids: data.rows.map(({ id }) => id).join() };
};
