// The tutorial, as a person does it with two devices: from the press on Start to records that are
// created and found while the broadcaster is gone. Each test is the step after the one before.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Chromium } from '../harness/chromium.js';
import { Lan, noFilter, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { kill } from '../harness/processes.js';
import { create, query, serveRecords, stopSharing } from '../harness/records.js';
import { LAN, openSharing, PORT, press, pressStart, text } from '../harness/sharing.js';
import { watchNetwork, watchText } from '../harness/watch.js';

const THERE = '10.77.0.2';

describe('the tutorial', { skip: noFilter, timeout: 180_000 }, () => {
  const opened = new Opened();
  let device, chromium, other, url, master, slave, network;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    device = await lan.host();
    device.move([THERE]);
    [chromium, other] = await Promise.all([opened.add(Chromium.open()), opened.add(Browser.open({ host: device }))]);
    await chromium.store({ settings: { mode: 'open' } });
  });
  after(() => opened.close());

  test('1. Start: the popup shows the URL', async () => {
    const popup = await pressStart(chromium);
    url = await text(popup, 'broadcaster-url');
    assert.equal(url, `ws://${LAN}:${PORT}/`);
  });

  test('2. Serve my records: their window opens, and the master has a name', async () => {
    master = await serveRecords(chromium);
    assert.match(await text(master, 'status', (text) => /serving/i.test(text)), /serving these records/i);
    assert.notEqual(await text(master, 'name'), '');
    assert.equal(await text(master, 'peer-count'), '0');
  });

  test('3. the page at that address knows it, says each step, and connects; the master lists the device', async () => {
    slave = await other.browser.newPage();
    network = await watchNetwork(slave);
    await slave.goto(url.replace('ws:', 'http:'));
    assert.equal(await text(slave, 'broadcaster-url'), url);
    const said = await watchText(slave, 'status');
    await press(slave, 'connect');
    await text(slave, 'status', (text) => /^connected/i.test(text));
    assert.deepEqual(await said(), [
      'connecting …',
      `reaching ${LAN}:${PORT} …`,
      'asking who shares records there …',
      'connecting …',
      `connected to “${await text(master, 'name')}”`,
    ]);
    await text(master, 'peer-count', (text) => text === '1');
    assert.match(await text(master, 'peers', (text) => text.includes('Not verified')), /10\.77\.0\.2/);
    assert.match(await text(slave, 'trust'), /^Not verified: anyone on this network/);
  });

  test('4. the person here is asked once, and what is created there lies in IndexedDB here', async () => {
    const created = create(slave, 'Ada', 'Lovelace');
    await text(master, 'writing', (text) => text.includes('Device at 10.77.0.2 wants to write for the first time'));
    await press(master, 'allow-writing');
    await created;
    await create(slave, 'Grace', 'Hopper');
    const stored = await lying(chromium);
    assert.deepEqual(stored.map(({ first }) => first).sort(), ['Ada', 'Grace']);
    assert.match(await text(master, 'records', (text) => text.includes('Ada')), /Lovelace/);
  });

  test('5. a query is answered, with no WebSocket open any more', async () => {
    await network.silent;
    assert.match(await query(slave, 'Hopper'), /Grace/);
    assert.deepEqual([network.sockets, network.open], [1, 0]);
    await chromium.state((state) => state.members.length === 0);
  });

  test('6. without sharing, companion and any way to the broadcaster both go on, and nothing is asked of it', async () => {
    const companions = await chromium.companions();
    assert.equal(companions.length, 1);
    await stopSharing(chromium);
    companions.forEach(kill);
    await text(master, 'status', (text) => /not on the network/i.test(text));
    // The channel is UDP; whatever else leads to the broadcaster is TCP.
    const cut = device.drop('meta l4proto tcp');
    const requests = [...network.requests];
    await create(slave, 'Alan', 'Turing');
    assert.match(await query(slave, 'Turing'), /Alan/);
    assert.match(await text(master, 'records', (text) => text.includes('Alan')), /Turing/);
    assert.deepEqual(network.requests, requests);
    assert.equal(network.sockets, 1);
    assert.equal(cut.dropped(), 0, 'the device sent nothing else');
  });
});

describe('the slave page from elsewhere', { skip: noSwitch, timeout: 180_000 }, () => {
  const opened = new Opened();
  let chromium, other;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    const device = await lan.host();
    device.move([THERE]);
    [chromium, other] = await Promise.all([opened.add(openSharing()), opened.add(Chromium.open({ host: device, companion: false }))]);
  });
  after(() => opened.close());

  test('knows no broadcaster, and connects to the one that is pasted into it', async () => {
    const url = await text(await chromium.popup(), 'broadcaster-url');
    const master = await serveRecords(chromium);
    const slave = await other.tab('pages/slave.html');
    assert.equal(await slave.$eval('[data-testid="broadcaster-url"]', ({ value }) => value), '');
    await slave.focus('[data-testid="broadcaster-url"]');
    // As one insertion, which is what a paste is.
    await slave.keyboard.sendCharacter(url);
    await press(slave, 'connect');
    await text(slave, 'status', (text) => /^connected/i.test(text));
    await create(slave, 'Ada', 'Lovelace');
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    assert.match(await text(master, 'peers'), /10\.77\.0\.2/);
  });
});

/** The records as they lie in IndexedDB, in jIO's layout. */
function lying(chromium) {
  return chromium.control.evaluate(async () => {
    const done = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const database = await done(indexedDB.open('jio:serverless'));
    const records = await done(database.transaction('metadata').objectStore('metadata').getAll());
    database.close();
    return records.map(({ doc }) => doc);
  });
}
