// The lobby as people use it: who typed the bare address waits, two people compare four signs, one presses Allow
// or Refuse.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { Chromium } from '../harness/chromium.js';
import { Browser } from '../harness/peer.js';
import { openSlave, query, serveRecords } from '../harness/records.js';
import { LAN, PORT, press, pressStart, text, when } from '../harness/sharing.js';

const PAGE = `http://${LAN}:${PORT}/`;

describe('the lobby', { timeout: 300_000 }, () => {
  let chromium, other, master, slave;
  before(async () => {
    [chromium, other] = await Promise.all([Chromium.open(), Browser.open()]);
    await pressStart(chromium);
    master = await serveRecords(chromium);
    await master.evaluate(async () => {
      const { connect } = await import('../pages/peer/index.js');
      const { RECORDS } = await import('./line.js');
      await connect(new BroadcastChannel(RECORDS)).post({ first: 'Ada', last: 'Lovelace' });
    });
  });
  after(() => Promise.all([chromium?.close(), other?.close()]));

  const badge = () => chromium.control.evaluate(() => chrome.action.getBadgeText({}));
  const title = () => chromium.control.evaluate(() => chrome.action.getTitle({}));
  const waiting = (count) => chromium.state(({ waiting }, count) => waiting === count, count);
  const failed = (page, words) => when(page, (words) => document.body.dataset.status === 'failed' && document.getElementById('detail').textContent.includes(words), words);

  /** A page that knocks, and the signs that it shows. */
  async function knock() {
    const page = await openSlave(other, PAGE);
    await press(page, 'connect');
    return { page, signs: await text(page, 'signs') };
  }

  test('is where the bare address leads: the slave says whom to ask, and shows four signs', async () => {
    const knocked = await knock();
    slave = knocked.page;
    assert.equal([...knocked.signs].length, 4);
    assert.match(await text(slave, 'status'), /^ask the person at the broadcaster’s computer to let you in; both should see these signs/);
    assert.equal(await slave.evaluate(() => document.getElementById('find').checkVisibility()), false, 'nothing of the records is there');
    await text(master, 'knock', (text) => text.includes('Device at 10.77.0.1 wants to join'));
    assert.equal(await master.$eval('[data-testid="knock"] .signs', ({ textContent }) => textContent), knocked.signs);
  });

  test('is told by the badge and by the popup, which leads to the window', async () => {
    await waiting(1);
    await chromium.badge((text) => text === '?');
    assert.match(await title(), /1 device waits to be let in$/);
    const popup = await chromium.popup();
    await text(popup, 'waiting', (text) => text === 'A device waits to be let in.');
    const closed = once(popup, 'close');
    await press(popup, 'answer');
    // As the window comes up the popup goes.
    await closed;
    await text(master, 'knock');
  });

  test('ends with Allow: the device is invited, verified, and reads', async () => {
    await press(master, 'allow');
    await text(slave, 'status', (text) => /^connected/i.test(text));
    assert.match(await text(slave, 'trust'), /^Verified/);
    await text(master, 'knock-said', (text) => text.includes('is in'));
    await text(master, 'peers', (text) => text.includes('invited as “Device at 10.77.0.1”'));
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    const { invitations } = await waiting(0);
    assert.equal(invitations.find(({ label }) => label === 'Device at 10.77.0.1').rights, 'ask-first');
    await chromium.badge((text) => text === '0');
  });

  test('asks once more, before the first write', async () => {
    await slave.type('[data-testid="first-name"]', 'Grace');
    await press(slave, 'create');
    await text(slave, 'asked', (text) => text.includes('is asked whether this device may write'));
    await text(master, 'writing', (text) => text.includes('wants to write for the first time'));
    await chromium.state(({ writing }) => writing === 1);
    await chromium.badge((text) => text === '?');
    assert.match(await title(), /1 device wants to write$/);
    const asked = await chromium.popup();
    await text(asked, 'waiting', (text) => text === 'A device wants to write for the first time.');
    await press(asked, 'answer');
    await when(master, () => document.activeElement.id === 'door');
    await press(master, 'allow-writing');
    await when(slave, () => document.getElementById('asked').hidden);
    await text(slave, 'created', (text) => text.includes('Grace'));
    await slave.type('[data-testid="first-name"]', 'Edith');
    await press(slave, 'create');
    await text(slave, 'created', (text) => text.includes('Edith'));
    await when(master, () => document.querySelector('[data-testid="peers"] select').value === 'read-write');
  });

  test('gives an invitation that a page keeps which is loaded again, and no other', async () => {
    assert.deepEqual(await slave.evaluate(() => [localStorage.length, sessionStorage.length, location.href]), [0, 1, PAGE]);
    await slave.reload();
    await text(slave, 'status', (text) => /^connected/i.test(text));
    assert.equal((await waiting(0)).waiting, 0);
    await slave.close();
  });

  test('says so where a device leaves before it is let in', async () => {
    const { page } = await knock();
    await text(master, 'knock');
    await page.close();
    await text(master, 'knock-said', (text) => text === 'The device at 10.77.0.1 has left before it was let in.');
    await waiting(0);
  });

  test('lasts while no window is open: the question is there when one is', async () => {
    await master.close();
    const { page, signs } = await knock();
    await waiting(1);
    await chromium.badge((text) => text === '?');
    master = await serveRecords(chromium);
    await text(master, 'knock');
    assert.equal(await master.$eval('[data-testid="knock"] .signs', ({ textContent }) => textContent), signs);
    slave = page;
  });

  test('ends with Refuse: the slave says so and what to do; at once again it is not asked about', async () => {
    await press(master, 'refuse');
    await failed(slave, 'The person there has not let you in. Talk to the person at the broadcaster\'s computer, then connect again.');
    await text(master, 'knock-said', (text) => text.includes('was not let in'));
    await press(slave, 'connect');
    await failed(slave, 'You were not let in a moment ago, wait half a minute.');
    await when(master, () => document.querySelector('[data-testid="knock"]') === null);
    assert.equal((await waiting(0)).waiting, 0);
    await slave.close();
  });

  test('holds eight; the ninth is told to wait', async () => {
    const sockets = [];
    for (let n = 0; n < 8; n += 1) {
      const socket = new WebSocket(`ws://127.0.0.1:${PORT}/`, ['lan-broadcaster.1']);
      await once(socket, 'message');
      socket.send(JSON.stringify({ kind: 'knock' }));
      await once(socket, 'message');
      sockets.push(socket);
    }
    // They have said nothing to the master: there is nobody to be asked about, and none of them is a member.
    const { members, totals } = await chromium.state(({ totals }) => totals.members === 1);
    assert.deepEqual([members.length, totals.joined], [0, totals.joined]);
    assert.equal(await badge(), '0');
    const ninth = await openSlave(other, `http://127.0.0.1:${PORT}/`);
    await press(ninth, 'connect');
    await text(ninth, 'detail', (text) => text.includes('Too many are waiting to be let in. Wait a moment, then connect again.'));
    for (const socket of sockets) socket.terminate();
    await text(ninth, 'signs');
    await ninth.close();
    await waiting(0);
    await chromium.badge((text) => text !== '?');
  });
});
