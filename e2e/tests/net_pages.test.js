// Three computers: a broadcaster, and two that have only pages of it. One serves records from its page,
// the other connects. Neither page may know its own addresses, which an extension does. Fresh browsers
// each: they remember names.

import assert from 'node:assert/strict';
import { afterEach, describe, test } from 'node:test';
import { Lan, noFilter, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser, openBroadcaster, serve } from '../harness/peer.js';
import { connectSlave, create, query } from '../harness/records.js';
import { text } from '../harness/sharing.js';
import { watchNetwork } from '../harness/watch.js';

const PORT = 9999;

describe('pages of a broadcaster at a third computer', { skip: noSwitch, timeout: 240_000 }, () => {
  const opened = new Opened();
  afterEach(() => opened.close());

  /** Three computers with these addresses. */
  async function computers(addresses, options) {
    const lan = await opened.add(Lan.open());
    const hosts = [lan.here, await lan.host(), await lan.host()];
    hosts.forEach((host, at) => host.move(addresses[at], options));
    return hosts;
  }

  /** Connects the two, creates and queries; `url` is the broadcaster's. */
  async function meet([, keeper, visitor], url) {
    await opened.add(openBroadcaster({ port: PORT }));
    const browsers = [opened.add(Browser.open({ host: keeper })), opened.add(Browser.open({ host: visitor }))];
    const [there, here] = await Promise.all(browsers);
    const site = url.replace('ws:', 'http:');
    const master = await there.page(site, 'peer/index.js');
    await serve(master, url, { name: 'Kitchen' });
    const slave = await connectSlave(here, site);
    await create(slave, 'Ada', 'Lovelace');
    assert.match(await query(slave, 'Lovelace'), /Ada/);
    assert.equal(await master.evaluate(async () => (await storage.allDocs()).data.total_rows), 1);
    return { master, slave };
  }

  test('find each other, and go on when its cable is pulled', async () => {
    const hosts = await computers([['10.77.0.1'], ['10.77.0.2'], ['10.77.0.3']]);
    const { master, slave } = await meet(hosts, 'ws://10.77.0.1:9999/');
    const network = await watchNetwork(slave);
    hosts[0].unplug();
    await create(slave, 'Grace', 'Hopper');
    assert.match(await query(slave, 'Hopper'), /Grace/);
    assert.equal(await master.evaluate(async () => (await storage.allDocs()).data.total_rows), 2);
    assert.deepEqual([network.requests, network.sockets], [[], 0]);
  });

  test('find each other where names do not travel: multicast DNS dropped', { skip: noFilter }, async () => {
    const hosts = await computers([['10.77.0.1'], ['10.77.0.2'], ['10.77.0.3']]);
    const names = hosts.slice(1).map((host) => host.drop('udp dport 5353'));
    await meet(hosts, 'ws://10.77.0.1:9999/');
    for (const one of names) assert.notEqual(one.dropped(), 0);
  });

  test('find each other without a default route', async () => {
    const hosts = await computers([['10.77.0.1'], ['10.77.0.2'], ['10.77.0.3']], { routed: false });
    await meet(hosts, 'ws://10.77.0.1:9999/');
  });

  test('find each other over IPv6 alone', async () => {
    const hosts = await computers([['fd77::1'], ['fd77::2'], ['fd77::3']]);
    await meet(hosts, 'ws://[fd77::1]:9999/');
  });
});
