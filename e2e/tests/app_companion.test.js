// The Direct Sockets app in the companion's place: let in by a person, closed and opened again, and left for
// the companion program where that is there.

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { APP_PORT, APP_SWITCHES, App } from '../harness/app.js';
import { Chromium } from '../harness/chromium.js';
import { Member } from '../harness/member.js';
import { LAN, press, start, text, when } from '../harness/sharing.js';

const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url));
/** RFC 8489 §5: a Binding request without attributes. */
const STUN_REQUEST = Buffer.from('000100002112a442000102030405060708090a0b', 'hex');
const STUN_RESPONSE = 0x0101;

const picture = (page, name) => page.screenshot({ path: `${PICTURES}app-${name}.png` });
const url = (path = '/') => `ws://${LAN}:${APP_PORT}${path}`;
const OPENS = { mode: 'open' };

describe('an app that wants to open the port', { timeout: 300_000 }, () => {
  let chromium, app, window, popup;
  before(async () => {
    chromium = await Chromium.open({ companion: false, switches: APP_SWITCHES });
    await chromium.store({ settings: OPENS });
    app = await App.install(chromium.browser);
    window = await app.window();
  });
  after(async () => {
    await chromium?.close();
    await app?.close();
  });

  /** The popup says so, though it looks for the program, and leads to where apps are opened. */
  const isMissed = async (name) => {
    popup = await chromium.popup();
    assert.equal(await text(popup, 'status', (text) => text.startsWith('The app')), 'The app is closed.');
    assert.match(await text(popup, 'detail'), /Open it again from your apps/);
    await picture(popup, name);
    const apps = chromium.browser.waitForTarget((target) => target.url().startsWith('chrome://apps'), { timeout: 0 });
    await press(popup, 'show-apps');
    const shown = await (await apps).page();
    await chromium.state((state) => state.status === 'app-away');
    await shown.close();
  };

  test('waits until a person lets it, who sees where it comes from', async () => {
    assert.match(await text(window, 'status', (text) => text.startsWith('Ready')), /Start sharing in the extension/);
    popup = await chromium.popup();
    assert.match(await text(popup, 'app-asks'), new RegExp(app.origin));
    assert.match(await text(popup, 'status', (text) => text.startsWith('Companion')), /not found/);
    await Promise.all([picture(window, 'ready'), picture(popup, 'asks')]);
    await press(popup, 'accept-app');
    await when(popup, () => document.body.dataset.status === 'stopped');
    await start(chromium, popup);
    assert.equal(await text(popup, 'broadcaster-url'), url());
    assert.match(await text(popup, 'by-app'), /keep its window open/);
    assert.match(await text(window, 'status', (text) => text.startsWith('Port')), new RegExp(`Port ${APP_PORT} is open`));
    assert.match(await text(window, 'addresses', (text) => text.includes('10.')), new RegExp(LAN.replaceAll('.', '\\.')));
    await Promise.all([picture(window, 'sharing'), picture(popup, 'shares')]);
    const options = await chromium.tab('extension/options.html');
    await text(options, 'in-use', (text) => text.includes('the app'));
    assert.equal(await options.$eval('#apps', ({ value }) => value), app.origin);
    await options.screenshot({ path: `${PICTURES}app-options.png`, fullPage: true });
    await options.close();
  });

  test('answers STUN on the same number', async () => {
    const socket = createSocket('udp4');
    socket.send(STUN_REQUEST, APP_PORT, LAN);
    const [answer] = await once(socket, 'message');
    assert.equal(answer.readUInt16BE(0), STUN_RESPONSE);
    assert.deepEqual(answer.subarray(4, 20), STUN_REQUEST.subarray(4));
    socket.close();
  });

  test('loses nothing of frames that fill the browser’s streams exactly', async () => {
    const [a, b] = await Promise.all([Member.open(url('/full')), Member.open(url('/full'))]);
    // With its header of ten bytes: what Chromium's streams take in, and parts of that. As much at once as may wait
    // for one member, however slow it is.
    for (const size of [65_536 - 10, 32_768 - 4, 16_384 - 4, 1024 - 4]) {
      const count = (3 << 20) / size;
      for (let n = 0; n < count; n += 1) a.send(Buffer.alloc(size, n));
      for (let n = 0; n < count; n += 1) assert.ok((await b.next()).equals(Buffer.alloc(size, n)), `${n} of ${size}`);
    }
    await Promise.all([a.close(), b.close()]);
  });

  test('carries what members send, of any length, in order', async () => {
    const [a, b] = await Promise.all([Member.open(url('/app')), Member.open(url('/app'))]);
    for (let count = 0; count < 1000; count += 1) a.send(String(count));
    for (let count = 0; count < 1000; count += 1) assert.equal(await b.next(), String(count));
    const long = 'x'.repeat(1 << 20);
    await b.send(long);
    assert.equal(await a.next(), long);
    await Promise.all([a.close(), b.close()]);
  });

  test('serves the page', async () => {
    const answer = await fetch(`http://${LAN}:${APP_PORT}/`);
    assert.deepEqual([answer.status, answer.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
    assert.match(await answer.text(), /<!doctype html>/);
  });

  test('holds a hundred members', async () => {
    const members = await Promise.all(Array.from({ length: 64 }, () => Member.open(url('/many'))));
    members.push(...(await Promise.all(Array.from({ length: 36 }, () => Member.open(`ws://127.0.0.1:${APP_PORT}/many`)))));
    await members[0].send('to all');
    for (const member of members.slice(1)) assert.equal(await member.next(), 'to all');
    await Promise.all(members.map((member) => member.close()));
  });

  test('whose window is closed tells its members, and takes sharing up when it is opened again', async () => {
    const member = await Member.open(url());
    const closed = chromium.state((state) => state.status === 'app-away');
    await window.close({ runBeforeUnload: false });
    assert.equal((await member.closed).code, 1001);
    assert.match((await closed).detail, /Open it again/);
    await isMissed('closed');
    const again = chromium.state((state) => state.status === 'sharing');
    window = await app.window();
    assert.equal((await again).urls[0].url, url());
    await (await Member.open(url())).close();
  });

  test('outlives the extension’s worker', async () => {
    const member = await Member.open(url());
    await chromium.stopWorker();
    assert.equal((await member.closed).code, 1001);
    // The app's next port wakes it; what the last worker said is read until then.
    await text(window, 'status', (text) => text.startsWith('The extension let go'));
    await text(window, 'status', (text) => text.startsWith('Port'));
    await text(window, 'addresses', (text) => text.includes('10.'));
    await (await Member.open(url())).close();
  });

  test('whose page crashes cuts its members off, and takes sharing up when it is opened again', async () => {
    const member = await Member.open(url());
    const away = chromium.state((state) => state.status === 'app-away');
    const session = await window.createCDPSession();
    session.send('Page.crash').catch(() => {}); // It cannot answer any more.
    assert.equal((await member.closed).code, 1006);
    assert.match((await away).detail, /Open it again/);
    await window.close({ runBeforeUnload: false });
    await isMissed('crashed');
    const again = chromium.state((state) => state.status === 'sharing');
    window = await app.window();
    await again;
    await (await Member.open(url())).close();
  });
});

describe('an app whose port is taken', { timeout: 120_000 }, () => {
  let chromium, app, window, taker;
  before(async () => {
    taker = createServer().listen(APP_PORT, '0.0.0.0');
    await once(taker, 'listening');
    chromium = await Chromium.open({ byApp: false, companion: false, switches: APP_SWITCHES });
    app = await App.install(chromium.browser);
    await chromium.store({ settings: { ...OPENS, apps: [app.origin] } });
    window = await app.window();
  });
  after(async () => {
    taker?.close();
    await chromium?.close();
    await app?.close();
  });

  test('says so in both windows, and opens the next one with a press', async () => {
    const popup = await chromium.popup();
    await start(chromium, popup);
    assert.equal(await text(popup, 'status', (text) => text.includes('taken')), `Port ${APP_PORT} is taken.`);
    assert.match(await text(popup, 'detail'), new RegExp(`used by another program. Use port ${APP_PORT + 1}`));
    assert.match(await text(window, 'status', (text) => text.includes('taken')), new RegExp(`Port ${APP_PORT} is taken`));
    await Promise.all([picture(popup, 'taken'), picture(window, 'failed')]);
    await press(popup, 'use-port');
    assert.equal(await text(popup, 'broadcaster-url'), `ws://${LAN}:${APP_PORT + 1}/`);
    assert.match(await text(window, 'status', (text) => text.includes('open')), new RegExp(`Port ${APP_PORT + 1} is open`));
    await (await Member.open(`ws://${LAN}:${APP_PORT + 1}/`)).close();
  });

  test('goes back to the first one when it is free, as the options say', async () => {
    taker.close();
    await once(taker, 'close');
    const options = await chromium.tab('extension/options.html');
    await when(options, () => !document.querySelector('fieldset').disabled);
    assert.equal(await options.$eval('#app-port', ({ value }) => value), String(APP_PORT + 1));
    await options.$eval('#app-port', (field, port) => (field.value = port), APP_PORT);
    await press(options, 'save');
    await text(window, 'status', (text) => /Port 39999 is open/.test(text));
    await (await Member.open(url())).close();
  });
});

describe('where the program is there as well', { timeout: 120_000 }, () => {
  let chromium, app, options;
  before(async () => {
    chromium = await Chromium.open({ byApp: false, switches: APP_SWITCHES });
    app = await App.install(chromium.browser);
    await chromium.store({ settings: { ...OPENS, apps: [app.origin] } });
    await app.window();
  });
  after(async () => {
    await chromium?.close();
    await app?.close();
  });

  /** Which companion shares, and at which port. */
  const used = async (carrier) => {
    const { urls } = await chromium.state((state, carrier) => state.status === 'sharing' && state.companion?.carrier === carrier && state.urls.length > 0, carrier);
    return urls[0].url;
  };

  test('it opens the port', async () => {
    await start(chromium, await chromium.popup());
    assert.equal(await used('native'), `ws://${LAN}:9999/`);
  });

  test('the app does when the options say so', async () => {
    options = await chromium.tab('extension/options.html');
    await when(options, () => !document.querySelector('fieldset').disabled);
    await options.select('#companion', 'app');
    await press(options, 'save');
    assert.equal(await used('app'), url());
    await text(options, 'in-use', (text) => text.includes('the app'));
  });

  test('nobody does when the app is taken off the list', async () => {
    await options.bringToFront();
    await options.$eval('#apps', (field) => (field.value = ''));
    await press(options, 'save');
    await chromium.state((state) => state.status === 'app-away');
    await assert.rejects(new Member(url()).opened, { code: 'ECONNREFUSED' });
  });

  test('the program does again when the options say so', async () => {
    await options.select('#companion', 'native');
    await press(options, 'save');
    assert.equal(await used('native'), `ws://${LAN}:9999/`);
  });
});
