// Sharing by invitation after the browser was killed: on again by itself where it was, for the same guests; in
// another network a person is asked, and so in open mode.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, test } from 'node:test';
import { Chromium } from '../harness/chromium.js';
import { Lan, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { serveRecords } from '../harness/records.js';
import { OPEN, PORT, press, pressStart, text } from '../harness/sharing.js';

describe('a browser that was killed while it shared', { skip: noSwitch, timeout: 240_000 }, () => {
  const opened = new Opened();
  let lan, chromium;
  beforeEach(async () => {
    lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    chromium = await opened.add(Chromium.open());
  });
  afterEach(() => opened.close());

  const urls = () => chromium.state(({ status }) => status === 'sharing').then(({ urls }) => urls);

  test('by invitation: shares by itself in the same network, and its guests come back', async () => {
    const device = await lan.host();
    device.move(['10.77.0.2']);
    const other = await opened.add(Browser.open({ host: device }));
    await pressStart(chromium);
    await serveRecords(chromium);
    const [before] = await urls();
    const guest = await other.browser.newPage();
    await guest.goto(before.invitation.link);
    await text(guest, 'status', (text) => /^connected/i.test(text));

    await chromium.kill();
    await text(guest, 'status', (text) => /^reconnecting/i.test(text));
    await chromium.start();
    const [after] = await urls();
    assert.deepEqual([after.url, after.invitation.link], [before.url, before.invitation.link]);
    await text(guest, 'status', (text) => /^connected/i.test(text));
    assert.match(await text(guest, 'trust'), /^Verified/);
    const newcomer = await other.browser.newPage();
    await newcomer.goto(before.invitation.link);
    await text(newcomer, 'status', (text) => /^connected/i.test(text));
  });

  test('by invitation: asks in another network, and opens nothing before', async () => {
    await pressStart(chromium);
    await chromium.kill();
    lan.here.move(['10.78.0.1'], { routed: false });
    await chromium.start();
    const { urls: none } = await chromium.state(({ status }) => status === 'other-network');
    assert.deepEqual(none, []);
    await assert.rejects(fetch(`http://10.78.0.1:${PORT}/health`), ({ cause }) => cause.code === 'ECONNREFUSED');
    const popup = await chromium.popup();
    await text(popup, 'status', (text) => text.startsWith('Sharing is paused. Go on here?'));
    await press(popup, 'share-toggle');
    assert.match((await urls())[0].url, /10\.78\.0\.1/);
  });

  test('openly: asks in the same network', async () => {
    await chromium.store({ settings: OPEN });
    await pressStart(chromium);
    await chromium.kill();
    await chromium.start();
    const { detail } = await chromium.state(({ status }) => status === 'stopped');
    assert.match(detail, /Press Start to share again/);
  });
});
