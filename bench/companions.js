// The companion program and the Direct Sockets app side by side, each behind the extension of a Chromium of its own:
// messages a second, the time from Start to an open port, memory. They take turns, so that a busy moment meets both.
// Prints markdown. FANOUT names the load generator; runs in a network of its own (harness/network.sh).

import { once } from 'node:events';
import { connect } from 'node:net';
import { APP_PORT } from '../e2e/harness/app.js';
import { Member } from '../e2e/harness/member.js';
import { children, memory } from '../e2e/harness/processes.js';
import { LAN, openSharing, press, text } from '../e2e/harness/sharing.js';
import { cpu, cpuOf, fanout, median, round } from './load.js';

const ROUNDS = Number(process.env.ROUNDS ?? 9);
const OPENINGS = 4 * ROUNDS;
const LOADS = [[2, 200, 10000], [10, 200, 10000], [100, 200, 5000], [10, 4096, 4000], [100, 4096, 2000]];
const MEMBERS = 100;

const program = { name: 'program', port: 9999, byApp: false };
const app = { name: 'app', port: APP_PORT, byApp: true };
const both = [program, app];
try {
  for (const one of both) one.chromium = await openSharing({ byApp: one.byApp, settings: { port: one.port } });
  await opening();
  await throughput();
  await memories();
} finally {
  for (const { chromium } of both) await chromium?.close();
}

async function throughput() {
  console.log(`\n| members | bytes | through the program: messages/s | through the app | share | CPU µs/message, all processes: program | app | p50 ms: program | app | faults |`);
  console.log('|---|---|---|---|---|---|---|---|---|---|');
  for (const [clients, size, messages] of LOADS) {
    const options = ['--clients', clients, '--senders', 2, '--size', size, '--messages', messages, '--text'];
    const runs = new Map(both.map((one) => [one, []]));
    await inTurn(ROUNDS, async (one) => runs.get(one).push(await measure(one, options, { clients, messages })));
    const of = (one, key) => median(runs.get(one).map((run) => run[key]));
    const faults = [...runs.values()].flat().flatMap(({ fault }) => fault ?? []);
    const columns = [of(program, 'rate'), of(app, 'rate')];
    console.log(
      `| ${clients} | ${size} | ${columns.map(round).join(' | ')} | ${(columns[1] / columns[0]).toFixed(2)} ` +
        `| ${both.map((one) => of(one, 'cost').toFixed(0)).join(' | ')} | ${both.map((one) => of(one, 'p50').toFixed(1)).join(' | ')} | ${faults.join(', ')} |`,
    );
  }
}

async function measure({ chromium, port }, options, { clients, messages }) {
  const before = await cpu(chromium);
  const run = await fanout(`ws://127.0.0.1:${port}/`, options);
  const after = await cpu(chromium);
  return {
    rate: run.deliveries_per_s / (clients - 1),
    cost: ((after.companion + after.browser - before.companion - before.browser) * 1e6) / (2 * messages),
    p50: run.p50_us / 1000,
    fault: run.ok ? undefined : run.first_fault,
  };
}

/** From the press of Start until the port takes a connection, and until the popup says so; the app's window is ready. */
async function opening() {
  const times = new Map(both.map((one) => [one, { open: [], shown: [] }]));
  // In a tab: Chromium opens no popup over a window that is not in front, and here are two.
  for (const one of both) one.popup = await one.chromium.tab('extension/popup.html');
  await inTurn(OPENINGS, async (one) => {
    await press(one.popup, 'share-toggle');
    await one.chromium.state(({ status }) => status === 'stopped');
    await refused(one.port);
    if (one === app) await text(one.chromium.window, 'status', (text) => text.startsWith('Ready'));
    const [open, shown] = await Promise.all([taken(one.port), startToShown(one.popup)]);
    times.get(one).open.push(open - shown.pressed);
    times.get(one).shown.push(shown.at - shown.pressed);
  });
  for (const { popup } of both) await popup.close();
  console.log(`\n| from Start, ${OPENINGS} times | port open: median ms | worst ms | shown: median ms | worst ms |\n|---|---|---|---|---|`);
  for (const [{ name }, { open, shown }] of times) {
    const columns = [open, shown].flatMap((all) => [median(all), Math.max(...all)]).map((ms) => ms.toFixed(0));
    console.log(`| ${name} | ${columns.join(' | ')} |`);
  }
}

/** Presses Start; when that was, and when the popup said that the port is open. */
function startToShown(popup) {
  return popup.evaluate(() => new Promise((resolve) => {
    const button = document.querySelector('[data-testid="share-toggle"]');
    let pressed;
    const look = () => {
      const { status } = document.body.dataset;
      if (pressed === undefined && status === 'stopped' && !button.disabled) {
        pressed = Date.now();
        button.click();
      } else if (pressed !== undefined && status === 'sharing') {
        observer.disconnect();
        resolve({ pressed, at: Date.now() });
      }
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { attributes: true, subtree: true });
    look();
  }));
}

/** When a port first takes a connection: it is tried again and again. */
async function taken(port) {
  while (!(await isTaken(port)));
  return Date.now();
}

/** Resolves when nobody answers at a port any more. */
async function refused(port) {
  while (await isTaken(port));
}

async function isTaken(port) {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** What the program takes, and the app's renderer: the page's process that has worked most by now. */
async function memories() {
  const pids = [(await program.chromium.companions())[0], await appRenderer()];
  const rest = await Promise.all(pids.map(memory));
  const held = await withMembers(() => Promise.all(pids.map(memory)));
  console.log(`\n| memory, MiB (PSS) | after the load | with ${MEMBERS} idle members |\n|---|---|---|`);
  both.forEach(({ name }, at) => console.log(`| ${name} | ${rest[at].toFixed(1)} | ${held[at].toFixed(1)} |`));
}

async function appRenderer() {
  const all = await children(app.chromium.browser.process().pid);
  const pages = all.filter(({ command }) => /--type=renderer/.test(command) && !/--extension-process|--top-chrome/.test(command));
  const spent = await Promise.all(pages.map(({ pid }) => cpuOf(pid)));
  return pages[spent.indexOf(Math.max(...spent))].pid;
}

async function withMembers(look) {
  // Of two addresses, for one may have 64.
  const urls = both.flatMap(({ port }) => Array.from({ length: MEMBERS }, (_, at) => `ws://${at % 2 ? '127.0.0.1' : LAN}:${port}/`));
  const members = await Promise.all(urls.map((url) => Member.open(url)));
  try {
    return await look();
  } finally {
    await Promise.all(members.map((member) => member.close()));
  }
}

async function inTurn(rounds, act) {
  for (let round = 0; round < rounds; round += 1) {
    for (const one of round % 2 ? [...both].reverse() : both) await act(one);
  }
}
