// Queries that are followed: two slaves and the master's own page see each other's changes, also after the
// connection was lost; many who ask the same cost one evaluation.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';

const WRITTEN = { query: 'kind:"live"', include_docs: true };

describe('live queries over WebRTC', { timeout: 300_000 }, () => {
  let site, broadcaster, browser, master, slaves;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
    const pages = [];
    for (let n = 0; n < 3; n += 1) pages.push(await browser.page(site.url));
    [master, ...slaves] = pages;
    await serve(master, broadcaster.url);
    for (const slave of slaves) await connect(slave, broadcaster.url);
    for (const page of [master, ...slaves]) await page.evaluate(follow, WRITTEN);
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  test('the first call tells what there is', async () => {
    for (const page of [master, ...slaves]) assert.deepEqual(await page.evaluate(() => told), [{ added: [], changed: [], removed: [], rows: [] }]);
  });

  test('slaves and the master’s own page hear of additions, changes and removals of each other', async () => {
    await slaves[0].evaluate(() => db.put('a', { kind: 'live', n: 1 }));
    await hear([master, ...slaves], { added: ['a'], changed: [], removed: [] });
    await master.evaluate(() => storage.put('a', { kind: 'live', n: 2 }));
    await hear([master, ...slaves], { added: [], changed: ['a'], removed: [] });
    await slaves[1].evaluate(() => db.put('a', { kind: 'other' }));
    await hear([master, ...slaves], { added: [], changed: [], removed: ['a'] });
    await slaves[1].evaluate(() => db.put('a', { kind: 'live' }));
    await hear([master, ...slaves], { added: ['a'], changed: [], removed: [] });
    await slaves[0].evaluate(() => db.remove('a'));
    await hear([master, ...slaves], { added: [], changed: [], removed: ['a'] });
    for (const page of [master, ...slaves]) assert.deepEqual(await page.evaluate(() => live.rows), []);
  });

  test('a hundred who ask the same cost one evaluation of each change', async () => {
    const found = await slaves[0].evaluate(async (options) => {
      let left = 100;
      const { promise, resolve } = Promise.withResolvers();
      const whole = ({ rows }) => rows.length === 10 && (left -= 1) === 0 && resolve();
      const all = Array.from({ length: 100 }, () => db.subscribe({ ...options, select_list: ['n'] }, whole));
      await Promise.all(all.map(({ ready }) => ready));
      globalThis.hundred = { all, promise };
      return all.length;
    }, WRITTEN);
    assert.equal(found, 100);
    const before = await master.evaluate(() => master.followed);
    // The two slaves' query, and the one of the hundred.
    assert.deepEqual([before.subscriptions, before.queries], [102, 2]);
    for (let n = 0; n < 10; n += 1) {
      await slaves[1].evaluate((n) => db.put(`h${n}`, { kind: 'live', n }), n);
    }
    await slaves[0].evaluate(async () => {
      await hundred.promise;
      for (const live of hundred.all) live.close();
      await db.get('h0'); // What was cancelled is, once this is answered.
    });
    const after = await master.evaluate(() => master.followed);
    assert.equal(after.evaluations - before.evaluations, 2 * 10);
    assert.deepEqual([after.subscriptions, after.queries], [2, 1]);
    await slaves[0].evaluate(() => Promise.all(Array.from({ length: 10 }, (_, n) => db.remove(`h${n}`))));
    for (const page of [master, ...slaves]) await page.evaluate(() => until2(() => live.rows.length === 0).then(() => (told.length = 0)));
  });

  test('sorted and limited rows are those that allDocs finds', async () => {
    const found = await slaves[0].evaluate(async () => {
      const options = { query: 'kind:"live"', sort_on: [['n', 'descending']], limit: [0, 3], include_docs: true };
      const top = db.subscribe(options, () => looks.forEach((look) => look()));
      await top.ready;
      for (const n of [5, 1, 4, 2, 3]) await db.put(`s${n}`, { kind: 'live', n });
      await db.put('s1', { kind: 'live', n: 9 });
      await db.remove('s4');
      await until2(() => top.rows.map(({ id }) => id).join() === 's1,s5,s3');
      const { data } = await db.allDocs(options);
      const same = JSON.stringify(top.rows) === JSON.stringify(data.rows);
      top.close();
      for (const n of [1, 2, 3, 5]) await db.remove(`s${n}`);
      return same;
    });
    assert.ok(found);
    for (const page of [master, ...slaves]) await page.evaluate(() => until2(() => live.rows.length === 0).then(() => (told.length = 0)));
  });

  test('after the connection was lost only the difference is told', async () => {
    const [away, other] = slaves;
    await other.evaluate(() => Promise.all(['x', 'y', 'z'].map((id) => db.put(id, { kind: 'live' }))));
    for (const page of [master, ...slaves]) await page.evaluate(() => until2(() => live.rows.length === 3).then(() => (told.length = 0)));
    const lost = away.evaluate(() => until(db, 'state', ({ state }) => state !== 'connected'));
    // Both are cut off and come back; the changes between are made where the records are.
    await master.evaluate(async () => {
      for (const { id } of master.peers) master.dismiss(id);
      await storage.put('y', { kind: 'live', now: 'other' });
      await storage.remove('z');
      await storage.put('w', { kind: 'live' });
    });
    await lost;
    for (const page of slaves) {
      const all = await page.evaluate(() => until2(() => live.rows.some(({ id }) => id === 'w')).then(() => told));
      const sum = { added: all.flatMap(({ added }) => added), changed: all.flatMap(({ changed }) => changed), removed: all.flatMap(({ removed }) => removed) };
      assert.deepEqual(sum, { added: ['w'], changed: ['y'], removed: ['z'] });
    }
  });

  test('what cannot be followed is refused in words, and a call that is closed hears no more', async () => {
    const found = await slaves[0].evaluate(async () => {
      const refused = async (options, callback = () => {}) => (await failure(db.subscribe(options, callback).ready)).status_code;
      const aborting = new AbortController();
      const aborted = db.subscribe({}, () => {}, { signal: aborting.signal });
      await aborted.ready;
      aborting.abort(new Error('enough'));
      const heard = [];
      const closed = db.subscribe({}, (changes) => heard.push(changes));
      await closed.ready;
      closed.close();
      await closed.ended;
      const before = heard.length;
      await db.put('later', {});
      await db.allDocs();
      const many = Array.from({ length: 128 }, () => db.subscribe({}, () => {}));
      await failure(Promise.all(many.map(({ ready }) => ready)));
      const status = await refused({});
      for (const one of many) one.close();
      return [await refused({ query: '(' }), await refused({ limit: 5 }), await refused({}, null), (await failure(aborted.ended)).message, heard.length - before, status];
    });
    assert.deepEqual(found, [400, 400, 400, 'enough', 0, 429]);
  });

  test('a storage of the page cannot tell, and says so', async () => {
    const page = await browser.page(site.url);
    const refused = await page.evaluate(async () => {
      const none = async () => [];
      const own = { post: none, put: none, get: none, remove: none, allDocs: async () => ({ data: { rows: [] } }) };
      const channel = new MessageChannel();
      const served = peer.serve({ send() {}, close() {} }, own);
      served.attach(channel.port1);
      const db = peer.connect(channel.port2);
      return failure(db.subscribe({}, () => {}).ready);
    });
    assert.equal(refused.status_code, 501);
    assert.match(refused.message, /cannot tell what changes/);
    await page.close();
  });

  test('a page that was cut off hears nothing more', async () => {
    const known = await master.evaluate(() => master.peers.map(({ id }) => id));
    const guest = await browser.page(site.url);
    await connect(guest, broadcaster.url, { reconnect: false });
    await guest.evaluate(follow, WRITTEN);
    assert.equal(await master.evaluate(() => master.followed.subscriptions), 3);
    await master.evaluate(async (known) => {
      master.dismiss(master.peers.find(({ id }) => !known.includes(id)).id);
      await until(master, 'peers', (peers) => peers.length === 2);
    }, known);
    assert.equal((await guest.evaluate(() => failure(live.ended))).status_code, 503);
    await slaves[0].evaluate(() => db.put('last', { kind: 'live' }));
    await slaves[0].evaluate(() => until2(() => live.rows.some(({ id }) => id === 'last')));
    assert.equal(await guest.evaluate(() => told.length), 1);
    assert.equal(await master.evaluate(() => master.followed.subscriptions), 2);
  });
});

/** Follows in a page, and keeps what is told, rows by their ids. */
function follow(options) {
  globalThis.told = [];
  /** Resolves when it fits: each time something was told, it is looked. */
  globalThis.looks = new Set();
  globalThis.until2 = (fits) =>
    new Promise((resolve) => {
      const look = () => fits() && (looks.delete(look), resolve());
      looks.add(look);
      look();
    });
  const ids = (rows) => rows.map(({ id }) => id);
  globalThis.live = (globalThis.db ?? storage).subscribe(options, ({ added, changed, removed, rows }) => {
    told.push({ added: ids(added), changed: ids(changed), removed, rows: ids(rows) });
    for (const look of looks) look();
  });
  return live.ready.then(() => {});
}

/** Every page is told just this, as the next thing. */
async function hear(pages, wanted) {
  for (const page of pages) {
    const { rows, ...next } = await page.evaluate(async () => {
      if (told[0]?.rows.length === 0 && told[0].added.length + told[0].changed.length + told[0].removed.length === 0) told.shift();
      await until2(() => told.length > 0);
      return told.shift();
    });
    assert.deepEqual(next, wanted);
  }
}
