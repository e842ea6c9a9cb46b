// Sharing by invitation as people do it: the link of the popup, the page it opens, and the master's window.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Chromium } from '../harness/chromium.js';
import { Browser } from '../harness/peer.js';
import { create, openSlave, query, serveRecords } from '../harness/records.js';
import { LAN, PORT, press, pressStart, text, when } from '../harness/sharing.js';

const PAGE = `http://${LAN}:${PORT}/`;

describe('sharing by invitation, in the pages', { timeout: 300_000 }, () => {
  let chromium, other, link, master, slave, ann;
  before(async () => {
    [chromium, other] = await Promise.all([Chromium.open(), Browser.open()]);
  });
  after(() => Promise.all([chromium?.close(), other?.close()]));

  const connected = (page) => text(page, 'status', (text) => /^connected/i.test(text));
  const failed = (page, words) => when(page, (words) => document.body.dataset.status === 'failed' && document.getElementById('detail').textContent.includes(words), words);

  test('is what Start begins; the popup shows the invitation beside the address', async () => {
    const popup = await pressStart(chromium);
    link = await text(popup, 'invitation');
    assert.match(link, new RegExp(`^http://${LAN}:${PORT}/#[\\w-]{76}$`));
    assert.equal(await text(popup, 'broadcaster-url'), `ws://${LAN}:${PORT}/`);
    const { urls } = await chromium.state();
    assert.equal(await popup.$eval('[data-testid="qr"] path', (path) => path.getAttribute('d')), urls[0].invitation.qr.path);
    await popup.evaluate(() => (navigator.clipboard.writeText = async (text) => (window.copied = text)));
    await press(popup, 'copy-invitation');
    assert.equal(await popup.evaluate(() => window.copied), link);
    master = await serveRecords(chromium);
  });

  test('connects who opens the link, each side knowing the other; the link is nowhere to be seen', async () => {
    slave = await openSlave(other, link);
    await connected(slave);
    assert.match(await text(slave, 'trust'), /^Verified/);
    assert.equal(await slave.evaluate(() => location.href), PAGE);
    await create(slave, 'Ada', 'Lovelace');
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    await text(master, 'peers', (text) => text.includes('invited as “Everyone”'));
  });

  test('connects a page again that is loaded again', async () => {
    await slave.reload();
    await connected(slave);
    assert.match(await text(slave, 'trust'), /^Verified/);
  });

  test('connects who pastes the link; who has none is asked about, and waits', async () => {
    const page = await openSlave(other, PAGE);
    await press(page, 'connect');
    await text(page, 'signs');
    await press(page, 'leave');
    await page.$eval('[data-testid="broadcaster-url"]', (field) => field.select());
    await page.keyboard.sendCharacter(link);
    await press(page, 'connect');
    await connected(page);
    await page.close();
  });

  test('gives a person less, and more when that is asked for', async () => {
    await master.bringToFront();
    await master.click('summary');
    await master.type('[data-testid="invite-label"]', 'Ann');
    await master.select('[data-testid="invite-rights"]', 'read-only');
    await press(master, 'invite');
    const personal = await text(master, 'invitation');
    await press(master, 'close-invitation');
    ann = await openSlave(other, personal);
    await connected(ann);
    await ann.type('[data-testid="first-name"]', 'Ann');
    await press(ann, 'create');
    await text(ann, 'create-error', (text) => text.includes('ask for an invitation that allows writing'));
    await rowOf(master, '“Ann”');
    await master.bringToFront();
    await master.select('[data-testid="peers"] [data-mine] select', 'read-write');
    await when(master, () => document.querySelector('[data-mine] select').value === 'read-write');
    await ann.bringToFront();
    await press(ann, 'create');
    await text(ann, 'created', (text) => text.includes('Ann'));
  });

  test('is renewed in the popup, after a question; who held it is out, others are not', async () => {
    const popup = await chromium.popup();
    await press(popup, 'renew');
    await press(popup, 'really-renew');
    const renewed = await text(popup, 'invitation', `(text) => text !== '' && text !== '${link}'`);
    await popup.close();
    await failed(slave, 'This invitation is not known here or was renewed.');
    await slave.close();
    assert.match(await query(ann, 'Ann'), /Ann/);
    slave = await openSlave(other, renewed);
    await connected(slave);
  });

  test('ends for who is banned: by this invitation, and by any other from there', async () => {
    await master.bringToFront();
    await rowOf(master, '“Ann”');
    await master.click('[data-testid="peers"] [data-mine] [data-does="ban"]');
    await press(master, 'really');
    await failed(ann, 'asked to leave');
    await text(master, 'invitations', (text) => !text.includes('Ann'));
    const again = await openSlave(other, link);
    await failed(again, 'asked to leave');
    await slave.bringToFront();
    assert.match(await query(slave, 'Lovelace'), /Ada/, 'nobody else is cut off who has left the broadcaster');
  });
});

/** Marks the row of a device that came with an invitation, so that its controls are found. */
function rowOf(master, label) {
  return when(master, (label) => {
    const row = [...document.querySelectorAll('[data-testid="peers"] li[data-state="guest"]')].find((row) => row.innerText.includes(label));
    if (row && !row.hasAttribute('data-mine')) row.setAttribute('data-mine', '');
    return Boolean(row);
  }, label);
}
