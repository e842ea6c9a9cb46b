// Master and slave that do not reach each other and both reach the broadcaster: it passes on what it cannot
// read, both sides say so, and as soon as there is a path they take it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { openInviting } from '../harness/inviting.js';
import { Lan, noFilter, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser, connect, keepLong, openSite, serve } from '../harness/peer.js';
import { create, openSlave, query, serveRecords } from '../harness/records.js';
import { openSharing, PORT, text, when } from '../harness/sharing.js';

const isRelayed = (text) => /^connected to .+ through the broadcaster$/.test(text);
const isDirect = (text) => /^connected to .+”$/.test(text);

/** The link of the shared invitation. */
async function invitation(chromium) {
  const { urls } = await chromium.state(({ urls }) => urls[0]?.invitation);
  return urls[0].invitation.link;
}

/** Waits until the master's window lists one device that is relayed, or not. */
const listed = (master, relayed) =>
  when(
    master,
    (relayed) => {
      const rows = [...document.querySelectorAll('[data-testid="peers"] li')];
      return rows.length === 1 && rows[0].dataset.state === 'guest' && rows[0].querySelector('.relayed').hidden !== relayed;
    },
    relayed,
  );

describe('a device behind a firewall', { skip: noFilter, timeout: 300_000 }, () => {
  const opened = new Opened();
  let device, chromium, other, master, slave, udp;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    device = await lan.host();
    device.move(['10.77.0.2']);
    udp = device.drop('meta l4proto udp');
    const sharing = openSharing({ settings: { mode: 'invited' } });
    [chromium, other] = await Promise.all([opened.add(sharing), opened.add(Browser.open({ host: device }))]);
    master = await serveRecords(chromium);
  });
  after(() => opened.close());

  test('is connected through the broadcaster, which both sides say', async () => {
    slave = await openSlave(other, await invitation(chromium));
    await text(slave, 'status', isRelayed);
    assert.match(await text(slave, 'trust'), /^Verified/);
    await listed(master, true);
    assert.ok(udp.dropped() > 0);
  });

  test('creates and queries all the same', async () => {
    await create(slave, 'Ada', 'Lovelace');
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    assert.match(await text(master, 'records', (text) => text.includes('Ada')), /Lovelace/);
  });

  test('moves to a channel of its own when the firewall is open, and leaves the broadcaster', async () => {
    udp.lift();
    await text(slave, 'status', isDirect);
    await listed(master, false);
    await chromium.state(({ members }) => members.length === 0);
    await create(slave, 'Grace', 'Hopper');
    assert.match(await query(slave, 'Hopper'), /Grace/);
  });
});

describe('two devices that a Wi-Fi keeps apart', { skip: noFilter, timeout: 300_000 }, () => {
  const opened = new Opened();
  let devices, inviting, host, guest, apart;
  before(async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    devices = [await lan.host(), await lan.host()];
    devices.forEach((device, at) => device.move([`10.77.0.${at + 2}`]));
    apart = devices[1].drop('ip saddr 10.77.0.2');
    const site = await opened.add(openSite({ address: '10.77.0.1' }));
    const origin = new URL(site.url).origin;
    inviting = await opened.add(openInviting(origin, { bind: '10.77.0.1' }));
    const browsers = await Promise.all(devices.map((host) => opened.add(Browser.open({ host }))));
    [host, guest] = await Promise.all(browsers.map((browser) => browser.page(site.url)));
    await serve(host, inviting.master);
  });
  after(() => opened.close());

  test('speak through the broadcaster, also of long texts and attachments', async () => {
    const state = await connect(guest, inviting.link);
    assert.deepEqual([state.verified, state.relayed, state.protocol], [true, true, 'jio.2']);
    assert.deepEqual(await keepLong(guest), [1 << 20, 1, 1 << 20]);
    const peers = await host.evaluate(() => master.peers.map(({ state, relayed }) => ({ state, relayed })));
    assert.deepEqual(peers, [{ state: 'connected', relayed: true }]);
  });

  test('lose no call, and no news of a query that is followed, when they move to a channel', async () => {
    await guest.evaluate(async () => {
      globalThis.told = [];
      globalThis.live = db.subscribe({ query: 'n:>0', include_docs: true }, ({ added, changed, removed }) => {
        told.push(...added.map(({ id }) => id));
        for (const { id } of changed) told.push(`${id} changed`);
        for (const id of removed) told.push(`${id} removed`);
        globalThis.onTold?.();
      });
      await live.ready;
    });
    apart.lift();
    const lost = await guest.evaluate(async () => {
      let lost = 0;
      let n = 0;
      const moved = until(db, 'state', ({ relayed }) => !relayed).then(() => true);
      while (!(await Promise.race([moved, db.put(`n${(n += 1)}`, { n }).then(() => false, () => void (lost += 1))]))) continue;
      const { data } = await db.allDocs({ query: 'n:>0' });
      return { lost, missing: n - data.total_rows };
    });
    assert.equal(lost.lost, 0);
    assert.ok(lost.missing === 0 || lost.missing === 1, 'the last one may be under way');
    await host.evaluate(() => until(master, 'peers', (peers) => peers.length === 1 && !peers[0].relayed));
    // Somebody else's, when the way is another one.
    await host.evaluate(() => storage.put('last', { n: 1 }));
    const followed = await guest.evaluate(async () => {
      await new Promise((resolve) => (globalThis.onTold = () => told.includes('last') && resolve())());
      const { data } = await db.allDocs({ query: 'n:>0' });
      live.close();
      return { told: told.sort(), rows: data.rows.map(({ id }) => id).sort() };
    });
    assert.ok(followed.rows.length > 1);
    assert.deepEqual(followed.told, followed.rows, 'each was told once');
  });
});

describe('master and slave at one computer', { skip: noSwitch, timeout: 300_000 }, () => {
  const opened = new Opened();
  after(() => opened.close());

  test('create and query also when its network is gone', async () => {
    const lan = await opened.add(Lan.open());
    lan.here.move(['10.77.0.1']);
    const sharing = openSharing({ settings: { mode: 'invited' } });
    const [chromium, other] = await Promise.all([opened.add(sharing), opened.add(Browser.open())]);
    const master = await serveRecords(chromium);
    const { hash } = new URL(await invitation(chromium));
    const slave = await openSlave(other, `http://127.0.0.1:${PORT}/${hash}`);
    await text(slave, 'status', isDirect);
    await create(slave, 'Ada', 'Lovelace');
    lan.here.move([]);
    await text(slave, 'status', isRelayed);
    await create(slave, 'Grace', 'Hopper');
    assert.match(await query(slave, 'Hopper'), /Grace/);
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    await listed(master, true);
  });
});
