// Firefox at another computer, with the records of a Chromium: the page of the port in the other engine.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Lan, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, query, serveRecords } from '../harness/records.js';
import { openSharing, press, text } from '../harness/sharing.js';

/** As build.sh found it. */
const { FIREFOX } = process.env;
const noFirefox = !FIREFOX && 'no Firefox: its path is to be in FIREFOX';

describe('Firefox', { skip: noSwitch || noFirefox, timeout: 180_000 }, () => {
  const opened = new Opened();
  let chromium, firefox, master, slave;
  before(async () => {
    const lan = await opened.add(Lan.open());
    // Firefox is spoken to over the network, so it has to be here, and Chromium at the other computer.
    lan.here.move(['10.77.0.2']);
    const keeper = await lan.host();
    keeper.move(['10.77.0.1']);
    [chromium, firefox] = await Promise.all([opened.add(openSharing({ host: keeper })), opened.add(Browser.open({ firefox: FIREFOX }))]);
    master = await serveRecords(chromium);
  });
  after(() => opened.close());

  test('connects, and is listed with its address', async () => {
    slave = await connectSlave(firefox);
    await text(master, 'peer-count', (text) => text === '1');
    assert.match(await text(master, 'peers'), /10\.77\.0\.2/);
  });

  test('creates and queries', async () => {
    await create(slave, 'Ada', 'Lovelace');
    await create(slave, 'Grace', 'Hopper');
    assert.match(await query(slave, 'Hopper'), /Grace/);
    assert.match(await text(master, 'records', (text) => text.includes('Ada')), /Lovelace/);
  });

  test('comes back to a master that was away', async () => {
    await press(master, 'serve');
    await text(slave, 'status', (text) => /^reconnecting/i.test(text));
    await press(master, 'serve');
    await text(slave, 'status', (text) => /^connected/i.test(text));
    assert.match(await query(slave, 'Lovelace'), /Ada/);
  });
});
