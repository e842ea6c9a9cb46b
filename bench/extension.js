// Messages through the whole of it: member → companion → link → worker → link → companion → members.
// Prints markdown. FANOUT names the load generator; runs in a network of its own (harness/network.sh).

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { children } from '../e2e/harness/processes.js';
import { here, openSharing, text } from '../e2e/harness/sharing.js';

const TICKS_PER_S = 100;
const chromium = await openSharing();
try {
  await throughput();
  await latencyAtRest();
  await popup();
} finally {
  await chromium.close();
}

async function throughput() {
  console.log('| members | bytes | messages/s in | deliveries/s | p50 ms | companion CPU µs/message | browser CPU µs/message | faults |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [clients, size, messages] of [[2, 200, 20000], [10, 200, 10000], [100, 200, 5000], [10, 4096, 5000], [100, 4096, 3000]]) {
    const before = await cpu();
    const run = await fanout(['--clients', clients, '--senders', 2, '--size', size, '--messages', messages, '--text']);
    const after = await cpu();
    const each = (key) => (((after[key] - before[key]) * 1e6) / (2 * messages)).toFixed(0);
    const into = run.deliveries_per_s / (clients - 1);
    console.log(
      `| ${clients} | ${size} | ${round(into)} | ${round(run.deliveries_per_s)} | ${(run.p50_us / 1000).toFixed(1)} ` +
        `| ${each('companion')} | ${each('browser')} | ${run.ok ? '' : run.first_fault} |`,
    );
  }
}

async function latencyAtRest() {
  console.log('\n| at rest: 20 messages/s, 2 members | p50 ms | p99 ms | worst ms |\n|---|---|---|---|');
  for (const size of [200, 4096]) {
    const run = await fanout(['--clients', 2, '--senders', 1, '--size', size, '--messages', 200, '--rate', 20, '--text']);
    const ms = (us) => (us / 1000).toFixed(2);
    console.log(`| ${size} bytes | ${ms(run.p50_us)} | ${ms(run.p99_us)} | ${ms(run.max_us)} |`);
  }
}

async function popup() {
  const times = [];
  for (let round = 0; round < 20; round++) {
    const page = await chromium.popup();
    await text(page, 'broadcaster-url');
    times.push(await page.evaluate(() => performance.getEntriesByName('url-shown')[0].startTime));
    await page.close();
  }
  times.sort((a, b) => a - b);
  console.log('\n| popup: from opening to the URL, 20 times | median ms | worst ms |\n|---|---|---|');
  console.log(`| warm worker | ${times[10].toFixed(0)} | ${times[19].toFixed(0)} |`);
}

async function fanout(options) {
  const command = ['--url', here(), '--json', ...options.map(String)];
  try {
    return JSON.parse((await promisify(execFile)(process.env.FANOUT, command)).stdout);
  } catch (error) {
    if (error.stdout) return JSON.parse(error.stdout);
    throw error;
  }
}

/** CPU seconds so far: of the companion, and of the browser with all its other processes. */
async function cpu() {
  const browser = chromium.browser.process().pid;
  const companions = await chromium.companions();
  const spent = { companion: 0, browser: await seconds(browser) };
  for (const { pid } of await children(browser)) {
    spent[companions.includes(pid) ? 'companion' : 'browser'] += await seconds(pid);
  }
  return spent;
}

async function seconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

function round(value) {
  return Math.round(value).toLocaleString('en');
}
