// This browser's records, served to another browser's page: popup, worker and offscreen document. What
// both pages do for a person: tutorial.test.js.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BY_APP } from '../harness/app.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, query, results, serveRecords, stopSharing } from '../harness/records.js';
import { openSharing, press, pressStart, text } from '../harness/sharing.js';

const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url));

describe('a master that serves', { timeout: 300_000 }, () => {
  let chromium, other, slave, master;
  before(async () => {
    chromium = await openSharing();
    other = await Browser.open();
    master = await serveRecords(chromium);
    slave = await connectSlave(other);
  });
  after(() => Promise.all([chromium?.close(), other?.close()]));

  test('the popup turns serving on, and its window says so', async () => {
    assert.match(await text(master, 'status', (text) => /serving/i.test(text)), /serving these records/i);
    // Neither the master of this browser nor a slave that is connected is a device on the broadcaster.
    await chromium.state(({ serve, members }) => serve && members.length === 0);
    const { documents } = await contexts(chromium);
    assert.equal(documents, 1);
  });

  test('the popup counts the devices that use the records', async () => {
    const popup = await chromium.popup();
    assert.match(await text(popup, 'records-served', (text) => text.includes('1 device')), /1 device uses them/);
    await popup.screenshot({ path: `${PICTURES}popup-serving.png` });
    await popup.close();
  });

  test('without sharing it says so', async () => {
    await stopSharing(chromium);
    assert.match(await text(master, 'detail', (text) => text.includes('Sharing is off')), /Start it/);
  });

  test('without the worker it goes on, and nothing wakes it', async () => {
    await chromium.stopWorker();
    await create(slave, 'Edsger', 'Dijkstra');
    assert.match(await query(slave, 'Dijkstra'), /Edsger/);
    const { workers, documents } = await contexts(chromium);
    assert.equal(documents, 1);
    // The app's next port wakes it.
    if (!BY_APP) assert.equal(workers, 0);
  });

  test('when sharing begins again the same master is found at once', async () => {
    await pressStart(chromium).then((popup) => popup.close());
    await text(master, 'status', (text) => /serving/i.test(text));
    const second = await connectSlave(other);
    assert.match(await query(second, ''), /Dijkstra/);
    await second.close();
  });

  test('a worker that is stopped while sharing comes back by the master\'s port', async () => {
    const interrupted = chromium.state((state) => state.status !== 'sharing');
    await chromium.stopWorker();
    await interrupted;
    await chromium.state((state) => state.status === 'sharing');
    await text(master, 'status', (text) => /serving/i.test(text));
    const second = await connectSlave(other);
    assert.match(await query(second, 'Dijkstra'), /Edsger/);
    await second.close();
    assert.match(await results(slave), /Edsger/, 'the first one has not noticed');
  });

  test('a second press shows the same window', async () => {
    const popup = await chromium.popup();
    await press(popup, 'serve-records');
    await chromium.browser.waitForTarget((target) => target.url() === chromium.url('extension/master.html'));
    const windows = (await chromium.browser.pages()).filter((page) => page.url() === chromium.url('extension/master.html'));
    assert.equal(windows.length, 1);
  });

  test('serving no more ends the connections, and the document unless it is needed for the app', async () => {
    await press(master, 'serve');
    await chromium.state((state) => !state.serve);
    await text(master, 'status', (text) => /not serving/i.test(text));
    await text(slave, 'status', (text) => !/^connected/i.test(text));
    // It gathers the addresses that the app cannot see.
    assert.equal((await contexts(chromium)).documents, BY_APP ? 1 : 0);
  });
});

describe('records', { timeout: 180_000 }, () => {
  test('they are there when the browser is started again, and served where that was on', async () => {
    const chromium = await openSharing();
    const other = await Browser.open();
    try {
      await serveRecords(chromium);
      await create(await connectSlave(other), 'Barbara', 'Liskov');
      await chromium.stop();
      await chromium.start();
      await pressStart(chromium);
      assert.equal((await contexts(chromium)).documents, 1, 'without any window');
      assert.match(await query(await connectSlave(other), 'Liskov'), /Barbara/);
    } finally {
      await Promise.all([chromium.close(), other.close()]);
    }
  });
});

/** How many workers and offscreen documents the extension has. Asking wakes nobody. */
async function contexts(chromium) {
  const kinds = await chromium.control.evaluate(async () => (await chrome.runtime.getContexts({})).map(({ contextType }) => contextType));
  const count = (kind) => kinds.filter((one) => one === kind).length;
  return { workers: count('BACKGROUND'), documents: count('OFFSCREEN_DOCUMENT') };
}
