// Open mode, where nobody is verified: what those may do with the records who join without an invitation. They ask
// first, unless the person at the master says otherwise; peers of 2016 too.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser } from '../harness/peer.js';
import { slave2016 } from '../harness/raw_peer.js';
import { connectSlave, openSlave, query, serveRecords } from '../harness/records.js';
import { here, LAN, openSharing, PORT, press, text, when } from '../harness/sharing.js';

describe('open mode', { timeout: 240_000 }, () => {
  let chromium, other, master, slave;
  before(async () => {
    [chromium, other] = await Promise.all([openSharing({ settings: { strangers: undefined } }), Browser.open()]);
    master = await serveRecords(chromium);
  });
  after(() => Promise.all([chromium?.close(), other?.close()]));

  const nobodyAsks = () => when(master, () => document.querySelector('[data-testid="writing"]') === null);
  /** Sets in the window what those may who come without an invitation. */
  const grant = (rights) => master.select('[data-testid="strangers"]', rights).then(() => chromium.state(({ strangers }, rights) => (strangers ?? '') === rights, rights));
  const submit = async (page, first) => {
    await page.type('[data-testid="first-name"]', first);
    await press(page, 'create');
  };

  test('asks the person before a device writes, once', async () => {
    assert.equal(await text(master, 'strangers'), 'ask-first');
    slave = await connectSlave(other);
    await submit(slave, 'Ada');
    await text(master, 'writing', (text) => text.includes('Device at 10.77.0.1 wants to write for the first time'));
    await press(slave, 'query');
    await text(slave, 'count', (text) => text.includes('no records'));
    await press(master, 'allow-writing');
    await text(slave, 'created', (text) => text.includes('Ada'));
    await submit(slave, 'Grace');
    await text(slave, 'created', (text) => text.includes('Grace'));
    await nobodyAsks();
  });

  test('asks anew when the device comes again; refused, it may read', async () => {
    await slave.reload();
    await press(slave, 'connect');
    await text(slave, 'status', (text) => /^connected/i.test(text));
    await submit(slave, 'Mallory');
    await press(master, 'refuse-writing');
    await text(slave, 'create-error', (text) => text.includes('Mallory') && text.includes('not change them'));
    await submit(slave, ' again');
    await text(slave, 'create-error', (text) => text.includes('Mallory again') && text.includes('not change them'));
    await nobodyAsks();
    assert.match(await query(slave, 'Ada'), /Ada/);
    await slave.close();
  });

  test('lets a slave of 2016 wait, and work once it is allowed', async () => {
    const page = await openSlave(other, `http://${LAN}:${PORT}/`);
    await page.evaluate(slave2016, here());
    await page.evaluate(() => void (globalThis.posted = Promise.all([ask('post', [{ first: 'Alan' }]), ask('post', [{ first: 'Edsger' }])])));
    await text(master, 'writing');
    const { result } = await page.evaluate(() => ask('allDocs', [{ query: 'Ada' }]));
    assert.equal(result.data.total_rows, 1, 'it reads meanwhile');
    await press(master, 'allow-writing');
    const answers = await page.evaluate(() => posted);
    assert.deepEqual(answers.map(({ type }) => type), ['jio_response', 'jio_response']);
    const later = await page.evaluate(() => ask('post', [{ first: 'Barbara' }]));
    assert.equal(later.type, 'jio_response');
    await nobodyAsks();
    const removed = await page.evaluate((id) => ask('remove', [id]), later.result);
    assert.deepEqual([removed.type, removed.result.status_code], ['error', 403]);
    await page.close();
  });

  test('grants what the window says, to those who are connected too', async () => {
    await grant('read-only');
    slave = await connectSlave(other);
    await submit(slave, 'Kathleen');
    await text(slave, 'create-error', (text) => text.includes('not change them'));
    await grant('read-write');
    await press(slave, 'create');
    await text(slave, 'created', (text) => text.includes('Kathleen'));
  });

  test('keeps those away whom the window does not let near the records, and says why', async () => {
    await grant('');
    await text(slave, 'status', (text) => !/^connected/i.test(text));
    await slave.close();
    slave = await openSlave(other);
    await press(slave, 'connect');
    await text(slave, 'detail', (text) => text.includes('invitation'));
    await grant('ask-first');
  });
});
