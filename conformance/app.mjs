// The app of target/echo in Chromium; prints `listening ws://HOST:PORT/`, and stays until it is told to stop.

import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { APP_SWITCHES, App } from '../e2e/harness/app.js';
import { launch } from '../e2e/harness/launch.js';
import { text } from '../e2e/harness/sharing.js';

const profile = await mkdtemp(join(tmpdir(), 'lan-broadcaster-'));
const stopped = once(process, 'SIGTERM');
const browser = await launch({ userDataDir: profile, args: APP_SWITCHES });
let app;
try {
  app = await App.install(browser, { stun: false });
  const window = await app.window();
  const status = await text(window, 'status', (text) => /^(Port|The port)/.test(text));
  const [port] = status.match(/\d+/) ?? [];
  if (!port) throw new Error(status);
  console.log(`listening ws://127.0.0.1:${port}/`);
  await stopped;
} finally {
  await browser.close();
  app?.close();
  await rm(profile, { recursive: true, force: true, maxRetries: 5 });
}
