// Sharing by invitation: the extension's own hub, document and records, with guests from another browser.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { Chromium } from '../harness/chromium.js';
import { Browser, connect } from '../harness/peer.js';
import { serveRecords } from '../harness/records.js';
import { LAN, PORT } from '../harness/sharing.js';

describe('sharing by invitation', { timeout: 300_000 }, () => {
  let chromium, other, options, guest, shared;
  before(async () => {
    chromium = await Chromium.open();
    await chromium.store({ settings: { mode: 'invited', port: PORT } });
    options = await chromium.browser.newPage();
    await options.goto(chromium.url('extension/options.html'));
    other = await Browser.open();
  });
  after(() => Promise.all([chromium?.close(), other?.close()]));

  /** A command, as the popup would send it; resolves with its reply. */
  const command = (order) =>
    options.evaluate(
      (order) =>
        new Promise((resolve) => {
          const port = chrome.runtime.connect({ name: 'options' });
          let sent = false;
          port.onMessage.addListener((message) => {
            // A worker that has spoken can hear.
            if (!sent) port.postMessage(order);
            sent = true;
            if (!['done', 'error', 'invitation'].includes(message.kind)) return;
            port.disconnect();
            resolve(message);
          });
        }),
      order,
    );
  const page = () => other.page(`http://${LAN}:${PORT}/`, 'peer/index.js');

  test('begins with an invitation for each address, as link and as QR code', async () => {
    assert.deepEqual(await command({ kind: 'start', mode: 'invited' }), { kind: 'done' });
    const state = await chromium.state(({ status }) => status === 'sharing');
    const [url] = state.urls;
    assert.match(url.invitation.link, new RegExp(`^http://${LAN}:${PORT}/#[\\w-]{76}$`));
    assert.ok(url.invitation.qr.size > 20);
    shared = url.invitation.link;
    await (await serveRecords(chromium)).close();
  });

  test('lets a guest create and query, each side knowing the other', async () => {
    guest = await page();
    const state = await connect(guest, shared);
    assert.equal(state.verified, true);
    const found = await guest.evaluate(async () => {
      await db.post({ first: 'Ada', last: 'Lovelace' });
      return (await db.allDocs({ query: 'last:"Love%"' })).data.total_rows;
    });
    assert.equal(found, 1);
  });

  test('keeps who was not invited out, who hears nothing', async () => {
    const socket = new WebSocket(`ws://${LAN}:${PORT}/`);
    const heard = [];
    socket.on('message', (data) => heard.push(data));
    const code = await new Promise((resolve) => socket.on('close', resolve));
    assert.deepEqual([code, heard], [4401, []]);
  });

  test('gives personal invitations with rights of their own', async () => {
    await command({ kind: 'invite', label: 'Ann', rights: 'read-only' });
    const state = await chromium.state(({ invitations }) => invitations?.length === 2);
    const { link } = state.invitations.find(({ label }) => label === 'Ann');
    const ann = await page();
    await connect(ann, link);
    assert.equal(await ann.evaluate(async () => (await db.allDocs()).data.total_rows), 1);
    const refused = await ann.evaluate(() => failure(db.put('a', { n: 1 })));
    assert.equal(refused.status_code, 403);
    await ann.close();
  });

  test('outlives the worker, invitations and all', async () => {
    await chromium.stopWorker();
    await command({ kind: 'retry' });
    const state = await chromium.state(({ status, urls }) => status === 'sharing' && urls.length > 0);
    assert.equal(state.urls[0].invitation.link, shared);
    const again = await page();
    assert.equal((await connect(again, shared)).verified, true);
    await again.close();
  });

  test('cuts the channel and the way back of who holds what is renewed', async () => {
    const { id } = (await chromium.state(() => true)).invitations.find(({ kind }) => kind === 'shared');
    await command({ kind: 'renew', id });
    const { detail } = await guest.evaluate(() => until(db, 'state', ({ state }) => state === 'failed'));
    assert.equal(detail, 'This invitation is not known here or was renewed. Ask for a new one.');
    const state = await chromium.state(({ urls }, shared) => urls[0].invitation.link !== shared, shared);
    const again = await page();
    assert.equal((await connect(again, state.urls[0].invitation.link)).verified, true);
    await again.close();
  });
});
