// Invitations between plain pages with the package, through `serve` as it is without `--open`.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { WebSocket } from 'ws';
import { Browser, connect, keepLong, openSite, serve } from '../harness/peer.js';
import { openInviting, openLiar } from '../harness/inviting.js';
import { when } from '../harness/sharing.js';

describe('an invitation', { timeout: 300_000 }, () => {
  let site, origin, inviting, browser, host, guest;
  before(async () => {
    site = await openSite();
    origin = new URL(site.url).origin;
    [inviting, browser] = await Promise.all([openInviting(origin), Browser.open()]);
    [host, guest] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
    await serve(host, inviting.master, { name: 'Library' });
  });
  after(async () => {
    await browser?.close();
    await inviting?.close();
    site?.close();
  });

  /** Connects, and gives the first state in which it is told why not. */
  const refusal = (page, link) =>
    page.evaluate(async (link) => {
      const tried = peer.connect(link);
      tried.ready.catch(() => {});
      const { detail } = await until(tried, 'state', ({ state, step, detail }) => state === 'failed' || (step === 'pausing' && detail));
      const { verified } = tried.state;
      tried.close();
      return { detail, verified };
    }, link);

  test('connects its holder with the master that invites, who both know each other', async () => {
    const state = await connect(guest, inviting.link);
    assert.deepEqual([state.state, state.verified, state.master.name], ['connected', true, 'Library']);
    const peers = await host.evaluate(() => until(master, 'peers', (peers) => peers[0]?.state === 'connected'));
    assert.deepEqual([peers[0].rights, peers[0].invitation.label, peers[0].protocol], ['read-write', 'Everyone', 'jio.2']);
  });

  test('lets its holder create and query, with any length of text and attachment', async () => {
    assert.deepEqual(await keepLong(guest), [1 << 20, 1, 1 << 20]);
  });

  test('does not let its holder remove, as it says', async () => {
    const refused = await guest.evaluate(() => failure(db.remove('long')));
    assert.equal(refused.status_code, 403);
    assert.match(refused.message, /not remove them/);
  });

  test('lets a guest with the rights to read not write; the storage hears nothing of it', async () => {
    await host.evaluate(() => master.setRights(master.peers[0].id, 'read-only'));
    await host.evaluate(() => until(master, 'peers', ([peer]) => peer.rights === 'read-only'));
    const refused = await guest.evaluate(() => failure(db.put('b', { n: 1 })));
    assert.equal(refused.status_code, 403);
    assert.match(refused.message, /ask for an invitation that allows writing/);
    assert.equal((await guest.evaluate(() => db.get('long'))).text.length, 1 << 20);
    assert.equal((await host.evaluate(() => failure(storage.get('b')))).status_code, 404);
  });

  test('whose link is damaged says so before anything is opened', async () => {
    const { detail } = await refusal(guest, `${inviting.link.slice(0, -3)}`);
    assert.match(detail, /copy the link again, all of it/);
  });

  test('that is not known here is refused in words', async () => {
    const [address] = inviting.link.split('#');
    const other = await openInviting(origin);
    const { detail } = await refusal(guest, `${address}#${other.link.split('#')[1]}`);
    await other.close();
    assert.equal(detail, 'This invitation is not known here or was renewed. Ask for a new one.');
  });

  test('is what a page without one is told to ask for', async () => {
    const [address] = inviting.link.split('#');
    const { detail } = await refusal(guest, address);
    assert.equal(detail, 'This broadcaster is for invited devices only. Ask the person who shares for an invitation, and open its link on this device.');
  });

  test('keeps others out of the room: 4401, and not a word heard', async () => {
    const socket = new WebSocket(inviting.url);
    const heard = [];
    socket.on('message', (data) => heard.push(data));
    const code = await new Promise((resolve) => socket.on('close', resolve));
    assert.deepEqual([code, heard.length], [4401, 0]);
  });

  test('finds out a hub that swaps the certificates', async () => {
    const liar = await openLiar((text) => text.replace(/(fingerprint:sha-256 )../g, '$1EE'));
    const page = await browser.page(site.url);
    await serve(page, `${liar.address}#${inviting.master.split('#')[1]}`);
    const { detail, verified } = await refusal(guest, `${liar.address}#${inviting.link.split('#')[1]}`);
    liar.close();
    await page.close();
    assert.match(detail, /no path to it was found|could not prove to be the one that invited you/);
    assert.ok(!verified);
  });

  test('finds out a master that is another one, though it knows the invitation', async () => {
    const [thiefs, page] = await Promise.all([openInviting(origin), browser.page(site.url)]);
    await host.evaluate(() => master.close());
    // Of the invitation it knows what a hub knows and more: all but the master's key.
    const [own, stolen] = [thiefs.master, inviting.master].map((link) => Buffer.from(link.split('#')[1], 'base64url'));
    own.subarray(1, 33).copy(stolen, 1);
    await serve(page, `${inviting.master.split('#')[0]}#${stolen.toString('base64url')}`, { name: 'Library' });
    const { detail } = await refusal(guest, inviting.link);
    await thiefs.close();
    await page.close();
    assert.match(detail, /^Who answered could not prove to be the one that invited you\. Somebody on this network may be in between/);
  });

  test('of strangers, calls wait for a person who allows or refuses them', async () => {
    const [asking, stranger] = await Promise.all([browser.page(site.url), browser.page(site.url)]);
    const relay = await openLiar((text) => text);
    await asking.evaluate(
      async (url, link) => {
        globalThis.asked = [];
        const ask = (call) =>
          new Promise((resolve) => {
            document.title = `${asked.push({ call, resolve })} asked`;
          });
        globalThis.master = peer.serve(`${url}#${link}`, peer.memory(), { strangers: 'ask-first', ask });
        await until(master, 'state', ({ state }) => state === 'serving');
      },
      relay.address,
      inviting.master.split('#')[1],
    );
    const state = await connect(stranger, relay.address);
    assert.equal(state.verified, false);
    await stranger.evaluate(() => {
      globalThis.puts = [db.put('a', { n: 1 }), failure(db.put('b', { n: 2 }))];
    });
    await when(asking, () => document.title === '2 asked');
    assert.deepEqual(await asking.evaluate(() => asked.map(({ call }) => [call.method, call.id, call.peer.rights])), [
      ['put', 'a', 'ask-first'],
      ['put', 'b', 'ask-first'],
    ]);
    await asking.evaluate(() => (asked[0].resolve(true), asked[1].resolve(false)));
    const [stored, refused] = await stranger.evaluate(() => Promise.all(puts));
    assert.deepEqual([stored, refused.status_code], ['a', 403]);
    await stranger.evaluate(() => {
      globalThis.later = db.put('c', { n: 3 });
    });
    await when(asking, () => document.title === '3 asked');
    await asking.evaluate(() => master.setRights(master.peers[0].id, 'read-write'));
    assert.equal(await stranger.evaluate(() => later), 'c');
    relay.close();
  });
});
