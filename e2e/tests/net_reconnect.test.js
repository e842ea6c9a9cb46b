// A slave at another computer comes back by itself: after the network, the broadcaster, the worker or the
// whole browser of the master was away.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Lan, noFilter, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, openSlave, query, serveRecords, stopSharing } from '../harness/records.js';
import { openSharing, press, pressStart, text } from '../harness/sharing.js';

const isConnected = (text) => /^connected/i.test(text);
const isLost = (text) => /^reconnecting/i.test(text);

describe('a slave comes back', { skip: noSwitch, timeout: 400_000 }, () => {
  const opened = new Opened();
  let device, chromium, other, master, slave;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    device = await lan.host();
    device.move(['10.77.0.2']);
    [chromium, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open({ host: device }))]);
    master = await serveRecords(chromium);
    slave = await connectSlave(other);
    await create(slave, 'Ada', 'Lovelace');
  });
  after(() => opened.close());

  const lost = () => text(slave, 'status', isLost);
  async function back() {
    await text(slave, 'status', isConnected);
    assert.match(await query(slave, 'Lovelace'), /Ada/);
  }

  test('after its cable was pulled and plugged in again', async () => {
    device.unplug();
    await lost();
    device.plug();
    await back();
    await text(master, 'peer-count', (text) => text === '1');
  });

  test('from another network with another address, under which it is listed', async () => {
    device.unplug();
    await lost();
    device.move(['10.77.0.3']);
    device.plug();
    await back();
    await text(master, 'peers', (text) => text.includes('10.77.0.3') && !text.includes('10.77.0.2'));
  });

  test('without having been away when only its address changes', async () => {
    device.move(['10.77.0.4']);
    await create(slave, 'Grace', 'Hopper');
    await back();
  });

  test('after a time in which the broadcaster was away, too', async () => {
    device.unplug();
    await stopSharing(chromium);
    await lost();
    device.plug();
    await text(slave, 'detail', (text) => /could not be reached/.test(text));
    await pressStart(chromium).then((popup) => popup.close());
    await back();
  });

  test('after the browser of the master was started again', async () => {
    await chromium.stop();
    await lost();
    await chromium.start();
    await pressStart(chromium).then((popup) => popup.close());
    await back();
  });
});

describe('a connection that is being made', { skip: noFilter, timeout: 180_000 }, () => {
  const opened = new Opened();
  let device, chromium, other, slave;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    device = await lan.host();
    device.move(['10.77.0.2']);
    [chromium, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open({ host: device }))]);
    await serveRecords(chromium);
  });
  after(() => opened.close());

  /** Stops the worker; what it gives waits until the next one shares. */
  async function stopWorker() {
    const interrupted = chromium.state((state) => state.status !== 'sharing');
    await chromium.stopWorker();
    return () => interrupted.then(() => chromium.state((state) => state.status === 'sharing'));
  }

  test('comes about when the worker is stopped meanwhile', async () => {
    const udp = device.drop('meta l4proto udp');
    slave = await openSlave(other);
    await press(slave, 'connect');
    await text(slave, 'status', (text) => /^connecting/i.test(text));
    const again = await stopWorker();
    udp.lift();
    await text(slave, 'status', isConnected);
    await again();
    await create(slave, 'Ada', 'Lovelace');
    assert.match(await query(slave, 'Lovelace'), /Ada/);
  });

  test('comes about when it is begun while no worker is there', async () => {
    const second = await openSlave(other);
    // Only what has come whole can go on without whom it came from.
    await second.evaluate('import("./peer/index.js").then(({ load }) => load())');
    const again = await stopWorker();
    await press(second, 'connect');
    await text(second, 'status', isConnected);
    assert.match(await query(second, 'Lovelace'), /Ada/);
    await again();
  });
});
