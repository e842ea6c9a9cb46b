// This browser's records, on a server too: what a person does in the master's window, and the whole way from a slave
// through the master to the server and back, with each of its lines cut in turn.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { CouchDb } from '../couchdb/server.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { attach, connectSlave, create, query, serveRecords } from '../harness/records.js';
import { Colleague, chooseStore, inStep, line, useStore } from '../harness/replicating.js';
import { openSharing, press, pressStart, text, when } from '../harness/sharing.js';

const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url));
const LOGIN = { name: 'ann', password: 'open sesame' };

describe('a master with a server', { timeout: 300_000 }, () => {
  const opened = new Opened();
  let couch, colleague, chromium, other, master, slave, url;
  before(async () => {
    couch = await opened.add(CouchDb.start());
    url = await couch.database();
    couch.login = LOGIN;
    colleague = new Colleague(url, LOGIN);
    [chromium, other] = await Promise.all([openSharing(), Browser.open()].map((one) => opened.add(one)));
    master = await serveRecords(chromium);
    slave = await connectSlave(other);
    await create(slave, 'Ada', 'Lovelace');
  });
  after(() => opened.close());

  /** Resolves when the server has a record with this last name. */
  const there = (last) => colleague.when((records) => records.some((one) => one.last === last));
  const fields = { 'store-type': 'couchdb', 'store-user': LOGIN.name, 'store-secret': LOGIN.password };

  test('is told at once of a wrong password, and nothing changes', async () => {
    await chooseStore(master, 'replicated', { ...fields, 'store-url': url, 'store-secret': 'guess' });
    assert.match(await text(master, 'store-error'), /log in|password/i);
    assert.deepEqual(await master.evaluate(() => asked), [`${new URL(url).origin}/*`]);
    await master.evaluate(() => document.getElementById('store-dialog').close());
    assert.match(await text(master, 'store-where'), /this computer only/);
  });

  test('sends what was here, and goes on serving', async () => {
    await useStore(master, 'replicated', { ...fields, 'store-url': url });
    await inStep(master);
    await there('Lovelace');
    await master.screenshot({ path: `${PICTURES}master-with-server.png`, fullPage: true });
    assert.match(await query(slave, 'Lovelace'), /Ada/);
  });

  test('sends what a slave writes', async () => {
    await create(slave, 'Grace', 'Hopper');
    await there('Hopper');
  });

  test('takes over what others wrote at the server', async () => {
    await colleague.put('katherine', { first: 'Katherine', last: 'Johnson' });
    await press(master, 'sync-now');
    await text(master, 'records', (text) => text.includes('Johnson'));
    assert.match(await query(slave, 'Johnson'), /Katherine/);
  });

  test('keeps what is written while the line is down, says so, and sends it once', async () => {
    couch.instead = () => 'cut';
    await create(slave, 'Edsger', 'Dijkstra');
    await line(master, (text) => text.includes('down'));
    assert.match(await text(master, 'line-waiting'), /1 change waits/);
    await master.screenshot({ path: `${PICTURES}master-line-down.png`, fullPage: true });
    couch.instead = () => undefined;
    await press(master, 'sync-now');
    await inStep(master);
    const records = await colleague.records();
    assert.equal(records.filter(({ last }) => last === 'Dijkstra').length, 1);
  });

  test('has a person choose where both sides changed a record', async () => {
    couch.instead = () => 'cut';
    await edit(master, 'Johnson', 'Coleman');
    await line(master, (text) => text.includes('down'));
    couch.instead = () => undefined;
    await colleague.put('katherine', { first: 'Katherine', last: 'Goble' });
    await press(master, 'sync-now');
    await press(master, 'show-conflicts');
    assert.match(await text(master, 'conflicts', (text) => text.includes('Goble')), /Coleman/);
    await master.screenshot({ path: `${PICTURES}master-conflict.png` });
    await press(master, 'keep-there');
    await when(master, () => document.querySelectorAll('#conflicts li').length === 0);
    await press(master, 'close-conflicts');
    await text(master, 'records', (text) => text.includes('Goble') && !text.includes('Coleman'));
    await inStep(master);
  });

  test('has a person choose between two attachments of one name', async () => {
    const there = () => colleague.attachment('katherine', 'words.txt');
    const folder = await mkdtemp(join(tmpdir(), 'words-'));
    const file = join(folder, 'words.txt');
    try {
      await writeFile(file, 'first');
      await attach(master, 'Goble', file);
      await colleague.when(async () => String(await there()) === 'first');
      await inStep(master);
      couch.instead = () => 'cut';
      await writeFile(file, 'ours now');
      await attach(master, 'Goble', file);
      await line(master, (text) => text.includes('down'));
      assert.match(await text(master, 'line-attachments'), /1 attachment is on its way/);
      couch.instead = () => undefined;
      await colleague.attach('katherine', 'words.txt', Buffer.from('theirs by now'));
      await press(master, 'sync-now');
      await press(master, 'show-conflicts');
      assert.match(await text(master, 'conflicts', (text) => text.includes('words.txt')), /8 B.*13 B/s);
      await master.screenshot({ path: `${PICTURES}master-conflict-attachment.png` });
      await press(master, 'keep-here');
      await colleague.when(async () => String(await there()) === 'ours now');
      await when(master, () => document.querySelectorAll('#conflicts li').length === 0);
      await press(master, 'close-conflicts');
      await inStep(master);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('is found again, with all records, after the browser was killed', async () => {
    couch.instead = () => 'cut';
    await create(slave, 'Barbara', 'Liskov');
    await line(master, (text) => text.includes('down'));
    couch.instead = () => undefined;
    await chromium.kill();
    await chromium.start();
    await pressStart(chromium).then((popup) => popup.close());
    master = await chromium.tab('extension/master.html');
    await line(master, (text) => text.includes('who you are'));
    assert.match(await text(master, 'records', (text) => text.includes('Liskov')), /Lovelace/);
    await useStore(master, 'replicated', fields);
    await inStep(master);
    const records = await colleague.records();
    assert.deepEqual(records.map(({ last }) => last).sort(), ['Dijkstra', 'Goble', 'Hopper', 'Liskov', 'Lovelace']);
  });
});

/** Gives the record of one last name another, in the master's window. */
async function edit(page, from, to) {
  await page.evaluate((word) => {
    const rows = [...document.querySelectorAll('[data-testid="records"] > li')];
    rows.find((row) => row.textContent.includes(word)).querySelector('button').click();
  }, from);
  await when(page, () => document.querySelector('dialog[open] #fields li'));
  await page.evaluate((from, to) => {
    const field = [...document.querySelectorAll('#fields textarea')].find((one) => one.value === from);
    field.value = to;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, from, to);
  await press(page, 'store');
  await when(page, () => !document.querySelector('dialog[open]'));
}
