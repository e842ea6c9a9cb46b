// What the measurements through Chromium share: the load generator, named by FANOUT, and what it costs here.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { children } from '../e2e/harness/processes.js';

const TICKS_PER_S = 100;

/** One run of the load generator; a run with faults is given too, with `ok` false. */
export async function fanout(url, options) {
  const command = ['--url', url, '--json', ...options.map(String)];
  try {
    return JSON.parse((await promisify(execFile)(process.env.FANOUT, command)).stdout);
  } catch (error) {
    if (error.stdout) return JSON.parse(error.stdout);
    throw error;
  }
}

/** CPU seconds so far: of the companion program, and of the browser with all its other processes. */
export async function cpu(chromium) {
  const browser = chromium.browser.process().pid;
  const companions = await chromium.companions();
  const spent = { companion: 0, browser: await cpuOf(browser) };
  for (const { pid } of await children(browser)) {
    spent[companions.includes(pid) ? 'companion' : 'browser'] += await cpuOf(pid);
  }
  return spent;
}

/** CPU seconds of a process so far. */
export async function cpuOf(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}

export function round(value) {
  return Math.round(value).toLocaleString('en');
}
