// The popup shows what is true: URLs, QR code, members; the badge counts along.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { Member } from '../harness/member.js';
import { here, LAN, openSharing, PORT, press, text, when } from '../harness/sharing.js';

describe('popup', { timeout: 180_000 }, () => {
  let chromium;
  before(async () => {
    execFileSync('ip', ['address', 'add', '10.88.0.1/24', 'dev', 'far0']);
    chromium = await openSharing();
  });
  after(() => chromium?.close());

  test('it shows the LAN address large, its page as QR code, and no loopback', async () => {
    const popup = await chromium.popup();
    assert.equal(await text(popup, 'broadcaster-url'), `ws://${LAN}:${PORT}/`);
    const { urls } = await chromium.state();
    assert.equal(urls[0].page, `http://${LAN}:${PORT}/`);
    assert.ok(urls.every(({ url }) => !url.includes('127.0.0.1') && !url.includes('[::1]')));
    assert.equal(await popup.$eval('[data-testid="qr"] path', (path) => path.getAttribute('d')), urls[0].qr.path);
    assert.match(await text(popup, 'status'), /Sharing/);
    await popup.close();
  });

  test('the picker offers the other address, and remembers which one was taken', async () => {
    const popup = await chromium.popup();
    const other = `ws://10.88.0.1:${PORT}/`;
    await when(popup, () => !document.querySelector('[data-testid="address-picker"]').closest('[hidden]'));
    await popup.select('[data-testid="address-picker"]', other);
    assert.equal(await text(popup, 'broadcaster-url'), other);
    await popup.close();
    const again = await chromium.popup();
    assert.equal(await text(again, 'broadcaster-url', (text) => text.includes('10.88')), other);
    await again.select('[data-testid="address-picker"]', `ws://${LAN}:${PORT}/`);
    await again.close();
  });

  test('copy puts the URL on the clipboard', async () => {
    const popup = await chromium.popup();
    await text(popup, 'broadcaster-url');
    await popup.evaluate(() => (navigator.clipboard.writeText = async (text) => (window.copied = text)));
    await press(popup, 'copy-url');
    await when(popup, () => document.querySelector('[data-testid="copy-url"]').classList.contains('copied'));
    assert.equal(await popup.evaluate(() => window.copied), `ws://${LAN}:${PORT}/`);
    await popup.close();
  });

  test('members and badge follow those who come and go', async () => {
    const popup = await chromium.popup();
    assert.equal(await text(popup, 'member-count'), '0');
    const a = await Member.open(here('/kitchen'));
    const b = await Member.open(`ws://${LAN}:${PORT}/kitchen`);
    assert.equal(await text(popup, 'member-count', (text) => text === '2'), '2');
    assert.equal(await chromium.badge((text) => text === '2'), '2');
    await a.send('counted');
    await b.next();
    const list = await text(popup, 'members', (text) => text.includes('1 in') && text.includes('1 out'));
    assert.match(list, /\/kitchen/);
    assert.ok(list.includes(LAN), 'the address of who came over the LAN');
    a.terminate();
    await b.close();
    assert.equal(await text(popup, 'member-count', (text) => text === '0'), '0');
    await popup.close();
  });

  test('the keyboard alone can stop and start', async () => {
    const popup = await chromium.popup();
    await text(popup, 'broadcaster-url');
    await popup.focus('[data-testid="share-toggle"]');
    await popup.keyboard.press('Space');
    await chromium.state((state) => state.status === 'stopped');
    await when(popup, () => document.body.dataset.status === 'stopped');
    await popup.keyboard.press('Enter');
    await chromium.state((state) => state.status === 'sharing');
    await popup.close();
  });
});
