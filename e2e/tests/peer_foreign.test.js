// A master whose storage is the page's own: any object with jIO's methods.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, NPM, openBroadcaster, openSite, serve } from '../harness/peer.js';

describe('a storage of the page', { timeout: 300_000 }, () => {
  let site, broadcaster, browser, master, slave;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
    [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
    await master.evaluate(layStorage);
    await serve(master, broadcaster.url, { id: 'own' });
    await connect(slave, broadcaster.url, { master: 'own' });
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  test('a slave stores, reads, queries and removes in it', async () => {
    const found = await slave.evaluate(async () => {
      const id = await db.post({ first: 'Ada' });
      await db.put('grace', { first: 'Grace', ['__proto__']: 'a name like others' });
      const options = { query: 'first:"%a%" AND NOT first:"x"', sort_on: [['first', 'descending']], limit: [1, 5], select_list: ['first'], include_docs: true };
      const listed = await db.allDocs(options);
      await db.repair();
      return { id, doc: await db.get('grace'), listed, removed: await db.remove(id), gone: await failure(db.get(id)) };
    });
    assert.equal(found.id, 'n1');
    assert.deepEqual(Object.keys(found.doc), ['first', '__proto__']);
    assert.deepEqual(found.listed, { data: { rows: [{ id: 'n1', value: {}, doc: { first: 'Ada' } }, { id: 'grace', value: {}, doc: found.doc }], total_rows: 2 } });
    assert.equal(found.removed, 'n1');
    assert.deepEqual(found.gone, { name: 'JioError', message: 'There is no n1.', status_code: 404 });
    const asked = await master.evaluate(() => globalThis.asked);
    assert.deepEqual(asked.map(({ query, ...options }) => ({ ...options, query: query.replace(/ +/g, ' ') })), [
      { query: '( first: "%a%" AND NOT ( first: "x" ) )', sort_on: [['first', 'descending']], limit: [1, 5], select_list: ['first'], include_docs: true },
    ]);
  });

  test('attachments go through it whole, and ranges are cut from them', async () => {
    const found = await slave.evaluate(async () => {
      await db.put('a', {});
      await db.putAttachment('a', 'noise', new Blob([new Uint8Array(3 << 20).fill(7)], { type: 'image/x-noise' }));
      const blob = await db.getAttachment('a', 'noise');
      const part = await db.getAttachment('a', 'noise', { start: 1, end: 4, format: 'array_buffer' });
      const names = await db.allAttachments('a');
      await db.removeAttachment('a', 'noise');
      return { size: blob.size, type: blob.type, part: [...new Uint8Array(part)], names, gone: (await failure(db.getAttachment('a', 'noise'))).status_code };
    });
    assert.deepEqual(found, { size: 3 << 20, type: 'image/x-noise', part: [7, 7, 7], names: { noise: {} }, gone: 404 });
  });

  test('what is wrong with a request does not reach it', async () => {
    const before = await master.evaluate(() => calls);
    const refused = await slave.evaluate(async () => Promise.all([db.post(null), db.get(''), db.allDocs({ query: '(' })].map(failure)));
    assert.deepEqual(refused.map(({ status_code }) => status_code), [400, 400, 400]);
    assert.equal(await master.evaluate(() => calls), before);
  });

  test('its mistakes are told as its own, and its plain errors have a status', async () => {
    const told = await slave.evaluate(async () => Promise.all(['as-array', 'as-nothing', 'as-error'].map((id) => failure(db.get(id)))));
    assert.deepEqual(told.map(({ status_code, message }) => `${status_code} ${message}`), [
      "500 the storage's get() must resolve with a plain object",
      "500 the storage's get() must resolve with a plain object",
      '500 the disk is on fire',
    ]);
  });

  test('without methods for attachments there are none', async () => {
    const page = await browser.page(site.url);
    await page.evaluate(() => {
      const docs = new Map();
      globalThis.storage = {
        post: async (doc) => (docs.set('x', doc), 'x'),
        put: async (id, doc) => void docs.set(id, doc),
        get: async (id) => docs.get(id),
        remove: async (id) => void docs.delete(id),
        allDocs: async () => ({ data: { rows: [...docs.keys()].map((id) => ({ id })) } }),
      };
    });
    await serve(page, broadcaster.url, { id: 'bare' });
    await slave.evaluate(() => db.close());
    await connect(slave, broadcaster.url, { master: 'bare' });
    const found = await slave.evaluate(async () => {
      await db.put('x', { n: 1 });
      return { rows: (await db.allDocs()).data.rows, refused: await failure(db.putAttachment('x', 'a', 'text')) };
    });
    assert.deepEqual(found.rows, [{ id: 'x', value: {} }]);
    assert.deepEqual(found.refused, { name: 'JioError', message: 'this storage keeps no attachments', status_code: 501 });
    await page.close();
  });

  test('a database of another master is served on', async () => {
    const middle = await browser.page(site.url);
    await connect(middle, broadcaster.url, { master: 'own' });
    await middle.evaluate(() => (globalThis.storage = db));
    await serve(middle, broadcaster.url, { id: 'middle' });
    await slave.evaluate(() => db.close());
    await connect(slave, broadcaster.url, { master: 'middle' });
    const id = await slave.evaluate(() => db.post({ first: 'Jean' }));
    assert.deepEqual(await master.evaluate((id) => storage.get(id), id), { first: 'Jean' });
    await middle.close();
  });

  test('what is no storage is refused at once, with what it lacks', async () => {
    const refused = await master.evaluate((url) =>
      [undefined, {}, { get() {}, put() {}, post: true }].map((storage) => {
        try {
          return peer.serve(url, storage);
        } catch ({ name, status_code, message }) {
          return [name, status_code, /lacks (.*)$/.exec(message)[1]];
        }
      }), broadcaster.url);
    assert.deepEqual(refused, [
      ['JioError', 400, 'post, put, get, remove, allDocs'],
      ['JioError', 400, 'post, put, get, remove, allDocs'],
      ['JioError', 400, 'post, remove, allDocs'],
    ]);
  });

  // jIO's npm build runs in Node only, so it is asked there, by the same file that asks it in a page.
  test('a jIO is such a storage', async () => {
    const jIO = createRequire(import.meta.url)('jio');
    const { toForeign } = await import(join(NPM, 'foreign.js'));
    const foreign = toForeign(jIO.createJIO({ type: 'query', sub_storage: { type: 'uuid', sub_storage: { type: 'memory' } } }));
    const call = async (method, ...args) => JSON.parse(await foreign.call(method, JSON.stringify(args)));
    const id = await call('post', { first: 'Ada' });
    assert.equal(await call('put', 'grace', { first: 'Grace' }), 'grace');
    const { data } = await call('allDocs', { query: '( first: "%a%" )', sort_on: [['first', 'descending']], select_list: ['first'] });
    assert.deepEqual(data.rows.map(({ id, value }) => [id, value.first]), [['grace', 'Grace'], [id, 'Ada']]);
    assert.equal(await call('remove', id), id);
    await assert.rejects(foreign.call('get', JSON.stringify([id])), { status_code: 404 });
  });
});

/** In the page: records in a Map, in the simplest way; what was asked of `allDocs` is kept. */
function layStorage() {
  const docs = new Map();
  const files = new Map();
  globalThis.asked = [];
  globalThis.calls = 0;
  const missing = (id) => Object.assign(new Error(`There is no ${id}.`), { status_code: 404 });
  const odd = { 'as-array': [], 'as-nothing': undefined };
  const found = (map, key) => (map.has(key) ? map.get(key) : Promise.reject(missing(key)));
  const own = {
    post: (doc) => (docs.set('n1', doc), 'n1'),
    put: (id, doc) => void docs.set(id, doc),
    get(id) {
      if (id === 'as-error') throw new Error('the disk is on fire');
      return id in odd ? odd[id] : found(docs, id);
    },
    remove: (id) => void docs.delete(id),
    allDocs(options) {
      asked.push(options);
      return { data: { rows: [...docs].map(([id, doc]) => ({ id, value: {}, doc })) } };
    },
    putAttachment: (id, name, blob) => void files.set(`${id}/${name}`, blob),
    getAttachment: (id, name) => found(files, `${id}/${name}`),
    removeAttachment: (id, name) => void files.delete(`${id}/${name}`),
    allAttachments: (id) => Object.fromEntries([...files.keys()].filter((key) => key.startsWith(`${id}/`)).map((key) => [key.slice(id.length + 1), new Blob()])),
    repair: () => undefined,
  };
  globalThis.storage = Object.fromEntries(Object.entries(own).map(([name, method]) => [name, async (...args) => {
    calls += 1;
    return method(...args);
  }]));
}
