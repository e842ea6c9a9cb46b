// What one member sends reaches the others of its room, unchanged, and nobody else.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { ENVELOPE, Member } from '../harness/member.js';
import { here, openSharing } from '../harness/sharing.js';

describe('messages', { timeout: 180_000 }, () => {
  let chromium;
  before(async () => {
    chromium = await openSharing();
  });
  after(() => chromium?.close());

  test('text and binary arrive verbatim, both ways', async () => {
    const [a, b] = await Promise.all([Member.open(here('/verbatim')), Member.open(here('/verbatim'))]);
    const texts = ['', 'plain', 'quotes " and \\ and \u0000 and \u2028', '🐟🚲 žluťoučký', ' leading', '{"kind":"send"}'];
    for (const [from, to] of [[a, b], [b, a]]) {
      for (const text of texts) await from.send(text);
      for (const text of texts) assert.equal(await to.next(), text);
      const bytes = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
      await from.send(bytes);
      assert.deepEqual(await to.next(), bytes);
    }
    await Promise.all([a.close(), b.close()]);
  });

  test('order holds through a burst', async () => {
    const [a, b] = await Promise.all([Member.open(here('/burst')), Member.open(here('/burst'))]);
    const count = 5000;
    for (let n = 0; n < count; n++) a.send(String(n));
    for (let n = 0; n < count; n++) assert.equal(await b.next(), String(n));
    await Promise.all([a.close(), b.close()]);
  });

  test('a sender does not hear itself', async () => {
    const [a, b] = await Promise.all([Member.open(here('/echo')), Member.open(here('/echo'))]);
    await a.send('mine');
    assert.equal(await b.next(), 'mine');
    await b.send('yours');
    assert.equal(await a.next(), 'yours', 'the first that arrives is the other\'s');
    await Promise.all([a.close(), b.close()]);
  });

  test('rooms do not leak', async () => {
    const paths = ['/room', '/room/', '/Room', '/room?query', '/%72oom'];
    const members = await Promise.all(paths.map((path) => Member.open(here(path))));
    const [room, slash, capital, query, encoded] = members;
    await room.send('to room');
    assert.equal(await query.next(), 'to room', 'the query is no part of the name');
    for (const [name, other] of Object.entries({ slash, capital, encoded })) {
      const friend = await Member.open(here(paths[members.indexOf(other)]));
      await friend.send(name);
      assert.equal(await other.next(), name);
      await friend.close();
    }
    await Promise.all(members.map((member) => member.close()));
  });

  test('enveloped and plain members share a room', async () => {
    const plain = await Member.open(here('/mixed'));
    const enveloped = await Member.enter(here('/mixed'));
    assert.equal(enveloped.protocol, ENVELOPE);
    const { welcome } = enveloped;
    assert.equal(welcome.kind, 'welcome');
    assert.equal(welcome.room, '/mixed');
    assert.equal(welcome.mode, 'open');
    assert.equal(welcome.members.length, 1, 'the plain one is there already');

    await plain.send('raw');
    assert.deepEqual(await enveloped.nextJson(), { kind: 'message', from: welcome.members[0].id, data: 'raw' });
    await plain.send(Buffer.from([0, 255]));
    const binary = await enveloped.nextJson();
    assert.equal(binary.binary, 'AP8=');

    await enveloped.sendJson({ kind: 'send', data: 'wrapped' });
    assert.equal(await plain.next(), 'wrapped');
    await enveloped.sendJson({ kind: 'send', binary: 'AP8=' });
    assert.deepEqual(await plain.next(), Buffer.from([0, 255]));
    await Promise.all([plain.close(), enveloped.close()]);
  });

  test('presence follows, and a directed message reaches only its addressee', async () => {
    const a = await Member.enter(here('/directed'));
    const b = await Member.enter(here('/directed'));
    const c = await Member.enter(here('/directed'));
    const joined = [await a.nextJson(), await a.nextJson()];
    assert.deepEqual(joined.map(({ kind }) => kind), ['joined', 'joined']);
    assert.equal((await b.nextJson()).kind, 'joined');

    await a.sendJson({ kind: 'send', to: b.welcome.id, data: 'for b' });
    await a.sendJson({ kind: 'send', data: 'for all' });
    assert.deepEqual(await b.nextJson(), { kind: 'message', from: a.welcome.id, data: 'for b' });
    assert.deepEqual(await b.nextJson(), { kind: 'message', from: a.welcome.id, data: 'for all' });
    assert.deepEqual(await c.nextJson(), { kind: 'message', from: a.welcome.id, data: 'for all' });

    await b.close();
    assert.equal((await a.nextJson()).kind, 'left');
    await a.sendJson({ kind: 'send', to: b.welcome.id, data: 'too late' });
    assert.equal((await a.nextJson()).kind, 'error', 'who is gone cannot be reached');
    await Promise.all([a.close(), c.close()]);
  });

  test('an envelope that cannot be understood is answered with an error, and its member goes on', async () => {
    const a = await Member.enter(here('/errors'));
    const b = await Member.open(here('/errors'));
    assert.equal((await a.nextJson()).kind, 'joined');
    for (const bad of ['no JSON', '[]', '{"kind":"nonsense"}', '{"kind":"send"}', '{"kind":"send","data":7}']) {
      await a.send(bad);
      assert.equal((await a.nextJson()).kind, 'error', bad);
    }
    await a.sendJson({ kind: 'send', data: 'still here' });
    assert.equal(await b.next(), 'still here');
    await Promise.all([a.close(), b.close()]);
  });

  test('200 members all hear each', async () => {
    const members = await Promise.all(Array.from({ length: 200 }, () => Member.open(here('/crowd'))));
    await chromium.state((state) => state.members.length >= 200);
    for (const speaker of [0, 99, 199]) {
      await members[speaker].send(`from ${speaker}`);
      const others = members.filter((_, index) => index !== speaker);
      const heard = await Promise.all(others.map((member) => member.next()));
      assert.ok(heard.every((text) => text === `from ${speaker}`));
    }
    await Promise.all(members.map((member) => member.close()));
    await chromium.state((state) => state.members.length === 0);
  });
});
