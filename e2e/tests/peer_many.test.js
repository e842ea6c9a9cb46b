// One master, more connections in its life than Chromium has places for: closed ones are given back.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, openBroadcaster, openSite, serve } from '../harness/peer.js';

describe('many connections', { timeout: 300_000 }, () => {
  let site, broadcaster, browser;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  test('620 slaves come and go', async () => {
    const master = await browser.page(site.url);
    await serve(master, broadcaster.url);
    for (let page = 0; page < 10; page += 1) {
      const slave = await browser.page(site.url);
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
