// The Direct Sockets app in the companion's place: let in by a person, closed and opened again, and left for
// the companion program where that is there.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { APP_PORT, APP_SWITCHES, App } from '../harness/app.js';
import { Chromium } from '../harness/chromium.js';
import { Member } from '../harness/member.js';
import { LAN, press, start, text, when } from '../harness/sharing.js';

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

  test('waits until a person lets it, who sees where it comes from', async () => {
    assert.match(await text(window, 'status', (text) => text.startsWith('Ready')), /Start sharing in the extension/);
    popup = await chromium.popup();
    assert.match(await text(popup, 'app-asks'), new RegExp(app.origin));
    assert.match(await text(popup, 'status', (text) => text.startsWith('Companion')), /not found/);
    await press(popup, 'accept-app');
    await when(popup, () => document.body.dataset.status === 'stopped');
    await start(chromium, popup);
    assert.equal(await text(popup, 'broadcaster-url'), url());
    assert.match(await text(popup, 'by-app'), /keep its window open/);
    assert.match(await text(window, 'status', (text) => text.startsWith('Port')), new RegExp(`Port ${APP_PORT} is open`));
    assert.match(await text(window, 'addresses', (text) => text.includes('10.')), new RegExp(LAN.replaceAll('.', '\\.')));
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
});
