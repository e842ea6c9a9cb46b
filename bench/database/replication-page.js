// In a page: the same records kept in step with a server by this project and by PouchDB.

import * as peer from '/index.js';
import { record } from '/replication-records.js';

const SELECTED = ['title', 'default_email_text', 'description', 'quantity'];
const remotes = {
  couchdb: (url) => ({ type: 'couchdb', url }),
  erp5: (url) => ({ type: 'erp5', url, default_view_reference: 'view', select_list: SELECTED, portion: 1000 }),
  forms: (url) => ({ type: 'erp5', url, default_view_reference: 'view', portion: 1000 }),
};

/** Each gives `{ sync }`, which resolves when both sides have the same, and `put` over a record that is there. */
globalThis.SIDES = {
  async ours(kind, url, database) {
    let written;
    const db = await peer.replicated({
      type: 'replicate',
      local_sub_storage: { type: 'indexeddb', database },
      remote_sub_storage: remotes[kind](url),
    }).ready;
    return {
      put: (id, doc) => ((written = Date.now()), db.put(id, doc)),
      sync: () => compared(db),
      sent: () => until(db, ({ state, waiting, synced_at }) => state === 'idle' && waiting === 0 && synced_at >= written),
      get: (id) => db.get(id),
      ids: async () => (await db.allDocs()).data.rows.map(({ id }) => id),
      close: () => db.close(),
    };
  },

  async pouchdb(kind, url, database) {
    const db = new PouchDB(database);
    return {
      put: async (id, doc) => db.put({ ...doc, _id: id, _rev: (await db.get(id))._rev }),
      sync: () => db.sync(url, { batch_size: 1000 }),
      get: (id) => db.get(id),
      ids: async () => (await db.allDocs()).rows.map(({ id }) => id),
      close: () => db.close(),
    };
  },
};

function compared(db) {
  const asked = Date.now();
  db.syncNow();
  return until(db, ({ state, waiting, synced_at }) => state === 'idle' && waiting === 0 && synced_at >= asked);
}

/** Resolves when the line says what fits from now on. */
function until(db, fits) {
  return new Promise((resolve, reject) => {
    db.addEventListener('line', function hear({ detail }) {
      if (['offline', 'failed', 'login'].includes(detail.state)) reject(new Error(detail.detail));
      if (!fits(detail)) return;
      db.removeEventListener('line', hear);
      resolve();
    });
  });
}

/** Calls a second of a database by itself and of one that is replicated. */
globalThis.calls = async (url, rounds, count) => {
  const alone = await peer.indexedDB('alone').ready;
  const replicated = await peer.replicated({
    type: 'replicate', local_sub_storage: { type: 'indexeddb', database: 'replicated' }, remote_sub_storage: remotes.couchdb(url),
  }).ready;
  const each = (act) => Promise.all(Array.from({ length: count }, (_, n) => act(n)));
  const figures = [];
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, db] of Object.entries({ alone, replicated })) {
      const writes = await perSecond(count, () => each((n) => db.put(`id-${n}`, record(n + round * count))));
      const reads = await perSecond(count, () => each((n) => db.get(`id-${n}`)));
      const queries = await perSecond(20, async () => {
        for (let n = 0; n < 20; n += 1) await db.allDocs({ query: 'quantity:>80', select_list: ['title'] });
      });
      if (round >= 0) figures.push({ name, writes, reads, queries });
    }
  }
  return figures;
};

async function perSecond(count, act) {
  const began = performance.now();
  await act();
  return (count * 1000) / (performance.now() - began);
}
