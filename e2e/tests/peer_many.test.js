// Many slaves of one master: at once, as many as Chromium has places for, and more in its life than that.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Browser, openBroadcaster, openSite, serve } from '../harness/peer.js';

/** RTCPeerConnections of one renderer of Chromium, and so of one master. */
const PLACES = 500;

describe('many connections', { timeout: 540_000 }, () => {
  let site, broadcaster, home, away, master;
  beforeEach(async () => {
    [site, broadcaster, home, away] = await Promise.all([openSite(), openBroadcaster(), Browser.open(), Browser.open()]);
    master = await home.page(site.url);
    await serve(master, broadcaster.url);
  });
  afterEach(async () => {
    await Promise.all([home?.close(), away?.close(), broadcaster?.close()]);
    site?.close();
  });

  /** A page of slaves, and so many of them connected, ten at a time; they are `all` there. */
  async function connectPage(count) {
    const page = await away.page(site.url);
    await page.evaluate(
      async (url, count) => {
        globalThis.all = [];
        while (all.length < count) {
          const ten = Array.from({ length: Math.min(10, count - all.length) }, () => peer.connect(url));
          await Promise.all(ten.map(({ ready }) => ready));
          all.push(...ten);
        }
      },
      broadcaster.url,
      count,
    );
    return page;
  }

  const connected = (count) =>
    master.evaluate((count) => until(globalThis.master, 'peers', (peers) => peers.filter(({ state }) => state === 'connected').length === count), count);

  test('100 slaves at once create and query, each its own', async () => {
    const pages = await Promise.all([connectPage(50), connectPage(50)]);
    await connected(100);
    const work = (page, at) =>
      page.evaluate(
        (at) =>
          Promise.all(
            all.map(async (db, n) => {
              const id = await db.post({ first: 'Slave', last: `${at}/${n}` });
              const { data } = await db.allDocs({ query: `last:"${at}/${n}"`, include_docs: true });
              return data.total_rows === 1 && data.rows[0].id === id && data.rows[0].doc.first === 'Slave';
            }),
          ),
        at,
      );
    const found = (await Promise.all(pages.map(work))).flat();
    assert.deepEqual(found, Array(100).fill(true));
    assert.equal(await master.evaluate(async () => (await storage.allDocs()).data.total_rows), 100);
    assert.equal((await connected(100)).length, 100, 'all are still there');
  });

  test(`slave ${PLACES + 1} is refused in words, and gets the place that becomes free`, async () => {
    // One page after the other: a slave that waits longer than its deadline is another test.
    const pages = [];
    while (pages.length < 5) pages.push(await connectPage(PLACES / 5));
    await connected(PLACES);
    const late = await away.page(site.url);
    const refused = await late.evaluate((url) => {
      globalThis.db = peer.connect(url);
      return failure(db.ready);
    }, broadcaster.url);
    assert.equal(refused.status_code, 503);
    assert.match(refused.message, /^The master has no free connection\. .*Try again when another device has left\.$/);
    await pages[0].evaluate(() => all.pop().close());
    await connected(PLACES - 1);
    const served = await late.evaluate(async () => {
      db.retry();
      await db.ready;
      return db.get(await db.post({ first: 'Late' }));
    });
    assert.deepEqual(served, { first: 'Late' });
    await connected(PLACES);
  });

  test('620 slaves come and go', async () => {
    for (let page = 0; page < 10; page += 1) {
      const slave = await away.page(site.url);
      await slave.evaluate(async (url) => {
        for (let n = 0; n < 62; n += 1) {
          const db = peer.connect(url);
          await db.post({ n });
          db.close();
        }
      }, broadcaster.url);
      await slave.close();
    }
    assert.equal(await master.evaluate(async () => (await storage.allDocs()).data.total_rows), 620);
  });
});
