// Large messages and slow receivers, through the link: whole, or closed with the code that says why.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { BY_APP } from '../harness/app.js';
import { wasmBytes } from '../harness/heap.js';
import { Member } from '../harness/member.js';
import { children, memory } from '../harness/processes.js';
import { here, openSharing } from '../harness/sharing.js';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('limits', { timeout: 300_000 }, () => {
  let chromium;
  before(async () => {
    chromium = await openSharing();
  });
  after(() => chromium?.close());

  test('a message of 900 KiB arrives whole', async () => {
    const [a, b] = await Promise.all([Member.open(here('/large')), Member.open(here('/large'))]);
    const text = 'žluť'.repeat(150 * KIB);
    assert.equal(Buffer.byteLength(text), 900 * KIB);
    await a.send(text);
    assert.ok((await b.next()) === text);
    await Promise.all([a.close(), b.close()]);
  });

  test('900,000 quotation marks arrive, though escaped they are twice as many', async () => {
    const [a, b] = await Promise.all([Member.open(here('/quotes')), Member.open(here('/quotes'))]);
    const text = '"'.repeat(900_000);
    await a.send(text);
    assert.ok((await b.next()) === text);
    await Promise.all([a.close(), b.close()]);
  });

  test('a binary message of 900 KiB arrives whole', async () => {
    const [a, b] = await Promise.all([Member.open(here('/bytes')), Member.open(here('/bytes'))]);
    const bytes = Buffer.from(Array.from({ length: 900 * KIB }, (_, at) => (at * 31) & 255));
    await a.send(bytes);
    assert.ok(bytes.equals(await b.next()));
    await Promise.all([a.close(), b.close()]);
  });

  test('a message of exactly the limit passes, one byte more is closed with 1009', async () => {
    const [a, b] = await Promise.all([Member.open(here('/edge')), Member.open(here('/edge'))]);
    await a.send(Buffer.alloc(MIB, 1));
    assert.equal((await b.next()).length, MIB);
    a.send(Buffer.alloc(MIB + 1, 1)).catch(() => {}); // the connection may end while it is being written
    assert.equal((await a.closed).code, 1009);
    await b.close();
  });

  test('a message of 5 MiB is closed with 1009, and the others go on', async () => {
    const [a, b, c] = await Promise.all(Array.from({ length: 3 }, () => Member.open(here('/huge'))));
    a.send('x'.repeat(5 * MIB)).catch(() => {}); // the connection may end while it is being written
    assert.equal((await a.closed).code, 1009);
    await b.send('still here');
    assert.equal(await c.next(), 'still here');
    await Promise.all([b.close(), c.close()]);
  });

  test('a receiver that never reads is closed with 1013; the others go on, and memory stays bounded', async () => {
    const [sender, reader] = await Promise.all([Member.open(here('/slow')), Member.open(here('/slow'))]);
    const sleeper = await Member.open(here('/slow'));
    sleeper.pause();
    // It wakes when it has been given up: whoever never reads at all cannot read a close code either.
    const givenUp = chromium.state((state) => state.totals.slow === 1).then(() => sleeper.resume());
    const before = await weigh(chromium);

    // 128 MiB, paced by a reader that does read: far more than every queue on the way can hold.
    const message = Buffer.alloc(256 * KIB, 7);
    let peak = before;
    for (let sent = 0; sent < 512; sent++) {
      await sender.send(message);
      assert.equal((await reader.next()).length, message.length);
      if (sent % 64 === 63) peak = heavier(peak, await weigh(chromium));
    }

    await givenUp;
    assert.equal((await sleeper.closed).code, 1013);
    await reader.send('still here');
    assert.equal(await sender.next(), 'still here');
    const grown = { companion: peak.companion - before.companion, browser: peak.browser - before.browser };
    console.log(`# grown by ${JSON.stringify(grown)} MiB while 128 MiB passed`);
    assert.ok(grown.companion < 24, `companion grew by ${grown.companion} MiB`);
    // What it has not collected yet is in it.
    assert.ok(grown.browser < 160, `browser and worker grew by ${grown.browser} MiB`);
    await Promise.all([sender.close(), reader.close()]);
  });

  test('a flood that the extension does not take stays with its sender, and goes on when it does', async () => {
    // Alone: whoever heard a flood would be closed as too slow.
    const sender = await Member.open(here('/flood'));
    const extension = await chromium.extensionProcess();
    const before = await weighCompanion(chromium);
    process.kill(extension, 'SIGSTOP');
    let sent, held, grown;
    try {
      // 48 MiB, of which the link's credit lets 4 out of the companion.
      sent = Array.from({ length: 192 }, (_, n) => sender.send(Buffer.alloc(256 * KIB, n)));
      held = await settled(() => sender.backlog);
      grown = (await weighCompanion(chromium)) - before;
    } finally {
      process.kill(extension, 'SIGCONT');
    }
    console.log(`# ${Math.round(held / MIB)} MiB stayed with the sender; the companion grew by ${Math.round(grown)} MiB`);
    assert.ok(held > 16 * MIB, `${held} bytes were not taken`);
    assert.ok(grown < 32, `companion grew by ${grown} MiB`);
    await Promise.all([...sent, sender.read()]);
    // Who comes now is heard of after the flood.
    const reader = await Member.open(here('/flood'));
    await sender.send('still here');
    assert.equal(await reader.next(), 'still here');
    await Promise.all([sender.close(), reader.close()]);
  });
});

/** A number that moves no more: nobody says so, it is looked at until it is the same for a second. */
async function settled(look) {
  let [last, same] = [look(), 0];
  while (same < 10) {
    await pause(100);
    const now = look();
    [last, same] = [now, now === last ? same + 1 : 0];
  }
  return last;
}

/** Memory in MiB: of the companion, and of the browser with all its processes but that one. */
async function weigh(chromium) {
  const [companion] = await chromium.companions();
  const browser = chromium.browser.process().pid;
  const pids = [browser, ...(await children(browser)).map(({ pid }) => pid)].filter((pid) => pid !== companion);
  const sizes = await Promise.all(pids.map((pid) => memory(pid).catch(() => 0)));
  return { companion: await weighCompanion(chromium), browser: sizes.reduce((sum, size) => sum + size, 0) };
}

/** In MiB; of the app what its page holds, without what its engine will collect some time. */
async function weighCompanion(chromium) {
  if (!BY_APP) return memory((await chromium.companions())[0]);
  const session = await chromium.window.createCDPSession();
  try {
    const wasm = await wasmBytes(session);
    const { usedSize, embedderHeapUsedSize, backingStorageSize } = await session.send('Runtime.getHeapUsage');
    return (wasm + usedSize + embedderHeapUsedSize + backingStorageSize) / MIB;
  } finally {
    await session.detach();
  }
}

function heavier(a, b) {
  return { companion: Math.max(a.companion, b.companion), browser: Math.max(a.browser, b.browser) };
}
