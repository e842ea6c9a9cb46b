// What /proc says about processes.

import { readFile, readdir } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';

/** All descendants of a process: `{ pid, parent, command }`. */
export async function children(ancestor) {
  const all = await Promise.all((await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(process_));
  const found = [];
  const wanted = new Set([ancestor]);
  for (let grown = true; grown; ) {
    grown = false;
    for (const one of all) {
      if (one && wanted.has(one.parent) && !wanted.has(one.pid)) {
        wanted.add(one.pid);
        found.push(one);
        grown = true;
      }
    }
  }
  return found;
}

async function process_(pid) {
  try {
    const [stat, command] = await Promise.all([readFile(`/proc/${pid}/stat`, 'utf8'), readFile(`/proc/${pid}/cmdline`, 'utf8')]);
    const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { pid: Number(pid), parent: Number(parent), state, command: command.replaceAll('\0', ' ') };
  } catch {
    return undefined; // ended while we looked
  }
}

/** Resolves when a process is gone. The system tells nobody but its parent: it is looked at every 20 ms. */
export async function gone(pid) {
  for (let one = await process_(pid); one && one.state !== 'Z'; one = await process_(pid)) await pause(20);
}

/** The names of a process's threads, as far as the system keeps them: 15 letters. None of one that has ended. */
export async function threads(pid) {
  const folder = `/proc/${pid}/task`;
  const names = await readdir(folder).catch(() => []);
  return Promise.all(names.map((name) => readFile(`${folder}/${name}/comm`, 'utf8').catch(() => '')));
}

/** Ends a process at once; one that has ended already is as good. */
export function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}

/** Memory of a process that is its own, in MiB: proportional set size. */
export async function memory(pid) {
  const text = await readFile(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+)/m.exec(text)[1]) / 1024;
}
