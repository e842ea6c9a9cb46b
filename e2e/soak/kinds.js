// What goes wrong in a soak. docs/faults.md says what is promised for each.

import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { crash, documents, reload } from '../harness/extension.js';
import { Member } from '../harness/member.js';
import { gone, kill } from '../harness/processes.js';
import { frame, Raw, upgrade } from '../harness/raw.js';
import { here, LAN, PORT, press } from '../harness/sharing.js';

/** How long a companion hangs, in milliseconds: less than makes it be left (`COMPANION_SILENCE`). */
const HANGS = [500, 4_000];
const DEAF = 5;

/** Each `does(stage, random, pause)` until the fault is there and known; all is awaited to be well after it. */
export const KINDS = {
  'companion killed': { cutsMembers: true, does: killCompanion },
  'companion hangs': { does: stopCompanion },
  'worker terminated': { cutsMembers: true, does: terminateWorker },
  'document closed': { does: closeDocument },
  'document crashed': { cutsMembers: true, does: crashDocument },
  'interface down': { cutsMembers: true, does: takeInterfaceDown },
  'cable pulled': { does: pullCable },
  'device vanished': { does: vanish },
  'page refreshed': { does: (stage, random) => random.pick(stage.writers).refresh(random.between(1, 8)) },
  'master refreshed': { does: (stage) => stage.refreshSecond() },
  'receivers never read': { does: neverRead },
  'nonsense sent': { does: sendNonsense },
};

async function killCompanion({ chromium }) {
  const crashed = chromium.state(({ status }) => status === 'crashed');
  const pids = await chromium.companions();
  pids.forEach(kill);
  await Promise.all([crashed, ...pids.map(gone)]);
}

async function stopCompanion({ chromium }, random, pause) {
  const pids = await chromium.companions();
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  await pause.for(random.between(...HANGS));
  for (const pid of pids) process.kill(pid, 'SIGCONT');
}

async function terminateWorker({ chromium }) {
  const interrupted = chromium.state(({ status }) => status !== 'sharing');
  await chromium.stopWorker();
  // The master's port wakes it.
  await interrupted;
}

async function closeDocument({ chromium, writers }) {
  const [before] = await documents(chromium);
  const lost = await losing(writers[0]);
  await chromium.control.evaluate(() => chrome.offscreen.closeDocument());
  await lost();
  await writers[0].reaches();
  if ((await documents(chromium)).includes(before)) throw new Error('The document was not closed.');
}

/** Takes the whole extension along; a person reloads it, and presses Start. */
async function crashDocument({ chromium, writers }) {
  const [lost, member] = await Promise.all([losing(writers[0]), Member.open(here('/crash'))]);
  await crash(chromium);
  await Promise.all([member.closed, lost()]);
  await reload(chromium);
  const popup = await chromium.popup();
  await press(popup, 'share-toggle');
  await chromium.state(({ status }) => status === 'sharing');
  await popup.close();
}

async function takeInterfaceDown({ chromium, lan }) {
  execFileSync('ip', ['link', 'set', 'eth0', 'down']);
  await chromium.state(({ status }) => status === 'no-address');
  lan.here.move([LAN]);
}

/** The computer of the slaves and of the second master loses its cable. */
async function pullCable({ device, writers }) {
  const lost = await losing(writers[0]);
  device.unplug();
  await lost();
  device.plug();
}

/** A device is gone without a word: the hub notices a minute later. */
async function vanish(stage) {
  const localAddress = stage.newAddress();
  const member = await Member.open(here('/vanished'), { localAddress });
  stage.lan.here.drop(`ip saddr ${localAddress}`);
  member.terminate();
}

/** A sender fills what is kept for receivers that never read, until all of them are given up. */
async function neverRead({ chromium }) {
  const open = () => Member.open(here('/deaf'));
  const [sender, reader, ...deaf] = await Promise.all(Array.from({ length: 2 + DEAF }, open));
  for (const member of deaf) member.pause();
  const { totals } = await chromium.state();
  let areGivenUp = false;
  const givenUp = chromium.state(({ totals }, slow) => totals.slow >= slow, totals.slow + DEAF).then(() => (areGivenUp = true));
  while (!areGivenUp) {
    await sender.send(randomBytes(256 * 1024));
    await reader.next();
  }
  await givenUp;
  // Whoever never reads at all cannot read a close code either.
  for (const member of deaf) member.resume();
  for (const { closed } of deaf) {
    const { code } = await closed;
    if (code !== 1013) throw new Error(`who never reads was closed with ${code}`);
  }
  await Promise.all([sender.close(), reader.close()]);
}

/** Requests and frames that no client sends: each ends its own connection, and only that. */
async function sendNonsense(_, random) {
  const requests = [upgrade(PORT, `/${'x'.repeat(300)}`), upgrade(PORT, '/', (lines) => lines.slice(0, 1)), '\x16\x03\x01\r\n\r\n'];
  const frames = [frame(0xc1, 'a reserved bit'), frame(0x83, 'an opcode of nobody'), frame(0x81, 'not masked', { masked: false })];
  for (let n = 0; n < 20; n += 1) {
    const isUpgraded = random.chance(0.5);
    const raw = await (isUpgraded ? Raw.upgraded(PORT, '/nonsense') : Raw.open(PORT));
    raw.write(random.pick(isUpgraded ? frames : requests));
    await raw.ended;
    const other = await Raw.open(PORT);
    other.write(randomBytes(random.between(1, 4_000)));
    // What could be the beginning of something sound ends by its time, or here.
    other.destroy();
    await other.ended;
  }
}

/** Arms a page; gives what resolves when it is not connected any more. */
async function losing({ page }) {
  await page.evaluate(() => {
    globalThis.lost = until(db, 'state', ({ state }) => state !== 'connected').then(() => {});
  });
  return () => page.evaluate(() => lost);
}
