// jIO itself on top of the package: jIO's npm build runs in Node only, so its calls are bridged to a page.

import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { after, before, beforeEach, describe, test } from 'node:test';
import { Browser, NPM, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';

const jIO = createRequire(import.meta.url)('jio');
/** jIO's build for Node has blobs of its own. */
const { Blob } = jIO.node_env;
const bytes = async (blob) => [...Buffer.from((await jIO.util.readBlobAsArrayBuffer(blob)).target.result)];

describe("jIO's storages on `webrtc`", { timeout: 300_000 }, () => {
  let site, broadcaster, browser, master, slave, calls;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
    [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
    await serve(master, broadcaster.url);
    await connect(slave, broadcaster.url);
    await bridge();
  });
  beforeEach(async () => {
    calls = [];
    await slave.evaluate(async () => {
      for (const { id } of (await db.allDocs()).data.rows) await db.remove(id);
    });
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  /** The real registration, with a database whose calls are made in the page. */
  async function bridge() {
    const { register } = await import(join(NPM, 'jio-storage.js'));
    const { JioError } = await import(join(NPM, 'index.js'));
    register(jIO);
    const call = async (method, args) => {
      calls.push(method);
      const sent = await Promise.all(args.map(async (value) => (value instanceof Blob ? { blob: await bytes(value), type: value.type } : value)));
      const answer = await slave.evaluate(inPage, method, sent);
      if (answer.error) throw new JioError(answer.error.message, answer.error.status_code);
      return answer.blob ? new Blob([Buffer.from(answer.blob)], { type: answer.type }) : answer.value;
    };
    database = new Proxy({}, { get: (_, method) => (...args) => call(method, args) });
  }
  let database;

  async function inPage(method, args) {
    const given = args.map((value) => (value?.blob ? new Blob([new Uint8Array(value.blob)], { type: value.type }) : (value ?? undefined)));
    try {
      const value = await db[method](...given);
      return value instanceof Blob ? { blob: [...new Uint8Array(await value.arrayBuffer())], type: value.type } : { value };
    } catch ({ message, status_code }) {
      return { error: { message, status_code } };
    }
  }

  const webrtc = () => ({ type: 'webrtc', database });

  test('records and attachments by themselves', async () => {
    const storage = jIO.createJIO(webrtc());
    assert.equal(await storage.put('a', { title: 'x' }), 'a');
    assert.deepEqual(await storage.get('a'), { title: 'x' });
    await storage.putAttachment('a', 'file', 'héllo');
    assert.equal(await storage.getAttachment('a', 'file', { format: 'text' }), 'héllo');
    assert.deepEqual(await storage.allAttachments('a'), { file: {} });
    await storage.removeAttachment('a', 'file');
    const answer = await storage.allDocs({ include_docs: true, query: 'title:"x"' });
    assert.deepEqual(answer, { data: { rows: [{ id: 'a', value: {}, doc: { title: 'x' } }], total_rows: 1 } });
    assert.ok(storage.hasCapacity('query'));
    assert.throws(() => storage.hasCapacity('group'), { status_code: 501 });
  });

  test('failures are errors of jIO', async () => {
    const storage = jIO.createJIO(webrtc());
    await assert.rejects(async () => storage.get('nope'), (error) => error instanceof jIO.util.jIOError && error.status_code === 404);
    await assert.rejects(async () => storage.allDocs({ query: '(' }), (error) => error instanceof jIO.util.jIOError && error.status_code === 400);
    assert.throws(() => jIO.createJIO({ type: 'webrtc' }), TypeError);
  });

  test('query and uuid above it send one call each', async () => {
    const storage = jIO.createJIO({ type: 'query', sub_storage: { type: 'uuid', sub_storage: webrtc() } });
    const id = await storage.post({ first: 'Ada', last: 'Lovelace' });
    await storage.post({ first: 'Grace', last: 'Hopper' });
    assert.deepEqual(calls, ['put', 'put']);
    calls.length = 0;
    const answer = await storage.allDocs({ query: 'first:"%a%"', sort_on: [['last', 'descending']], limit: [0, 1], select_list: ['first'] });
    assert.deepEqual(calls, ['allDocs']);
    assert.equal(answer.data.total_rows, 1);
    assert.deepEqual([answer.data.rows[0].id, answer.data.rows[0].value.first], [id, 'Ada']);
  });

  test('replicate copies both ways', async () => {
    const storage = jIO.createJIO({
      type: 'replicate',
      local_sub_storage: { type: 'query', sub_storage: { type: 'memory' } },
      remote_sub_storage: webrtc(),
      signature_sub_storage: { type: 'query', sub_storage: { type: 'memory' } },
    });
    await storage.put('local', { from: 'here' });
    await slave.evaluate(() => db.put('remote', { from: 'there' }));
    await storage.repair();
    assert.deepEqual(await storage.get('remote'), { from: 'there' });
    assert.deepEqual(await slave.evaluate(() => db.get('local')), { from: 'here' });
    await slave.evaluate(() => db.put('remote', { from: 'there, later' }));
    await storage.remove('local');
    await storage.repair();
    assert.deepEqual(await storage.get('remote'), { from: 'there, later' });
    assert.equal((await slave.evaluate(() => failure(db.get('local')))).status_code, 404);
  });
});
