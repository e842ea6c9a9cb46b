// One list of behaviours that each kind of storage has: in memory, in IndexedDB, in an ERP5 and in a CouchDB. Where a
// kind differs, the reason stands here and what it does instead is tested in its place.

import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { after, before, describe, test } from 'node:test';
import { CouchDb } from '../couchdb/server.js';
import { BEHAVIOURS, OF_ERP5 } from '../harness/behaviours.js';
import { Hal } from '../harness/hal/server.js';
import { Browser, openSite } from '../harness/peer.js';

/** Why ERP5 does otherwise. */
const ERP5_DIFFERS = {
  'put under a new id makes that record': 'ERP5 makes the ids',
  'ids are any texts': 'ids are ERP5’s relative URLs',
  'records hold any JSON': 'a form has its fields, of texts and numbers',
  'a removed record is gone, and removing it again is no error': 'its HAL has no removal',
  'a row has no properties unless asked for': 'jIO asks ERP5 for title and reference then',
  'attachments keep their bytes and type, and come in ranges': 'attachments are links and what lies under the address',
  'an attachment is replaced, removed, and missing as 404; its record stays': 'the same, and its HAL has no removal',
  'a put keeps the attachments, a removal takes them along': 'the same',
};
const FILE = fileURLToPath(new URL('../harness/behaviours.js', import.meta.url));

describe('kinds of storages', { timeout: 300_000 }, () => {
  let hal, couchdb, site, browser, page;
  before(async () => {
    [hal, couchdb, browser] = await Promise.all([Hal.start(), CouchDb.start(), Browser.open()]);
    couchdb.login = { name: 'ada', password: 'pässword' };
    hal.token = 'sesame';
    site = await openSite({ files: { '/behaviours.js': FILE }, servers: [hal.origin, couchdb.origin] });
    page = await browser.page(site.url);
    await page.evaluate(async () => (globalThis.suite = await import('/behaviours.js')));
  });
  after(async () => {
    await browser?.close();
    await Promise.all([hal?.close(), couchdb?.close()]);
    site?.close();
  });

  const kinds = {
    memory: async () => ({ type: 'memory' }),
    indexeddb: async (number) => ({ type: 'indexeddb', database: `kinds${number}` }),
    erp5: async () => {
      hal.records.clear();
      return { type: 'erp5', url: hal.url, default_view_reference: 'view', access_token: hal.token };
    },
    couchdb: async () => ({ type: 'couchdb', url: await couchdb.database(), username: couchdb.login.name, password: couchdb.login.password }),
  };

  for (const [kind, describe] of Object.entries(kinds)) {
    Object.keys(BEHAVIOURS).forEach((name, number) => {
      const reason = kind === 'erp5' ? ERP5_DIFFERS[name] : undefined;
      test(`${kind}: ${name}${reason ? `; differs: ${reason}` : ''}`, async () => {
        const failed = await page.evaluate(run, await describe(number), name, Boolean(reason));
        assert.equal(failed, null);
      });
    });
  }

  test('each difference is of a behaviour that there is', () => {
    assert.deepEqual(Object.keys(ERP5_DIFFERS).sort(), Object.keys(OF_ERP5).sort());
    for (const name of Object.keys(OF_ERP5)) assert.ok(BEHAVIOURS[name], name);
  });
});

/** In the page: what went wrong, or null. */
async function run(description, name, differs) {
  const { type, url, database } = description;
  const needs = type === 'erp5' ? { portal_type: 'Person', parent_relative_url: 'person_module' } : {};
  const open = { memory: () => peer.memory(), indexeddb: () => peer.indexedDB(database) };
  const db = (open[type] ?? (() => peer.openRemote(description)))();
  const make = (doc) => ({ ...needs, ...doc });
  const plain = (doc) => {
    for (const [key, value] of Object.entries(needs)) {
      if (doc[key] !== value) throw new Error(`${key} is ${doc[key]}`);
    }
    return Object.fromEntries(Object.entries(doc).filter(([key]) => !(key in needs)));
  };
  const fails = (promise) => Promise.resolve(promise).then((value) => `no error but ${JSON.stringify(value)}`, (error) => error.status_code ?? String(error));
  const behaviour = (differs ? suite.OF_ERP5 : suite.BEHAVIOURS)[name];
  try {
    await behaviour({ db, make, plain, fails, url });
    return null;
  } catch (error) {
    return `${error.message} ${error.status_code ?? ''}`;
  } finally {
    db.close();
  }
}
