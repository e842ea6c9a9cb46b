// The master's window alone, upon stand-ins of the package and of its line to the offscreen document.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { done, Pages, put } from '../harness/pages.js';
import { press, text, when } from '../harness/sharing.js';

const HOSTILE = '<img src=x onerror="document.title=1">"\' &';
const RECORDS = { a: { first: 'Ada', last: 'Lovelace' }, b: { first: 'Grace', last: 'Hopper' }, c: { title: 'Orbit', tags: ['x'] } };
const peer = (id, more) => ({ id: `p${id}`, address: `192.168.1.${20 + id}`, state: 'connected', since: Date.now() - 60_000 * id, protocol: 'jio.2', rights: 'read-write', invitation: null, ...more });
const PEERS = [peer(1), peer(2, { invitation: { id: 'A', label: HOSTILE }, address: 'fd12:3456:789a:1:a1b2:c3d4:e5f6:789a' }), peer(3, { state: 'connecting' }), peer(4, { address: null })];

const SHARED = { id: 'AAAAAAAAAAA', label: 'Everyone' };
const ANN = { id: 'BBBBBBBBBBB', label: 'Ann' };
const ROWS = [
  { ...ANN, kind: 'personal', rights: 'read-only', issued: 1_700_000_000, expires: 4_000_000_000 },
  { ...SHARED, kind: 'shared', rights: 'read-write', issued: 1_600_000_000, expires: null },
];

/** Name → status, and the words it then has. */
const STATES = {
  starting: [{ state: 'starting' }, /^opening/],
  connecting: [{ state: 'connecting' }, /^looking/],
  serving: [{ state: 'serving', peers: PEERS }, /^serving/],
  away: [{ state: 'away', peers: PEERS, retry_at: 4e12, detail: 'The companion is not running.' }, /^not on the network/],
  off: [{ state: 'off' }, /^not serving/],
  failed: [{ state: 'failed', detail: 'Reload the extension.' }, /could not be opened/],
};

describe('master’s window', { timeout: 180_000 }, () => {
  let pages;
  before(async () => (pages = await Pages.open()));
  after(() => pages?.close());

  for (const [name, [status, words]] of Object.entries(STATES)) {
    test(`${name}: its words`, async () => {
      const page = await opened(pages, { status, records: RECORDS });
      assert.match(await text(page, 'status'), words);
      await done(page);
    });
  }

  test('connected devices are counted and listed with address and state; one can be sent away', async () => {
    const page = await opened(pages, { status: { state: 'serving', peers: PEERS } });
    assert.equal(await text(page, 'peer-count'), '3', 'one is still connecting');
    const rows = await page.$$eval('[data-testid="peers"] li', (rows) => rows.map((row) => row.innerText.replace(/\s+/g, ' ').trim()));
    assert.match(rows[0], /^192\.168\.1\.21 1 min Not verified/);
    assert.ok(rows[1].includes(`invited as “${HOSTILE}”`), rows[1]);
    assert.match(rows[2], /connecting …/);
    assert.match(rows[3], /^unknown address/);
    await page.click('[data-testid="peers"] li:nth-child(2) [data-does="dismiss"]');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['dismiss', 'p2']]);
    await page.evaluate(() => fakeLink.tell({ state: 'serving' }));
    assert.equal(await text(page, 'peer-count'), '0');
    await done(page);
  });

  test('of a device that is connected through the broadcaster, it is said', async () => {
    const invited = { invitation: { id: 'i', label: 'Ann' } };
    const peers = [peer(1, invited), peer(2, { ...invited, relayed: true })];
    const page = await opened(pages, { status: { state: 'serving', peers } });
    const said = () => page.$$eval('[data-testid="peers"] .state', (states) => states.map(({ innerText }) => innerText.trim()));
    assert.deepEqual(await said(), ['invited as “Ann”', 'invited as “Ann”, connected through the broadcaster']);
    await page.evaluate((peers) => fakeLink.tell({ state: 'serving', peers }), [peers[0], peer(2, invited)]);
    assert.deepEqual(await said(), ['invited as “Ann”', 'invited as “Ann”']);
    await done(page);
  });

  test('what a device may do is shown and changed', async () => {
    const page = await opened(pages, { status: { state: 'serving', peers: [peer(1, { rights: 'read-only' })] } });
    const select = '[data-testid="peers"] select';
    assert.equal(await page.$eval(select, ({ value }) => value), 'read-only');
    await page.select(select, 'remove-allowed');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['setRights', 'p1', 'remove-allowed']]);
    await done(page);
  });

  test('in open mode, what a device may do without an invitation is shown and changed', async () => {
    const page = await opened(pages, { status: { state: 'serving' } });
    const strangers = '[data-testid="strangers"]';
    const shown = () => page.$eval(strangers, (select) => select.checkVisibility() && select.value);
    await page.evaluate(() => fakeGuests.tell({ mode: 'invited', strangers: 'ask-first' }));
    assert.equal(await shown(), false);
    await page.evaluate(() => fakeGuests.tell({ mode: 'open', strangers: 'ask-first' }));
    assert.equal(await shown(), 'ask-first');
    await page.select(strangers, 'read-only');
    await page.select(strangers, '');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['setStrangers', 'read-only'], ['setStrangers', null]]);
    await page.evaluate(() => fakeGuests.tell({ mode: 'open', strangers: null }));
    assert.equal(await shown(), '');
    await done(page);
  });

  test('a device is banned after a question, and with it what it came with', async () => {
    const page = await opened(pages, { status: { state: 'serving', peers: [peer(1, { invitation: ANN }), peer(2, { invitation: SHARED }), peer(3)] } });
    await page.evaluate((rows) => fakeGuests.tell({ invitations: rows }), ROWS);
    const ban = (n) => page.click(`[data-testid="peers"] li:nth-child(${n}) [data-does="ban"]`);
    await ban(1);
    assert.match(await page.$eval('#confirm-words', (words) => words.textContent), /192\.168\.1\.21.*“Ann” is revoked/);
    await press(page, 'not-really');
    await ban(1);
    await press(page, 'really');
    await ban(2);
    await page.click('[data-testid="also-renew"]');
    await press(page, 'really');
    await ban(3);
    await press(page, 'really');
    // A dialog tells that it was closed a moment later.
    await page.evaluate(() => new Promise((resolve) => {
      const look = () => (fakeLink.commands.length === 3 ? resolve() : setTimeout(look));
      look();
    }));
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['dismiss', 'p1'], ['dismiss', 'p2'], ['dismiss', 'p3']]);
    assert.deepEqual(await page.evaluate(() => fakeGuests.commands), [
      { kind: 'ban', address: '192.168.1.21', invitation: ANN.id },
      { kind: 'ban', address: '192.168.1.22', invitation: SHARED.id },
      { kind: 'renew', id: SHARED.id },
      { kind: 'ban', address: '192.168.1.23' },
    ]);
    await done(page);
  });

  test('invitations are listed, made, shown, renewed and revoked', async () => {
    const page = await opened(pages, { status: { state: 'serving' } });
    await page.evaluate((rows) => fakeGuests.tell({ invitations: rows }), ROWS);
    const rows = await page.$$eval('[data-testid="invitations"] li', (all) => all.map((row) => row.innerText.replace(/\s+/g, ' ').trim()));
    assert.match(rows[0], /^Everyone may read and write, without end/);
    assert.match(rows[1], /^Ann may read, until /);
    await page.click('summary');
    await press(page, 'invite');
    await text(page, 'invite-error', (text) => text.startsWith('Say for whom'));
    await page.type('[data-testid="invite-label"]', HOSTILE);
    await page.select('[data-testid="invite-rights"]', 'read-only');
    await page.select('[data-testid="invite-expiry"]', '3600');
    await press(page, 'invite');
    assert.match(await text(page, 'invitation'), /^http:\/\/192\.168\.1\.5:9999\/#AQ/);
    assert.equal(await page.$eval('#invitation-label', (label) => label.textContent), HOSTILE);
    await press(page, 'close-invitation');
    const act = (n, what) => page.click(`[data-testid="invitations"] li:nth-child(${n}) [data-does="${what}"]`);
    await act(2, 'show');
    await press(page, 'close-invitation');
    await act(1, 'renew');
    await press(page, 'really');
    await act(2, 'revoke');
    await press(page, 'not-really');
    await act(2, 'revoke');
    await press(page, 'really');
    await when(page, () => globalThis.fakeGuests.commands.length === 4);
    const [made, ...others] = await page.evaluate(() => fakeGuests.commands);
    const span = made.expires - Date.now() / 1000;
    assert.ok(span > 3400 && span < 3700, `${span}`);
    assert.deepEqual([made.kind, made.label, made.rights], ['invite', HOSTILE, 'read-only']);
    assert.deepEqual(others, [{ kind: 'show', id: ANN.id }, { kind: 'renew', id: SHARED.id }, { kind: 'revoke', id: ANN.id }]);
    await done(page);
  });

  test('who knocks is let in with an invitation of its own, or refused; one that leaves is said to', async () => {
    const signs = { pictures: '🐟🚲🌵🔔', names: ['fish', 'bicycle', 'cactus', 'bell'] };
    const waiting = (n) => ({ id: `p${n}`, session: n, member: 10 + n, address: `192.168.1.2${n}`, state: 'waiting', since: 0, protocol: '', rights: 'read-write', invitation: null, signs });
    const page = await opened(pages, { status: { state: 'serving', peers: [1, 2, 3].map(waiting) } });
    const tell = (...peers) => page.evaluate((peers) => fakeLink.tell({ state: 'serving', peers }), peers);
    const act = (n, what) => page.click(`[data-testid="knocks"] [data-session="${n}"] [data-testid="${what}"]`);
    assert.match(await text(page, 'knock'), /Device at 192\.168\.1\.21 wants to join\s+🐟🚲🌵🔔/);
    assert.equal(await page.title(), '(3) LAN Broadcaster: my records');
    await act(1, 'allow');
    await when(page, () => globalThis.fakeLink.commands.length === 1);
    const [invited] = await page.evaluate(() => fakeGuests.commands);
    assert.deepEqual([invited.kind, invited.label, invited.rights], ['invite', 'Device at 192.168.1.21', 'ask-first']);
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['letIn', 1, 'EEEEEEEEEEE']]);
    await tell({ ...waiting(1), state: 'connecting', signs: null }, waiting(2), waiting(3));
    await tell({ ...waiting(1), state: 'connected', signs: null }, waiting(2), waiting(3));
    await text(page, 'knock-said', (text) => text === 'The device at 192.168.1.21 is in.');
    await act(2, 'refuse');
    await when(page, () => globalThis.fakeGuests.commands.length === 2);
    assert.deepEqual(await page.evaluate(() => fakeGuests.commands[1]), { kind: 'refuse', member: 12 });
    await tell(waiting(3));
    await text(page, 'knock-said', (text) => text === 'The device at 192.168.1.22 was not let in.');
    // Allow, and it has left: what was made for it is taken back.
    await act(3, 'allow');
    await when(page, () => globalThis.fakeLink.commands.length === 2);
    await tell();
    await text(page, 'knock-said', (text) => text === 'The device at 192.168.1.23 has left before it was let in.');
    assert.deepEqual(await page.evaluate(() => fakeGuests.commands.at(-1)), { kind: 'revoke', id: 'EEEEEEEEEEE' });
    await done(page);
  });

  test('a device that asks before it writes is answered once', async () => {
    const questions = [{ session: 7, address: '192.168.1.27' }];
    const page = await opened(pages, { status: { state: 'serving', questions } });
    await text(page, 'writing', (text) => text.includes('Device at 192.168.1.27 wants to write'));
    await press(page, 'refuse-writing');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['answer', 7, false]]);
    await page.evaluate(() => fakeLink.tell({ state: 'serving' }));
    await when(page, () => document.querySelector('[data-testid="writing"]') === null);
    await done(page);
  });

  test('why an invitation is not made is said', async () => {
    const page = await opened(pages, { status: { state: 'serving' } });
    await page.click('summary');
    await page.type('[data-testid="invite-label"]', 'refuse');
    await press(page, 'invite');
    await text(page, 'invite-error', (text) => text.startsWith('There are too many'));
    assert.equal(await text(page, 'invite-label'), 'refuse', 'nothing that was typed is lost');
    await done(page);
  });

  test('records are there at once, are searched, and follow what others change', async () => {
    const page = await opened(pages, { records: RECORDS });
    assert.match(await text(page, 'records'), /Grace[\s\S]*Ada[\s\S]*Orbit/);
    await put(page, 'search', 'ada');
    await press(page, 'query');
    assert.equal(await text(page, 'count', (text) => text === '1 record'), '1 record');
    await page.evaluate(() => {
      fake.records.set('d', { first: 'Adam', last: 'Smith' });
      for (let change = 0; change < 1000; change += 1) fake.change();
    });
    assert.match(await text(page, 'records', (text) => text.includes('Adam')), /Smith/);
    const calls = await page.evaluate(() => fake.calls.map(([method]) => method));
    assert.deepEqual(calls, ['subscribe', 'subscribe'], 'a thousand changes are no question');
    await done(page);
  });

  test('a record is added, edited and deleted', async () => {
    const page = await opened(pages);
    assert.equal(await text(page, 'count'), 'There are no records yet.');
    await press(page, 'add');
    await page.keyboard.type('Ada');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Lovelace');
    await press(page, 'store');
    assert.match(await text(page, 'records'), /Ada[\s\S]*Lovelace/);
    assert.deepEqual(await page.evaluate(() => [...fake.records.values()]), [{ first: 'Ada', last: 'Lovelace' }]);
    await page.click('[data-testid="records"] button');
    await when(page, () => document.querySelector('dialog[open]'));
    await page.click('#remove');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'keep', 'the harmless answer is the near one');
    await page.click('#really-remove');
    await text(page, 'count', (text) => text.startsWith('There are no records'));
    await done(page);
  });

  test('a hundred thousand records are turned over page by page', async () => {
    const page = await opened(pages);
    await page.evaluate(() => {
      for (let n = 0; n < 100_000; n += 1) fake.records.set(`r${String(n).padStart(6, '0')}`, { first: `n${n}`, last: 'x' });
    });
    await press(page, 'query');
    assert.equal(await text(page, 'count', (text) => text.startsWith('Records')), 'Records 1 to 50');
    await press(page, 'next');
    assert.equal(await text(page, 'count', (text) => text.startsWith('Records 51')), 'Records 51 to 100');
    assert.equal(await page.$$eval('[data-testid="records"] li', (rows) => rows.length), 50);
    await press(page, 'previous');
    await text(page, 'count', (text) => text === 'Records 1 to 50');
    assert.equal(await page.evaluate(() => document.activeElement.dataset.testid), 'next', 'focus is not lost with the button');
    await done(page);
  });

  test('a page that has become empty gives way to the one before it', async () => {
    const records = Object.fromEntries(Array.from({ length: 51 }, (_, n) => [`r${String(n).padStart(3, '0')}`, { n }]));
    const page = await opened(pages, { records });
    await press(page, 'next');
    await text(page, 'count', (text) => text === 'Records 51 to 51');
    await page.evaluate(() => {
      fake.records.delete('r050');
      fake.change();
    });
    assert.equal(await text(page, 'count', (text) => text.startsWith('50')), '50 records');
    await done(page);
  });

  test('the name is changed, and not under the fingers of who types it', async () => {
    const page = await opened(pages, { status: { state: 'serving', name: HOSTILE } });
    assert.equal(await text(page, 'name'), HOSTILE);
    await page.$eval('#name', (name) => name.select());
    await page.keyboard.type('Work');
    await page.evaluate(() => fakeLink.tell({ state: 'serving', name: 'Library' }));
    await page.keyboard.type('shop');
    await page.keyboard.press('Enter');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['setName', 'Workshop']]);
    await done(page);
  });

  test('a copy is saved; one is restored after a question; a broken one is said', async () => {
    const page = await opened(pages, { records: RECORDS });
    await page.evaluate(() => (HTMLAnchorElement.prototype.click = function () {
      globalThis.saved = this.download;
    }));
    await press(page, 'save-copy');
    await text(page, 'copy-outcome', (text) => text.startsWith('Saved'));
    assert.equal(await page.evaluate(() => saved), 'records.copy');
    await chooseCopy(page, 'good.copy', 'the copy');
    const closed = page.evaluate(() => new Promise((resolve) => document.getElementById('restore-dialog').addEventListener('close', resolve, { once: true })));
    await page.click('#restore-dialog button[value=""]');
    await closed;
    await chooseCopy(page, 'good.copy', 'the copy');
    await press(page, 'really-restore');
    assert.equal(await text(page, 'copy-outcome', (text) => text.startsWith('Restored')), 'Restored: 3 records.');
    await chooseCopy(page, 'broken.copy', 'x');
    assert.equal(await page.$eval('[data-testid="restore-add"]', (radio) => radio.checked), true, 'the harmless way, unless chosen otherwise');
    await press(page, 'restore-replace');
    await press(page, 'really-restore');
    await when(page, () => document.getElementById('copy-error').textContent === 'This file is no copy of records.');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['saveCopy'], ['restore', 'the copy', 'add'], ['restore', 'x', 'replace']]);
    await done(page);
  });

  test('copies on this computer: the date of the last, and why there is no newer one', async () => {
    const page = await opened(pages);
    assert.match(await text(page, 'kept'), /the last seven\. There is none yet\.$/);
    await page.evaluate(() => fakeLink.tell({ state: 'serving', kept_at: Date.now() - 3_600_000 }));
    const date = await page.evaluate(() => new Date(Date.now() - 3_600_000).toLocaleDateString([], { dateStyle: 'medium' }));
    assert.ok((await text(page, 'kept')).startsWith(`Last copy on this computer: ${date} (1 h ago).`));
    assert.equal(await page.$eval('#keep-failed', (one) => one.checkVisibility()), false);
    await page.evaluate(() => fakeLink.tell({ state: 'serving', keep_failure: 'The disk is full.' }));
    assert.equal(await text(page, 'keep-failed'), 'No newer copy could be kept: The disk is full.');
    await press(page, 'copy-now');
    assert.equal(await text(page, 'copy-outcome', (text) => text.startsWith('Copied')), 'Copied: 1.2 MB, on this computer.');
    await done(page);
  });

  test('a copy on this computer is chosen from a list, ours first, and restored as chosen', async () => {
    const page = await opened(pages);
    const copies = [
      { set: 'theirs', number: 1, at: Date.now() - 1000, bytes: 10 },
      { set: 'ours', number: 1, at: Date.now() - 7_200_000, bytes: 2_000_000 },
      { set: 'ours', number: 2, at: Date.now() - 172_800_000, bytes: 1_000 },
    ];
    await page.evaluate((copies) => (fakeLink.kept = copies), copies);
    await press(page, 'restore-kept');
    const rows = await when(page, () => {
      const rows = [...document.querySelectorAll('[data-testid="kept-copies"] label')];
      return rows.length && rows.map((row) => row.innerText.replace(/\s+/g, ' '));
    });
    assert.match(rows[0], /2 h ago, 2 MB$/);
    assert.match(rows[1], /2 d ago, 1 kB$/);
    assert.match(rows[2], /now, 10 B$/);
    assert.match(await text(page, 'kept-copies'), /Of another browser here/);
    await page.click('[data-testid="kept-copies"] label:nth-of-type(2)');
    await press(page, 'kept-replace');
    await press(page, 'really-restore-kept');
    await text(page, 'copy-outcome', (text) => text.startsWith('Restored'));
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['restoreKept', copies[2], 'replace']]);
    await done(page);
  });

  test('where no copy can be listed, the reason stands there and nothing can be restored', async () => {
    const page = await opened(pages);
    await page.evaluate(() => (fakeLink.keepFailure = 'There is no companion.'));
    await press(page, 'restore-kept');
    assert.equal(await text(page, 'kept-error'), 'There is no companion.');
    assert.equal(await page.$eval('#really-restore-kept', (button) => button.disabled), true);
    await done(page);
  });

  test('that removing the extension deletes the records is said, and when the last copy was saved', async () => {
    const page = await opened(pages);
    assert.match(await page.evaluate(() => document.body.innerText), /Removing the extension deletes them\./);
    assert.equal(await text(page, 'copied'), 'A copy as a file can be taken elsewhere. None was saved from here yet.');
    await page.evaluate(() => fakeLink.tell({ state: 'serving', copied_at: Date.now() - 3 * 86_400_000 }));
    const date = await page.evaluate(() => new Date(Date.now() - 3 * 86_400_000).toLocaleDateString([], { dateStyle: 'medium' }));
    assert.equal(await text(page, 'copied'), `A copy as a file can be taken elsewhere. Last one: ${date} (3 d ago).`);
    await done(page);
  });

  test('serving is stopped and begun again', async () => {
    const page = await opened(pages);
    await press(page, 'serve');
    await page.evaluate(() => fakeLink.tell({ state: 'off' }));
    await press(page, 'serve');
    assert.deepEqual(await page.evaluate(() => fakeLink.commands), [['serve', false], ['serve', true]]);
    await done(page);
  });
});

async function opened(pages, { status = { state: 'serving' }, ...options } = {}) {
  const page = await pages.page('/extension/master.html', { width: 1180, ...options });
  await when(page, () => globalThis.fakeLink && document.getElementById('find').dataset.state !== 'unasked');
  await page.evaluate((status) => fakeLink.tell(status), status);
  return page;
}

/** Gives the page a file to restore, as its file dialog would. */
async function chooseCopy(page, name, content) {
  await page.$eval('#restore-file', (input, name, content) => {
    const files = new DataTransfer();
    files.items.add(new File([content], name));
    input.files = files.files;
    input.dispatchEvent(new Event('change'));
  }, name, content);
  await when(page, () => document.getElementById('restore-dialog').open);
}
