// What the parts hold: memory, handles, threads, connections.

import { readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { debug } from '../harness/extension.js';
import { living, wasmBytes } from '../harness/heap.js';
import { children, memory } from '../harness/processes.js';
import { PORT } from '../harness/sharing.js';

/** The companion that shares: resident memory in bytes, the most of it so far, file handles and threads. */
export async function companion(chromium) {
  const pid = await sharing(chromium);
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const field = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(status)[1]);
  const handles = (await readdir(`/proc/${pid}/fd`)).length;
  return { pid, resident: field('VmRSS') * 1024, most: field('VmHWM') * 1024, handles, threads: field('Threads') };
}

/** The same, once it has no more handles than it had: the system tells nobody when one is closed, so it is looked at every 50 ms. */
export async function settled(chromium, handles) {
  for (;;) {
    const now = await companion(chromium);
    if (now.handles <= handles) return now;
    await pause(50);
  }
}

/** Its process: the one that has the port. Another one may be keeping a copy. */
async function sharing(chromium) {
  const port = `:${PORT.toString(16).toUpperCase().padStart(4, '0')}`;
  const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/self/net/${name}`, 'utf8')));
  const lines = tables.flatMap((table) => table.split('\n')).map((line) => line.trim().split(/\s+/));
  const listening = lines.filter(([, local, , state]) => local?.endsWith(port) && state === '0A');
  const sockets = new Set(listening.map((fields) => `socket:[${fields[9]}]`));
  for (const pid of await chromium.companions()) {
    const handles = await readdir(`/proc/${pid}/fd`).catch(() => []);
    const links = await Promise.all(handles.map((handle) => readlink(`/proc/${pid}/fd/${handle}`).catch(() => '')));
    if (links.some((link) => sockets.has(link))) return pid;
  }
  throw new Error('No companion has the port.');
}

/** Has the kernel forget the most a process has held, so that `most` counts from here. */
export async function forgetMost({ pid }) {
  await writeFile(`/proc/${pid}/clear_refs`, '5');
}

/**
 * The extension, after its garbage was collected: the document's heap, its WASM and its RTCPeerConnections, of which one
 * is made ahead for whoever comes next; and the browser's processes.
 */
export async function extension(chromium) {
  const session = await debug(chromium);
  try {
    // What is kept in case it is wanted again is no leak.
    await session.send('Memory.simulatePressureNotification', { level: 'critical' });
    const connections = await living(session, 'RTCPeerConnection', (all) => all.length);
    const wasm = await wasmBytes(session);
    const { usedSize } = await session.send('Runtime.getHeapUsage');
    return { heap: usedSize, wasm, connections, resident: await residentOf(chromium) };
  } finally {
    await session.detach();
  }
}

/** The same, once it has no more connections than so many: one that is closed goes when nothing knows it any more. */
export async function left(chromium, connections) {
  for (;;) {
    const now = await extension(chromium);
    if (now.connections <= connections) return now;
    await pause(200);
  }
}

/** The browser's processes: what of their memory is their own, in bytes, by what they are for; without companions. */
async function residentOf(chromium) {
  const { pid } = chromium.browser.process();
  const bytes = async (pid) => (await memory(pid)) * 2 ** 20;
  const sizes = { browser: await bytes(pid), extension: 0, others: 0 };
  for (const { pid: child, command } of await children(pid)) {
    if (command.includes('lan-broadcaster-host')) continue;
    const kind = command.includes('--extension-process') ? 'extension' : 'others';
    // One may end while it is looked at.
    sizes[kind] += await bytes(child).catch(() => 0);
  }
  return sizes;
}
