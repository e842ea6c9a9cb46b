// Replication with a server: bytes and calls of a first sync and of one changed record, beside PouchDB's with the same
// CouchDB and jIO's with the same ERP5 (that of the tests); and what a server costs those who read and write here.
// Prints markdown. PEERS names the folder of the packages. RECORDS: how many.

import assert from 'node:assert/strict';
import { CouchDb } from '../../e2e/couchdb/server.js';
import { Hal } from '../../e2e/harness/hal/server.js';
import { Browser } from '../../e2e/harness/peer.js';
import { Shaped } from '../../e2e/harness/shaped.js';
import { record } from './replication-records.js';
import { ahead, head, median, openBenchSite, peers, row, whole } from './pages.js';

const RECORDS = Number(process.env.RECORDS ?? 10_000);
const NAMES = { ours: 'this project', pouchdb: 'PouchDB 9.0.0', jio: 'jIO 3.45.0' };
const KINDS = { couchdb: 'CouchDB', erp5: 'ERP5, rows of searches', forms: 'ERP5, each record’s form' };
const AT_ONCE = 500;
const LONG_MS = 900_000;

const [couch, hal] = await Promise.all([CouchDb.start(), Hal.start()]);
const site = await openBenchSite('127.0.0.1', ['http://127.0.0.1:*']);
// As for an extension that was let in: no page asks first whether it may ask, whichever library it uses.
const browser = await Browser.open({ args: ['--disable-web-security'], protocolTimeout: LONG_MS });
try {
  await ahead(browser);
  const rows = [await couchDb(), await erp5()].flat();
  head(`${whole(RECORDS)} records`, 'first sync, bytes', 'calls', 's', 'one changed here, bytes', 'calls', 'one changed there, bytes', 'calls', 'nothing changed, bytes', 'calls');
  for (const one of rows) row(...one);
  await beside();
} finally {
  await browser.close();
  site.close();
  await Promise.all([couch.close(), hal.close()]);
}

async function couchDb() {
  const url = await couch.database();
  const docs = Array.from({ length: RECORDS }, (_, n) => ({ _id: `id-${String(n).padStart(6, '0')}`, ...record(n) }));
  const post = (docs) => fetch(`${url}/_bulk_docs`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ docs }) });
  for (let at = 0; at < RECORDS; at += AT_ONCE) await post(docs.slice(at, at + AT_ONCE));
  const change = async (id, doc) => {
    const { _rev } = await (await fetch(`${url}/${id}`)).json();
    await post([{ _id: id, _rev, ...doc }]);
  };
  const rows = [];
  for (const who of ['ours', 'pouchdb']) {
    const line = await Shaped.open(couch.origin);
    rows.push(await measured(who, 'couchdb', line, line.by(url), couch.requests, change));
    await line.close();
  }
  return rows;
}

async function erp5() {
  const own = hal.url;
  let ticks = 0;
  // A clock that goes a second with every twenty records, as where people work.
  Object.defineProperty(hal.records, 'now', { get: () => new Date(1.48e12 + Math.floor(ticks++ / 40) * 1000).toISOString().slice(0, 19).replace('T', ' ') });
  for (let n = 0; n < RECORDS; n += 1) {
    const { portal_type, parent_relative_url, ...values } = record(n);
    hal.records.set(hal.records.add(portal_type, parent_relative_url), values);
  }
  const change = async (id, { description }) => {
    ticks += 40; // Some time later: two looks at one second are taken for its end.
    hal.records.set(id, { description });
  };
  const rows = [];
  for (const [who, kind] of [['ours', 'erp5'], ['ours', 'forms'], ['jio', 'forms']]) {
    const line = await Shaped.open(hal.origin);
    hal.url = line.by(own);
    rows.push(await measured(who, kind, line, hal.url, hal.requests, change));
    if (who === 'jio') rows.push(['jIO’s list of dates alone', '', '', '', '', '', '', '', await listed(line), '1']);
    await line.close();
  }
  return rows;
}

/** Bytes of what any `repair` asks at least, where jIO is told to find changes by their date (`signature_hash_key`). */
async function listed(line) {
  const db = peers('jio').createJIO({ type: 'erp5', url: hal.url, default_view_reference: 'view' });
  await db.get(hal.records.catalog[0].id);
  const before = line.bytes;
  await db.allDocs({ select_list: ['modification_date'] });
  return whole(line.bytes - before);
}

/** What each thing took: bytes both ways as the line counts them, and requests as the server does. */
async function measured(who, kind, line, url, requests, change) {
  const cost = async (act) => {
    const [bytes, calls, began] = [line.bytes, requests.length, performance.now()];
    await act();
    return [whole(line.bytes - bytes), whole(requests.length - calls), ((performance.now() - began) / 1000).toFixed(1)];
  };
  console.error(`${who}, ${kind}`);
  const side = who === 'jio' ? jio(url) : await inPage(who, kind, url);
  const first = await cost(side.sync);
  const ids = await side.ids();
  assert.equal(ids.length, RECORDS, `${who} has not all`);
  await side.settle();
  await side.put(ids[100], { ...record(100), description: `changed here by ${who}, ${kind}` });
  const here = await cost(side.send);
  await side.settle();
  await change(ids[200], { ...record(200), description: `changed there for ${who}, ${kind}` });
  const there = await cost(side.sync);
  assert.equal((await side.get(ids[200])).description, `changed there for ${who}, ${kind}`);
  await side.settle();
  const nothing = await cost(side.sync);
  await side.close();
  const costs = [first, ...[here, there, nothing].map((cost) => cost.slice(0, 2))];
  return [`${NAMES[who]}, ${KINDS[kind]}`, ...costs.flat()];
}

async function inPage(who, kind, url) {
  const page = await browser.page(`${site.url}replication.html`);
  await page.evaluate(async (...given) => {
    const [who, kind, url] = given;
    globalThis.side = await SIDES[who](kind, url, `bench-${who}-${kind}`);
  }, who, kind, url);
  const sync = () => page.evaluate(() => side.sync().then(() => {}));
  return {
    sync,
    // What was written goes by itself, where it does.
    send: () => page.evaluate(() => (side.sent ?? side.sync)().then(() => {})),
    // An ERP5's last date may go on: it is looked at once more, and nobody's figure has that.
    settle: sync,
    ids: () => page.evaluate(() => side.ids()),
    get: (id) => page.evaluate((id) => side.get(id), id),
    put: (id, doc) => page.evaluate((id, doc) => side.put(id, doc).then(() => {}), id, doc),
    close: () => page.evaluate(() => side.close()).then(() => page.close()),
  };
}

/** jIO as it is: each `repair` lists and reads all. Its npm build is Node's, and asks with far fewer headers than a
 * browser. */
function jio(url) {
  const jIO = peers('jio');
  const db = jIO.createJIO({
    type: 'replicate',
    use_remote_post: true,
    conflict_handling: 1,
    parallel_operation_amount: 10,
    signature_sub_storage: { type: 'query', sub_storage: { type: 'memory' } },
    local_sub_storage: { type: 'query', sub_storage: { type: 'uuid', sub_storage: { type: 'memory' } } },
    remote_sub_storage: { type: 'erp5', url, default_view_reference: 'view' },
  });
  const sync = () => db.repair();
  return {
    sync,
    send: sync,
    settle() {},
    ids: async () => (await db.allDocs()).data.rows.map(({ id }) => id),
    get: (id) => db.get(id),
    put: (id, doc) => db.put(id, doc),
    close() {},
  };
}

/** Reading and writing here, with a server and without one. */
async function beside() {
  const page = await browser.page(`${site.url}replication.html`);
  const line = await Shaped.open(couch.origin);
  const url = line.by(await couch.database());
  const figures = await page.evaluate((...given) => calls(...given), url, 5, 1000);
  await line.close();
  head('calls a second', 'put', 'get', 'query over 1,000');
  for (const [name, words] of [['alone', 'no server'], ['replicated', 'replicated']]) {
    const of = figures.filter((one) => one.name === name);
    row(words, ...['writes', 'reads', 'queries'].map((what) => whole(median(of.map((one) => one[what])))));
  }
}
