// The records of the extension at one computer, its port's page at another, on networks where less works
// than one hopes for. Where all works: tutorial.test.js. Fresh browsers each: they remember names.

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { Lan, noFilter, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, query, serveRecords } from '../harness/records.js';
import { openSharing, PORT, text } from '../harness/sharing.js';

describe('the extension\'s records', { skip: noSwitch, timeout: 240_000 }, () => {
  const opened = new Opened();
  afterEach(() => opened.close());

  /** Two computers, ready to be given addresses. */
  async function computers() {
    const lan = await opened.add(Lan.open());
    return [lan.here, await lan.host()];
  }

  /** Shares, connects, creates and queries; gives both pages. */
  async function meet(device) {
    const [chromium, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open({ host: device }))]);
    const url = await text(await chromium.popup(), 'broadcaster-url');
    const master = await serveRecords(chromium);
    const slave = await connectSlave(other, url.replace('ws:', 'http:'));
    await create(slave, 'Ada', 'Lovelace');
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    assert.match(await text(master, 'records', (text) => text.includes('Ada')), /Lovelace/);
    return { master, slave, url };
  }

  test('are reached where names do not travel: multicast DNS dropped', { skip: noFilter }, async () => {
    const [here, device] = await computers();
    here.move(['10.77.0.1']);
    device.move(['10.77.0.2']);
    const names = device.drop('udp dport 5353');
    await meet(device);
    assert.notEqual(names.dropped(), 0, 'the slave has a name only, and nobody to tell it');
  });

  test('are reached without a default route', async () => {
    const [here, device] = await computers();
    here.move(['10.77.0.1'], { routed: false });
    device.move(['10.77.0.2'], { routed: false });
    const { slave } = await meet(device);
    assert.deepEqual(await ownCandidates(slave), [], 'a page alone finds no address to be reached at');
  });

  test('are reached over IPv6 alone', async () => {
    const [here, device] = await computers();
    here.move(['fd77::1']);
    device.move(['fd77::2']);
    const { master, url } = await meet(device);
    assert.equal(url, `ws://[fd77::1]:${PORT}/`);
    assert.match(await text(master, 'peers'), /fd77::2/);
  });
});

/** What a page finds by itself, without a STUN server. */
function ownCandidates(page) {
  return page.evaluate(async () => {
    const peer = new RTCPeerConnection();
    const found = [];
    const all = new Promise((resolve) => (peer.onicecandidate = ({ candidate }) => (candidate ? found.push(candidate.candidate) : resolve())));
    peer.createDataChannel('');
    await peer.setLocalDescription();
    await all;
    peer.close();
    return found.filter((candidate) => candidate !== '');
  });
}
