// The network of the computer that shares goes, comes back, and is another one: the address shown follows.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, describe } from 'node:test';
import { testsOf } from '../harness/listed.js';
import { Member } from '../harness/member.js';
import { LAN, openSharing, PORT, press, text, when } from '../harness/sharing.js';

const test = testsOf('fault_network');

const ip = (words) => execFileSync('ip', words.split(' '));

describe('the network', { timeout: 180_000 }, () => {
  let chromium, popup;
  before(async () => {
    chromium = await openSharing();
    popup = await chromium.popup();
    await shows(LAN);
  });
  after(() => chromium?.close());

  test('goes: the popup says so, and offers no address', async () => {
    ip('link set eth0 down');
    await text(popup, 'status', (text) => text === 'This computer is on no network.');
    assert.equal(
      await text(popup, 'detail'),
      'This computer has no address in a network. Connect it to a network: sharing begins by itself.',
    );
    assert.equal(await popup.$eval('[data-testid="broadcaster-url"]', (url) => url.checkVisibility()), false);
  });

  test('comes back with another address: URL and QR code follow, and lead here', async () => {
    const before = await qr();
    ip('address flush dev eth0');
    ip('address add 10.77.0.9/24 dev eth0');
    ip('link set eth0 up');
    await shows('10.77.0.9');
    assert.notEqual(await qr(), before);
  });

  test('has one address more: it is offered beside the first', async () => {
    ip('address add 10.77.0.12/24 dev eth0');
    await when(popup, () => {
      const offered = document.querySelector('[data-testid="address-picker"]').textContent;
      return offered.includes('10.77.0.9') && offered.includes('10.77.0.12');
    });
  });

  test('has only that one left: URL and QR code follow', async () => {
    const before = await qr();
    ip('address del 10.77.0.9/24 dev eth0');
    // A second address may go with the first.
    ip('address replace 10.77.0.12/24 dev eth0');
    await shows('10.77.0.12');
    assert.notEqual(await qr(), before);
  });

  test('is another one: it is asked first, and nobody is let in there before', async () => {
    ip('address flush dev eth0');
    ip('address add 10.99.0.1/24 dev eth0');
    await text(popup, 'status', (text) => text === 'Sharing is paused. Go on here?');
    assert.equal(
      await text(popup, 'detail'),
      'This computer is in another network than the one where sharing was started. Press Start to share here.',
    );
    await assert.rejects(new Member(`ws://10.99.0.1:${PORT}/`).opened, { code: 'ECONNREFUSED' });
    await press(popup, 'share-toggle');
    await shows('10.99.0.1');
  });

  /** Waits for the address that is shown; it and its QR code are true, and lead to us. */
  async function shows(address) {
    const url = `ws://${address}:${PORT}/`;
    await text(popup, 'broadcaster-url', `(text) => text === ${JSON.stringify(url)}`);
    const { urls } = await chromium.state((state, url) => state.urls.some((one) => one.url === url), url);
    const shown = urls.find((one) => one.url === url);
    assert.equal(shown.page, `http://${address}:${PORT}/`);
    assert.equal(await qr(), shown.qr.path);
    await (await Member.open(url)).close();
  }

  const qr = () => popup.$eval('[data-testid="qr"] path', (path) => path.getAttribute('d'));
});
