// A copy of the records, saved by the window of one browser and restored by that of another: as a person
// does it, with the files that the browser loads down and up.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Browser } from '../harness/peer.js';
import { attach, attached, connectSlave, create, openRecord, query, serveRecords } from '../harness/records.js';
import { openSharing, press, text, when } from '../harness/sharing.js';

/** Longer than one part of an attachment, in IndexedDB and in a copy. */
const BYTES = randomBytes(5_000_001);
const NAME = 'map of the fair.bin';

describe('a copy of the records', { timeout: 300_000 }, () => {
  let first, second, other, file, copy;
  before(async () => {
    first = await openSharing();
    other = await Browser.open();
    file = join(first.home, NAME);
    await writeFile(file, BYTES);
  });
  after(() => Promise.all([first?.close(), second?.close(), other?.close()]));

  test('is a file that the first browser loads down', async () => {
    const master = await serveRecords(first);
    const slave = await connectSlave(other);
    await create(slave, 'Ada', 'Lovelace');
    await create(slave, 'Grace', 'Hopper');
    await slave.close();
    await attach(master, 'Lovelace', file);
    copy = await first.download(() => press(master, 'save-copy'));
    assert.match(await text(master, 'copy-outcome', (text) => /^Saved/.test(text)), /^Saved as records-[0-9-]{10}\.tar\./);
    assert.match(copy.name, /^records-[0-9-]{10}\.tar$/);
  });

  test('brings another browser the same records, and what they have attached', async () => {
    const held = await readFile(copy.path);
    await first.stop();
    second = await openSharing();
    copy.path = join(second.home, copy.name);
    await writeFile(copy.path, held);
    const master = await serveRecords(second);
    await (await master.$('[data-testid="restore-file"]')).uploadFile(copy.path);
    assert.equal(await when(master, () => document.getElementById('restore-name').textContent), copy.name);
    await press(master, 'really-restore');
    assert.match(await text(master, 'copy-outcome', (text) => /^Restored/.test(text)), /^Restored: 2 records\.$/);
    assert.match(await text(master, 'records', (text) => text.includes('Hopper')), /Ada/);
    await openRecord(master, 'Lovelace');
    await attached(master, NAME);
    const again = await second.download(() => master.click('#attachments [data-does="save"]'));
    assert.equal(again.name, NAME);
    assert.ok(BYTES.equals(await readFile(again.path)), 'the bytes are those of the first browser');
  });

  test('is served from there', async () => {
    assert.match(await query(await connectSlave(other), 'Lovelace'), /Ada/);
  });

  test('that is damaged is refused in words, and changes nothing', async () => {
    const master = (await second.browser.pages()).find((page) => page.url().endsWith('master.html'));
    await master.click('#cancel');
    const damaged = join(second.home, 'damaged.tar');
    await writeFile(damaged, (await readFile(copy.path)).subarray(0, 3_000_000));
    await (await master.$('[data-testid="restore-file"]')).uploadFile(damaged);
    await press(master, 'really-restore');
    const words = await when(master, () => document.getElementById('copy-error').textContent);
    assert.match(words, /ends too early/);
    assert.match(await text(master, 'records'), /Lovelace.*Hopper|Hopper.*Lovelace/s);
  });
});
