// The disk on which the records lie is full: the device reads so, nothing is lost, reading goes on, and
// writing too as soon as there is room. The extension has no quota (`unlimitedStorage`): the profile lies
// on a small disk of its own, in memory, that nobody but this browser sees.

import assert from 'node:assert/strict';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Chromium } from '../harness/chromium.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { serveRecords } from '../harness/records.js';
import { LAN, OPEN, PORT, pressStart, when } from '../harness/sharing.js';

const noMount = process.getuid() !== 0 && 'only root may mount a small disk';
const LAUNCHER = fileURLToPath(new URL('../harness/on-small-disk.sh', import.meta.url));
const DISK = '192m';
const FULL = {
  name: 'JioError',
  message: "this computer's disk does not take more, most likely because it is full: free space on it",
  status_code: 507,
};

describe('a full disk', { skip: noMount, timeout: 180_000 }, () => {
  test('is told in words, loses nothing, and is over when there is room', async () => {
    const opened = new Opened();
    try {
      const [chromium, other] = await Promise.all([opened.add(Chromium.prepare()), opened.add(Browser.open())]);
      await chromium.start({ host: smallDisk(chromium) });
      await chromium.store({ settings: OPEN });
      await pressStart(chromium);
      const master = await serveRecords(chromium);
      const slave = await other.page(`http://${LAN}:${PORT}/`, 'peer/index.js');
      await slave.evaluate(async (url) => {
        globalThis.db = peer.connect(url);
        await db.put('before', { n: 1 });
      }, `ws://${LAN}:${PORT}/`);

      // Below the browser's root, its disk is to be seen from here.
      const filler = join('/proc', String(chromium.browser.process().pid), 'root', chromium.profile, 'Default', 'filler');
      await fill(filler);
      const large = await slave.evaluate(async () => {
        // As random as what does not shrink on disk.
        globalThis.noise = Array.from({ length: 500_000 }, Math.random).join('');
        return [await failure(db.put('large', { noise })), await failure(db.putAttachment('before', 'large', noise))];
      });
      assert.deepEqual(large, [FULL, FULL]);
      const read = await slave.evaluate(async () => [await db.get('before'), (await db.allDocs()).data.total_rows, await db.allAttachments('before')]);
      assert.deepEqual(read, [{ n: 1 }, 1, {}], 'reading goes on');

      const told = when(master, () => {
        const said = [...document.querySelectorAll('[data-testid="status"], [data-testid="detail"], #pause')].map((one) => one.checkVisibility() && one.textContent);
        return said[0] === 'the records could not be opened' && / on it\.?$/.test(said[1]) && /^Trying again/.test(said[2]);
      });
      // What is small lies in the database's own file: a browser that cannot write that closes it.
      const small = await slave.evaluate(async () => {
        const texts = Array.from({ length: 300 }, (_, n) => noise.slice(n * 20_000, (n + 1) * 20_000));
        globalThis.away = until(db, 'state', ({ state }) => state === 'reconnecting');
        return Promise.all(texts.map((text) => failure(db.post({ text, n: 0 }))));
      });
      // The file has room left for some. Those that wait when it is closed are lost with 503.
      const acknowledged = small.filter(({ value }) => value).map(({ value }) => [value, 0]);
      assert.deepEqual(small.find(({ value, status_code }) => !value && status_code !== 503), FULL);
      await told;
      await rm(filler);
      await slave.evaluate(() => away.then(() => {}));
      const after = await slave.evaluate(async () => {
        await db.put('after', { n: 2 });
        await db.putAttachment('before', 'small', 'text');
        const { data } = await db.allDocs({ select_list: ['n'] });
        return [data.rows.map(({ id, value }) => [id, value.n]).sort(), Object.keys(await db.allAttachments('before'))];
      });
      assert.deepEqual(after, [[['after', 2], ['before', 1], ...acknowledged].sort(), ['small']], 'all is as before, and writing goes on');
    } finally {
      await opened.close();
    }
  });
});

/** Starts a program whose `Default` of this profile is a disk of its own. */
function smallDisk({ profile }) {
  return { launch: (program) => ({ executablePath: LAUNCHER, environment: { DISK, DISK_FOLDER: join(profile, 'Default'), DISK_PROGRAM: program } }) };
}

/** Writes until there is no room. */
async function fill(file) {
  const chunk = Buffer.alloc(64 << 10);
  for (;;) {
    try {
      await writeFile(file, chunk, { flag: 'a' });
    } catch (error) {
      if (error.code === 'ENOSPC') return;
      throw error;
    }
  }
}
