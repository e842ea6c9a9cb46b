// A companion that hangs, which is worse than one that dies (lifetime.test.js): its port is open, and
// nobody answers.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { describe } from 'node:test';
import { testsOf } from '../harness/listed.js';
import { Member } from '../harness/member.js';
import { gone, kill } from '../harness/processes.js';
import { here, LAN, openSharing, PORT, press, text } from '../harness/sharing.js';

const test = testsOf('fault_companion');

describe('a companion', { timeout: 240_000 }, () => {
  test('that hangs for a moment has lost nothing when it goes on', () =>
    sharing(async (chromium) => {
      const [a, b] = await Promise.all([Member.open(here()), Member.open(here())]);
      const [companion] = await chromium.companions();
      process.kill(companion, 'SIGSTOP');
      const texts = Array.from({ length: 200 }, (_, n) => `${n}`);
      await Promise.all(texts.map((text) => a.send(text)));
      process.kill(companion, 'SIGCONT');
      for (const text of texts) assert.equal(await b.next(), text);
      assert.deepEqual(await chromium.companions(), [companion]);
      assert.equal(await text(await chromium.popup(), 'status'), 'Sharing on this network.');
      await Promise.all([a.close(), b.close()]);
    }));

  test('that hangs for good is noticed, said, killed and replaced', () =>
    sharing(async (chromium) => {
      const popup = await chromium.popup();
      await text(popup, 'broadcaster-url');
      const member = await Member.open(here());
      const [companion] = await chromium.companions();
      process.kill(companion, 'SIGSTOP');
      await text(popup, 'status', (text) => text === 'The companion stopped.');
      assert.equal(await text(popup, 'detail'), 'The companion ended (it does not answer) and is started again by itself.');
      // The browser ends what does not end by itself, and the member hears of it.
      await gone(companion);
      assert.equal((await member.closed).code, 1006);
      await text(popup, 'status', (text) => text === 'Sharing on this network.');
      assert.equal(await text(popup, 'broadcaster-url'), `ws://${LAN}:${PORT}/`);
      const [a, b] = await Promise.all([Member.open(here()), Member.open(here())]);
      await a.send('again');
      assert.equal(await b.next(), 'again');
      await Promise.all([a.close(), b.close()]);
    }));

  test('whose port is stolen while it is started again says by whom, and offers another', () =>
    sharing(async (chromium) => {
      const popup = await chromium.popup();
      await text(popup, 'broadcaster-url');
      await crash(chromium);
      await chromium.state((state) => state.status === 'sharing');
      // The second time the pause is two seconds: long enough for a thief.
      await crash(chromium);
      const thief = createServer().listen(PORT, '0.0.0.0');
      await once(thief, 'listening');
      await text(popup, 'status', `(text) => text === 'Port ${PORT} is taken.'`);
      assert.equal(await text(popup, 'detail'), `Port ${PORT} is used by another program. Use port ${PORT + 1}, or stop it.`);
      await press(popup, 'use-port');
      assert.equal(await text(popup, 'broadcaster-url'), `ws://${LAN}:${PORT + 1}/`);
      assert.equal(await text(popup, 'status'), 'Sharing on this network.');
      await (await Member.open(`ws://${LAN}:${PORT + 1}/`)).close();
      thief.close();
    }));
});

async function sharing(body) {
  const chromium = await openSharing();
  try {
    await body(chromium);
  } finally {
    await chromium.close();
  }
}

/** Kills the companion; resolves when it is known that it is gone. */
async function crash(chromium) {
  const [companion] = await chromium.companions();
  const crashed = chromium.state((state) => state.status === 'crashed');
  kill(companion);
  await Promise.all([crashed, gone(companion)]);
}
