// What slaves can make a master hold: no more than docs/security.md says, and the next ones use the same again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { living, wasmBytes } from '../harness/heap.js';
import { Opened } from '../harness/opened.js';
import { Browser, openBroadcaster, openSite, serve } from '../harness/peer.js';
import { rawSlave } from '../harness/raw_peer.js';

const MIB = 2 ** 20;
const SLAVES = 2;
/** Of jio/src/endpoint/mod.rs: bytes of one request, and messages that are joined at once. */
const REQUEST_BYTES = 16 * MIB;
const JOINING = 16;
/** What a master needs besides for so many peers: far less than one request. */
const REST = 4 * MIB;
/** The connection that a master makes for whoever comes next. */
const MADE_AHEAD = 1;
/** Few: a master has four of an address under way, each for ten seconds where it does not hear of the end. */
const GIVING_UP = 10;

describe('slaves whose requests never end', { timeout: 300_000 }, () => {
  const opened = new Opened();
  let site, broadcaster, browser, master, session, atFirst;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()].map((one) => opened.add(one)));
    master = await browser.page(site.url);
    await serve(master, broadcaster.url);
    session = await master.createCDPSession();
    atFirst = await wasmBytes(session);
  });
  after(() => opened.close());

  test('make a master hold no more than the sum', async (t) => {
    const grown = await attack();
    t.diagnostic(`${SLAVES} slaves: ${(grown / MIB).toFixed(1)} MiB`);
    assert.ok(grown >= SLAVES * (REQUEST_BYTES - MIB), 'all of it was taken');
    // A message that is joined may have room for as much again.
    assert.ok(grown <= SLAVES * 2 * REQUEST_BYTES + REST, `${grown} bytes`);
  });

  test('leave all of it to the next ones when they go', async (t) => {
    const first = (await wasmBytes(session)) - atFirst;
    for (let round = 0; round < 2; round += 1) await attack();
    const grown = (await wasmBytes(session)) - atFirst;
    t.diagnostic(`${(first / MIB).toFixed(1)} MiB, then ${(grown / MIB).toFixed(1)} MiB`);
    assert.ok(grown <= SLAVES * 2 * REQUEST_BYTES + REST, `${grown} bytes`);
  });

  /** So many slaves fill what they may, and go; how much the master's memory had grown then, in bytes. */
  async function attack() {
    const pages = [];
    for (let n = 0; n < SLAVES; n += 1) {
      const page = await browser.page(site.url);
      await page.evaluate(rawSlave, broadcaster.url);
      await page.evaluate(fill, REQUEST_BYTES / JOINING - 64 * 1024, JOINING);
      pages.push(page);
    }
    const grown = (await wasmBytes(session)) - atFirst;
    await Promise.all(pages.map((page) => page.close()));
    await master.evaluate(() => until(master, 'peers', (peers) => peers.length === 0).then(() => {}));
    return grown;
  }
});

describe('slaves that give up as they connect', { timeout: 180_000 }, () => {
  const opened = new Opened();
  after(() => opened.close());

  test('leave neither side a connection', async () => {
    const [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()].map((one) => opened.add(one)));
    const [master, slave] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
    await serve(master, broadcaster.url);
    await slave.evaluate(async (url, rounds) => {
      for (let round = 0; round < rounds; round += 1) {
        const tried = peer.connect(url);
        tried.ready.catch(() => {});
        await until(tried, 'state', ({ state, step }) => step === 'connecting' || state === 'connected');
        tried.close();
      }
    }, broadcaster.url, GIVING_UP);
    await noMore(slave, 0);
    await noMore(master, MADE_AHEAD);
  });
});

/** Resolves when no more peer connections live in a page: nobody is told of one that is collected. */
async function noMore(page, most) {
  const session = await page.createCDPSession();
  while ((await living(session, 'RTCPeerConnection', (all) => all.length)) > most) await pause(100);
}

/** Runs in a slave's page: begins so many messages, each so long, and ends none; resolves when all was read. */
async function fill(bytes, streams) {
  const part = new Uint8Array(6 + 64 * 1024);
  for (let stream = 1; stream <= streams; stream += 1) {
    part.set([1, 0, 0, 0, stream, 0]);
    for (let sent = 0; sent < bytes; sent += part.length - 6) {
      channel.send(part);
      channel.bufferedAmountLowThreshold = 4 * part.length;
      if (channel.bufferedAmount > 8 * part.length) await new Promise((resolve) => (channel.onbufferedamountlow = resolve));
    }
  }
  // A reply comes after everything that was said before it.
  const answered = new Promise((resolve) => {
    channel.onmessage = ({ data }) => typeof data === 'string' && data.includes('"fence"') && resolve();
  });
  channel.send(JSON.stringify({ id: 'fence', type: 'jio_query', method_name: 'repair' }));
  await answered;
}
