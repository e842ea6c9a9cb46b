// Copies that the companion keeps: by a person's press and by themselves, restored after records were lost, and
// what becomes of them when companion or disk fail.

import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { watch } from 'node:fs';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Chromium } from '../harness/chromium.js';
import { Opened } from '../harness/opened.js';
import { gone, kill } from '../harness/processes.js';
import { attach, attached, openRecord, serveRecords } from '../harness/records.js';
import { OPEN, openSharing, PORT, press, pressStart, text, when } from '../harness/sharing.js';

/** Many chunks of a copy, and parts of an attachment: a copy of it takes its time. */
const BYTES = randomBytes(10_000_001);
const ATTACHMENT = 'map.bin';
const DAY_MS = 24 * 3_600_000;
const noMount = process.getuid() !== 0 && 'only root may mount a small disk';
const ON_SMALL_DISK = fileURLToPath(new URL('../harness/on-small-disk.sh', import.meta.url));

describe('a copy that the companion keeps', { timeout: 300_000 }, () => {
  const opened = new Opened();
  let chromium, master, set, sharing;
  before(async () => {
    chromium = await opened.add(openSharing());
    [sharing] = await chromium.companions();
    master = await serveRecords(chromium);
    await add(master, 'Ada', 'Lovelace');
    const file = join(chromium.home, ATTACHMENT);
    await writeFile(file, BYTES);
    await attach(master, 'Lovelace', file);
  });
  after(() => opened.close());

  test('is there after a press, with its date, and for this user alone', async () => {
    assert.match(await text(master, 'kept'), /There is none yet\.$/);
    await copyNow(master);
    assert.match(await text(master, 'copy-outcome'), /^Copied: 10 MB, on this computer\.$/);
    assert.match(await text(master, 'kept', (text) => text.startsWith('Last copy')), new RegExp(`${new Date().getFullYear()}.*\\(.*\\)`));
    [set] = (await readdir(folder(chromium))).filter((name) => name !== 'lock');
    assert.match(set, /^[0-9a-f]{32}$/);
    assert.deepEqual(await readdir(folder(chromium, set)), ['records-1.tar']);
    const mode = async (...path) => (await stat(folder(chromium, ...path))).mode & 0o777;
    assert.deepEqual([await mode(), await mode(set), await mode(set, 'records-1.tar')], [0o700, 0o700, 0o600]);
    assert.ok((await readFile(folder(chromium, set, 'records-1.tar'))).includes(BYTES.subarray(0, 1000)));
    // The companion that kept it has ended with it.
    const rest = (await chromium.companions()).filter((pid) => pid !== sharing);
    await Promise.all(rest.map(gone));
  });

  test('brings back what was deleted', async () => {
    await remove(master, 'Lovelace');
    await add(master, 'Grace', 'Hopper');
    await restore(master, 'kept-add');
    assert.equal(await text(master, 'copy-outcome', (text) => /^Restored/.test(text)), 'Restored: 1 records.');
    assert.match(await text(master, 'records', (text) => text.includes('Lovelace')), /Hopper/);
    await openRecord(master, 'Lovelace');
    await attached(master, ATTACHMENT);
    const again = await chromium.download(() => master.click('#attachments [data-does="save"]'));
    assert.ok(BYTES.equals(await readFile(again.path)), 'the bytes are the same');
    await master.click('#cancel');
  });

  test('takes the place of everything when it is asked to', async () => {
    await restore(master, 'kept-replace');
    await text(master, 'records', (text) => text.includes('Lovelace') && !text.includes('Hopper'));
  });

  test('is one of seven: the oldest goes', async () => {
    for (let count = 0; count < 8; count += 1) await copyNow(master);
    const names = Array.from({ length: 7 }, (_, at) => `records-${at + 1}.tar`);
    assert.deepEqual((await readdir(folder(chromium, set))).sort(), names);
    await press(master, 'restore-kept');
    await when(master, () => document.querySelectorAll('#kept-own input').length === 7);
    assert.equal(await master.$$eval('#kept-others input', (inputs) => inputs.length), 0);
    await master.click('#kept-dialog [value=""]');
    await closed(master);
  });

  test('that is cut by the companion’s death leaves those before, and says so', async () => {
    const before = await contents(chromium, set);
    const begun = created(folder(chromium, set), 'unfinished.tar');
    await press(master, 'copy-now');
    const [copying] = await Promise.all([another(chromium, sharing), begun]);
    kill(copying);
    const words = await when(master, () => document.getElementById('copy-error').textContent);
    assert.match(words, /^The companion ended \(.*\)\.$/);
    assert.match(await text(master, 'keep-failed'), /^No newer copy could be kept: The companion ended/);
    assert.deepEqual(await contents(chromium, set), before);
    await copyNow(master);
    await when(master, () => !document.getElementById('keep-failed').checkVisibility());
    assert.ok(!(await readdir(folder(chromium, set))).includes('unfinished.tar'));
  });

  test('comes by itself when the last one is a day old, and only if something has changed', async () => {
    const newest = () => stat(folder(chromium, set, 'records-1.tar')).then(({ mtimeMs }) => mtimeMs);
    const before = await newest();
    await age(chromium, { changed: false });
    await reopen(chromium, master);
    await press(master, 'restore-kept');
    await when(master, () => document.querySelectorAll('#kept-own input').length === 7);
    await master.click('#kept-dialog [value=""]');
    await closed(master);
    assert.equal(await newest(), before, 'nothing has changed');
    await age(chromium, { changed: true });
    const copied = text(master, 'kept', (text) => /\((now|\d+ s ago)\)/.test(text));
    await reopen(chromium, master);
    await copied;
    assert.notEqual(await newest(), before);
  });

  test('is offered to a browser that was set up anew', async () => {
    const data = join(chromium.home, '.local/share');
    const other = await opened.add(Chromium.prepare());
    await other.start({ host: { launch: (program) => ({ executablePath: program, environment: { XDG_DATA_HOME: data } }) } });
    await other.store({ settings: { ...OPEN, port: PORT + 1 } });
    await pressStart(other);
    const window = await serveRecords(other);
    await press(window, 'restore-kept');
    await when(window, () => document.querySelectorAll('#kept-others input').length === 7);
    await press(window, 'really-restore-kept');
    await text(window, 'records', (text) => text.includes('Lovelace'));
  });
});

describe('a copy for which there is no room', { skip: noMount, timeout: 180_000 }, () => {
  test('is refused in words, and the one before stays', async () => {
    const opened = new Opened();
    try {
      const chromium = await opened.add(Chromium.prepare());
      const disk = { DISK: '2m', DISK_FOLDER: folder(chromium) };
      await chromium.start({ host: { launch: (program) => ({ executablePath: ON_SMALL_DISK, environment: { ...disk, DISK_PROGRAM: program } }) } });
      await chromium.store({ settings: OPEN });
      await pressStart(chromium);
      const master = await serveRecords(chromium);
      await add(master, 'Ada', 'Lovelace');
      await copyNow(master);
      const file = join(chromium.home, ATTACHMENT);
      await writeFile(file, BYTES);
      await attach(master, 'Lovelace', file);
      await press(master, 'copy-now');
      const words = await when(master, () => document.getElementById('copy-error').textContent);
      assert.equal(words, "this computer's disk is full: free space on it, and copy again");
      await restore(master, 'kept-replace');
      assert.equal(await text(master, 'copy-outcome', (text) => /^Restored/.test(text)), 'Restored: 1 records.');
    } finally {
      await opened.close();
    }
  });
});

const folder = (chromium, ...path) => join(chromium.home, '.local/share/lan-broadcaster/copies', ...path);

/** The copies of a set, as they are on the disk. */
async function contents(chromium, set) {
  const names = (await readdir(folder(chromium, set))).filter((name) => name.startsWith('records-'));
  return Promise.all(names.sort().map(async (name) => [name, (await stat(folder(chromium, set, name))).mtimeMs]));
}

/** Resolves when a file of this name is made. */
function created(directory, name) {
  return new Promise((resolve) => {
    const watcher = watch(directory, (_, changed) => {
      if (changed !== name) return;
      watcher.close();
      resolve();
    });
  });
}

/** The companion beside the one that shares. Chromium tells nobody when it starts one: it is looked all the time. */
async function another(chromium, sharing) {
  for (;;) {
    const [pid] = (await chromium.companions()).filter((pid) => pid !== sharing);
    if (pid) return pid;
  }
}

async function copyNow(master) {
  await master.evaluate(() => (document.getElementById('copy-outcome').textContent = ''));
  await press(master, 'copy-now');
  await text(master, 'copy-outcome', (text) => text.startsWith('Copied'));
}

/** Restores the newest copy. */
async function restore(master, mode) {
  await press(master, 'restore-kept');
  await press(master, mode);
  await when(master, () => !document.getElementById('really-restore-kept').disabled);
  await press(master, 'really-restore-kept');
  await closed(master);
}

const closed = (master) => when(master, () => !document.querySelector('dialog[open]'));

async function add(master, first, last) {
  await press(master, 'add');
  await when(master, () => document.querySelectorAll('#fields textarea').length === 2);
  const fields = await master.$$('#fields textarea');
  await fields[0].type(first);
  await fields[1].type(last);
  await press(master, 'store');
  await text(master, 'records', `(text) => text.includes(${JSON.stringify(last)})`);
}

async function remove(master, word) {
  await openRecord(master, word);
  await master.click('#remove');
  await master.click('#really-remove');
  await when(master, () => !document.querySelector('dialog[open]'));
  await when(master, `(word) => !document.querySelector('[data-testid="records"]').textContent.includes(word)`, word);
}

/** Makes the last copy two days old. */
async function age(chromium, { changed }) {
  await chromium.control.evaluate(
    (at, changed) => {
      localStorage.kept_at = at;
      if (changed) localStorage.changed = 'true';
      else delete localStorage.changed;
    },
    Date.now() - 2 * DAY_MS,
    changed,
  );
}

/** Has the master's document begin anew; resolves when it serves again. */
async function reopen(chromium, master) {
  const back = master.evaluate(() => new Promise((resolve) => {
    const said = [];
    new MutationObserver((_, observer) => {
      said.push(document.body.dataset.status);
      if (!said.includes('starting') || said.at(-1) !== 'serving') return;
      observer.disconnect();
      resolve();
    }).observe(document.body, { attributeFilter: ['data-status'] });
  }));
  await chromium.control.evaluate(() => chrome.offscreen.closeDocument());
  await back;
}
