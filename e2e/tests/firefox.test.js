// Firefox at another computer, with the records of a Chromium: the page of the port in the other engine.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Lan, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, openSlave, query, serveRecords } from '../harness/records.js';
import { openSharing, press, text } from '../harness/sharing.js';

/** As build.sh found it. */
const { FIREFOX } = process.env;
const noFirefox = !FIREFOX && 'no Firefox: its path is to be in FIREFOX';

/** A Chromium at another computer that shares, its master's window, and a Firefox here. */
async function open(opened, settings) {
  const lan = await opened.add(Lan.open());
  // Firefox is spoken to over the network, so it has to be here, and Chromium at the other computer.
  lan.here.move(['10.77.0.2']);
  const keeper = await lan.host();
  keeper.move(['10.77.0.1']);
  const [chromium, firefox] = await Promise.all([opened.add(openSharing({ host: keeper, settings })), opened.add(Browser.open({ firefox: FIREFOX }))]);
  return { firefox, master: await serveRecords(chromium) };
}

describe('Firefox', { skip: noSwitch || noFirefox, timeout: 180_000 }, () => {
  const opened = new Opened();
  let firefox, master, slave;
  before(async () => ({ firefox, master } = await open(opened, {})));
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

describe('Firefox without an invitation', { skip: noSwitch || noFirefox, timeout: 180_000 }, () => {
  const opened = new Opened();
  let firefox, master, slave;
  before(async () => ({ firefox, master } = await open(opened, { mode: 'invited' })));
  after(() => opened.close());

  test('knocks, and both sides show the same four signs', async () => {
    slave = await openSlave(firefox);
    await press(slave, 'connect');
    const signs = await text(slave, 'signs');
    assert.equal([...signs].length, 4);
    await text(master, 'knock', (text) => text.includes('Device at 10.77.0.2 wants to join'));
    assert.equal(await master.$eval('[data-testid="knock"] .signs', ({ textContent }) => textContent), signs);
  });

  test('is let in, verified, and creates once it was asked about', async () => {
    await press(master, 'allow');
    await text(slave, 'status', (text) => /^connected/i.test(text));
    assert.match(await text(slave, 'trust'), /^Verified/);
    const created = create(slave, 'Ada', 'Lovelace');
    await press(master, 'allow-writing');
    await created;
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    assert.match(await text(master, 'records', (text) => text.includes('Ada')), /Lovelace/);
  });
});
