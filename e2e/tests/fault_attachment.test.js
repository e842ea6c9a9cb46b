// The network is cut while an attachment travels: nothing half is kept, the person hears of it, and the
// next try works.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Lan, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { serveRecords } from '../harness/records.js';
import { LAN, openSharing, PORT } from '../harness/sharing.js';

const SIZE = 20_000_000;
const CUT_AT = 1_000_000;
const LOST = { name: 'JioError', message: 'the connection to the master was lost', status_code: 503 };

describe('an attachment', { skip: noSwitch, timeout: 240_000 }, () => {
  const opened = new Opened();
  let device, chromium, slave;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    device = await lan.host();
    device.move(['10.77.0.2']);
    const [sharing, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open({ host: device }))]);
    chromium = sharing;
    await serveRecords(chromium);
    slave = await other.page(`http://${LAN}:${PORT}/`, 'peer/index.js');
    await slave.evaluate(prepare, `ws://${LAN}:${PORT}/`, SIZE);
  });
  after(() => opened.close());

  test('that is cut on its way in leaves nothing, and its sender reads why', async () => {
    const cut = slave.evaluate(travels, CUT_AT, 'putAttachment');
    await slave.evaluate(() => {
      globalThis.sent = failure(db.putAttachment('record', 'large', content));
    });
    await cut;
    device.unplug();
    assert.deepEqual(await slave.evaluate(() => sent), LOST);
    assert.deepEqual(await lying(chromium, (stored) => stored.blobs === 0), { attachments: 0, blobs: 0 });
  });

  test('is stored whole at the second try', async () => {
    device.plug();
    const same = await slave.evaluate(async () => {
      // Calls wait for the connection.
      await db.putAttachment('record', 'large', content);
      return (await digest(await db.getAttachment('record', 'large'))) === (await digest(content));
    });
    assert.ok(same);
  });

  test('that is cut on its way out fails in words, and comes whole at the second try', async () => {
    const cut = slave.evaluate(travels, CUT_AT, 'getAttachment');
    await slave.evaluate(() => {
      globalThis.fetched = failure(db.getAttachment('record', 'large'));
    });
    await cut;
    device.unplug();
    assert.deepEqual(await slave.evaluate(() => fetched), LOST);
    device.plug();
    const same = await slave.evaluate(async () => (await digest(await db.getAttachment('record', 'large'))) === (await digest(content)));
    assert.ok(same);
  });
});

/** Runs in the page: connects, and makes what is to travel. */
async function prepare(url, size) {
  globalThis.content = new Blob([Uint32Array.from({ length: size / 4 }, (_, n) => n)]);
  // Pages of an address have no crypto.subtle.
  globalThis.digest = async (blob) => {
    let sum = blob.size;
    for (const word of new Uint32Array(await blob.arrayBuffer())) sum = (Math.imul(sum, 31) + word) | 0;
    return sum;
  };
  globalThis.db = peer.connect(url);
  await db.ready;
  await db.put('record', {});
}

/** Runs in the page: resolves when so many bytes have travelled, and more are to come. */
function travels(bytes, method) {
  return until(db, 'progress', (progress) => progress.method === method && progress.done >= bytes && progress.done < progress.total);
}

/** What of attachments lies in the master's IndexedDB, once it fits; it is looked at every 50 ms. */
function lying(chromium, fits) {
  return chromium.control.evaluate(`new Promise((resolve, reject) => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const look = async () => {
      const database = await done(indexedDB.open('jio:serverless'));
      const count = (name) => done(database.transaction(name).objectStore(name).count());
      const stored = { attachments: await count('attachment'), blobs: await count('blob') };
      database.close();
      if ((${fits})(stored)) resolve(stored);
      else setTimeout(() => look().catch(reject), 50);
    };
    look().catch(reject);
  })`);
}
