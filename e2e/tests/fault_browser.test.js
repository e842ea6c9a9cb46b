// The master's browser is killed with -9 while a device writes: what was acknowledged is there afterwards.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { serveRecords } from '../harness/records.js';
import { LAN, openSharing, PORT, pressStart, text } from '../harness/sharing.js';

const POSTS = 1000;
/** Killed at this acknowledgement, with others under way. */
const ENOUGH = 300;

describe('a browser', { timeout: 180_000 }, () => {
  test('killed amid 1,000 posts has every record that it acknowledged, once', async (t) => {
    const opened = new Opened();
    try {
      const [chromium, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open())]);
      await serveRecords(chromium);
      const slave = await other.page(`http://${LAN}:${PORT}/`, 'peer/index.js');
      await slave.evaluate(post, `ws://${LAN}:${PORT}/`, POSTS, ENOUGH);
      await chromium.kill();

      const { acknowledged, refused } = await slave.evaluate(() => done);
      t.diagnostic(`${acknowledged.length} acknowledged, ${refused.length} refused`);
      assert.ok(acknowledged.length >= ENOUGH && acknowledged.length < POSTS, 'it was killed in the middle');
      assert.ok(refused.length > 0, 'some were under way');
      for (const { message, status_code } of refused) {
        assert.equal(status_code, 503);
        assert.equal(message, 'the connection to the master was lost');
      }

      await chromium.start();
      const popup = await pressStart(chromium);
      assert.match(await text(popup, 'records-served'), /^Your records are served/);
      const rows = await slave.evaluate(async () => {
        await until(db, 'state', ({ state }) => state === 'connected');
        const { data } = await db.allDocs({ select_list: ['n'] });
        return data.rows.map(({ id, value }) => [id, value.n]);
      });
      const stored = new Map(rows);
      for (const [id, n] of acknowledged) assert.equal(stored.get(id), n);
      assert.equal(new Set(rows.map(([, n]) => n)).size, rows.length, 'none is there twice');
    } finally {
      await opened.close();
    }
  });
});

/** Runs in the page: posts in ten lanes; resolves when enough are acknowledged. `done` gives all that became of them. */
async function post(url, posts, enough) {
  globalThis.db = peer.connect(url);
  await db.ready;
  const acknowledged = [];
  const refused = [];
  let next = 0;
  return new Promise((resolve) => {
    const lane = async () => {
      while (next < posts && refused.length === 0) {
        const n = next++;
        try {
          acknowledged.push([await db.post({ n }), n]);
          if (acknowledged.length === enough) resolve();
        } catch ({ message, status_code }) {
          refused.push({ message, status_code });
        }
      }
    };
    globalThis.done = Promise.all(Array.from({ length: 10 }, lane)).then(() => ({ acknowledged, refused }));
  });
}
