// A browser that is killed, and started again on what it left.

import { once } from 'node:events';
import { launch } from './launch.js';
import { children, gone } from './processes.js';

/** kill -9 of all of a browser, and a start on what it left. */
export async function kill(victim) {
  const process = victim.browser.process();
  const all = await children(process.pid);
  process.kill('SIGKILL');
  if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
  await Promise.all(all.map(({ pid }) => gone(pid)));
  victim.browser = await launch({ userDataDir: victim.profile, defaultViewport: null });
}
