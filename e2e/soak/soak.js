// The soak: hundreds of members, masters and slaves at work while one thing after the other breaks; at the end every
// promise is held against what is there. `node soak.js [MINUTES] [--seed N]`, in a network of its own (network.sh).

import { parseArgs } from 'node:util';
import { Attack, SENT, SUM } from './attack.js';
import { noFilter } from '../harness/lan.js';
import { Checks } from './checks.js';
import { Crowd } from './crowd.js';
import { Faults } from './faults.js';
import { companion, extension, forgetMost, left, settled } from './gauge.js';
import { KINDS } from './kinds.js';
import { Random } from './random.js';
import { ATTACKING, Stage } from './stage.js';
import { within } from './within.js';

const MEMBERS = 200;
const MIB = 2 ** 20;
/** Far fewer than even a busy computer makes. */
const CALLS_PER_MINUTE = 20;
/** Attacks in a row: what one leaves behind adds up. */
const ATTACKS = 3;
/** It is a member as long as it serves. */
const SECOND_MASTER = 1;

/**
 * What may be more than before. An allocator keeps pages of which it has given out a part, WASM is given none back, a
 * browser keeps what it may want again (its own process 35 to 65 MiB in two minutes of tabs that come, go and crash); a
 * thread for calls that block comes and goes. Handles and connections: none.
 */
const SLACK = { companion: 8 * MIB, threads: 1, heap: 8 * MIB, wasm: 16 * MIB, extension: 64 * MIB, browser: 128 * MIB };
const mib = (bytes) => `${(bytes / MIB).toFixed(1)} MiB`;

const { values, positionals } = parseArgs({ options: { seed: { type: 'string' } }, allowPositionals: true });
const minutes = Number(positionals[0] ?? 2);
const seed = values.seed ?? String(Date.now() % 1_000_000);
if (!(minutes > 0)) throw new Error(`'${positionals[0]}' is no number of minutes.`);

const started = performance.now();
const tell = (words) => console.log(`${((performance.now() - started) / 1000).toFixed(0).padStart(5)} s  ${words}`);
const checks = new Checks();
const measured = {};
console.log(`soak of ${minutes} min; again as this one: ./build.sh soak ${minutes} --seed ${seed}`);

if (noFilter) {
  console.log(`skipped: ${noFilter}\n0 passed, 0 failed, 1 skipped`);
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stage.close().finally(() => process.exit(1)));
const random = new Random(seed);
const stage = await within('everything is open', Stage.open(random));
try {
  measured.before = { companion: await companion(stage.chromium), extension: await extension(stage.chromium) };
  tell('everything is open');
  const { crowd, faults } = await load();
  await checkRecords();
  await checkOrder(crowd, faults);
  await attack();
  await leave();
  summarise(crowd, faults);
} catch (error) {
  await checks.that('the soak comes to its end', () => Promise.reject(error));
} finally {
  await stage.close();
}
process.exit(checks.end());

/** All at work, while things break. */
async function load() {
  const faults = new Faults({ stage, random: random.fork('faults') });
  const crowd = new Crowd({ random: random.fork('crowd'), doors: stage.doors, size: MEMBERS, mayBeCutOff: () => faults.areMembersCut });
  await stage.startWork();
  const end = performance.now() + minutes * 60_000;
  await faults.run(() => performance.now() > end, tell);
  await within('writers end', stage.stopWork());
  await within('all who are here hear the last words of each other', crowd.disperse());
  tell('all have stopped');
  return { crowd, faults };
}

async function checkRecords() {
  for (const [ledger, rows] of await stage.stored()) {
    await checks.that(`every record acknowledged by ${ledger.name} is there, once, as it was last written`, () => ledger.compare(rows));
  }
  await checks.that('each master was written to and read from all the time', () =>
    stage.ledgers.filter(({ counts }) => Math.min(counts.acknowledged, counts.reads) < CALLS_PER_MINUTE * minutes).map(({ name, counts }) => `${name}: ${JSON.stringify(counts)}`),
  );
  await checks.that('every attachment is there as it was last written', () => stage.compareAttachments());
  await checks.that('whoever wrote has read what was written, and was refused nothing', () => stage.ledgers.flatMap(({ name, complaints }) => complaints.map((words) => `${name}: ${words}`)));
  await checks.that('no page has complained', () => stage.complaints);
}

async function checkOrder({ order }, { counts }) {
  await checks.that('each member heard each other of its room in order, without gaps, to the end, and was cut off by faults alone', () => order.complaints);
  await checks.that('everything that can break broke, and was well again', () => Object.keys(KINDS).filter((kind) => !counts[kind]));
}

/** Hostile members on a companion that does nothing else. */
async function attack() {
  const { chromium } = stage;
  await within('the members that vanished are noticed', nobody(SECOND_MASTER));
  const levels = [await within('their handles are closed', settled(chromium, measured.before.companion.handles))];
  const peaks = [];
  for (let round = 0; round < ATTACKS; round += 1) {
    await forgetMost(levels[0]);
    const attack = new Attack();
    await within('64 stop in the middle of a message', attack.stopInTheMiddle(ATTACKING));
    await within('receivers that never read are given up', attack.neverRead(chromium));
    peaks.push(await companion(chromium));
    attack.end();
    await within('the attackers are gone', nobody(SECOND_MASTER));
    levels.push(await within('the handles of the attackers are closed', settled(chromium, levels[0].handles)));
    tell(`attack ${round + 1}: ${mib(peaks.at(-1).most)} at most, ${mib(levels.at(-1).resident)} after`);
  }
  Object.assign(measured, { levels, peaks });
  await checkAttack(levels, peaks);
}

async function checkAttack([first, ...levels], peaks) {
  await checks.that(`attackers had the companion hold no more than the sum of docs/security.md, ${mib(SUM)}`, () =>
    peaks.map(({ most }) => most - first.resident).filter((grown) => grown > SUM || grown < SENT).map((grown) => `it grew by ${mib(grown)}; ${mib(SENT)} had been sent`),
  );
  await checks.that('after each attack the companion is back at its level: memory, handles, threads', () =>
    levels.flatMap(({ pid, resident, handles, threads }) => [
      ...(pid === first.pid ? [] : ['it was started anew']),
      ...(resident - first.resident <= SLACK.companion ? [] : [`memory: ${mib(resident)} after ${mib(first.resident)}`]),
      ...(handles === first.handles ? [] : [`handles: ${handles} after ${first.handles}`]),
      ...(threads - first.threads <= SLACK.threads ? [] : [`threads: ${threads} after ${first.threads}`]),
    ]),
  );
}

/** Resolves when there is no member but so many. */
function nobody(but = 0) {
  return stage.chromium.state(({ members }, but) => members.length === but, but);
}

/** Everybody leaves, and the extension is weighed again. */
async function leave() {
  await within('nobody is connected to the master any more', stage.leave());
  await within('nobody is a member any more', nobody());
  const handles = measured.before.companion.handles - SECOND_MASTER;
  measured.after = {
    companion: await within('all handles are closed', settled(stage.chromium, handles)),
    extension: await within('all RTCPeerConnections are gone', left(stage.chromium, measured.before.extension.connections)),
  };
  const { before, after } = measured;
  await checks.that('when all have left everything is back at its level', () => [
    ...over('memory of the companion', before.companion.resident, after.companion.resident, SLACK.companion),
    ...over('threads of the companion', before.companion.threads, after.companion.threads, SLACK.threads),
    ...over('heap of the master', before.extension.heap, after.extension.heap, SLACK.heap),
    ...over('WASM of the master', before.extension.wasm, after.extension.wasm, SLACK.wasm),
    ...over('memory of the extension', before.extension.resident.extension, after.extension.resident.extension, SLACK.extension),
    ...over('memory of the browser', before.extension.resident.browser, after.extension.resident.browser, SLACK.browser),
  ]);
}

function over(what, before, after, slack) {
  return after - before <= slack ? [] : [`${what}: ${after} after ${before}, and ${slack} are allowed`];
}

function summarise({ order, counts: members }, { counts: faults }) {
  const { before, after, levels, peaks } = measured;
  const calls = stage.ledgers.map(({ name, counts }) => `${name} ${counts.acknowledged} writes, ${counts.reads} reads, ${counts.lost} lost with 503`);
  const list = (record) => Object.entries(record).map(([kind, count]) => `${kind} ${count}`).join(', ');
  const levelsOf = (read) => `${read(before)} before, ${read(after)} after`;
  console.log(`
members      ${members.came} came, ${members.cutOff} cut off by faults, ${members.notLetIn} times not let in
messages     ${order.said}, ${order.deliveries} deliveries
calls        ${calls.join('; ')}; ${stage.passers.count} passers
faults       ${list(faults)}
companion    ${levelsOf(({ companion }) => `${mib(companion.resident)}, ${companion.handles} handles, ${companion.threads} threads`)}
attacks      ${peaks.map(({ most }) => mib(most)).join(', ')} at most, ${levels.map(({ resident }) => mib(resident)).join(', ')} before and between; allowed ${mib(SUM)} more
extension    ${levelsOf(({ extension }) => `heap ${mib(extension.heap)}, WASM ${mib(extension.wasm)}, ${extension.connections} connections, process ${mib(extension.resident.extension)}, browser ${mib(extension.resident.browser)}, others ${mib(extension.resident.others)}`)}
`);
}
