// `./build.sh run`: starts Chromium with the extension and its companion, shares, prints the URLs
// and the invitation that the real popup shows, and stays until it is told to stop.

import { parseArgs } from 'node:util';
import { APP_PORT } from './harness/app.js';
import { Chromium } from './harness/chromium.js';
import { start, text } from './harness/sharing.js';

/** Longer than any start takes; then the popup's sentence says what is wrong. */
const START_MS = 60_000;
const GOOD = ['sharing'];
const PASSING = ['starting', 'loading', 'stopped', 'other-network'];
/** The app opens the port before it is told this computer's addresses. */
const PASSING_BY_APP = [...PASSING, 'no-address'];

const OPEN = `Open one of these with any WebSocket client, or the same address with http:// in a browser on another
device of this network. Whatever one sends, the others receive.`;
const INVITED = `Open the invitation in a browser on another device of this network, and pass it on to those only who are
to come in: whoever has it can.`;

const options = readOptions();
const stopped = new Promise((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, resolve);
});

const chromium = await Chromium.prepare({ profile: options.profile, byApp: options.byApp });
let status = 0;
try {
  await Promise.race([stopped, share()]);
} catch (error) {
  status = 1;
  console.error(error.message);
} finally {
  // A browser that ends leaves its pages no time to tell connected devices.
  await chromium.window?.close();
  await chromium.close();
}
process.exit(status);

/** Shares until the browser is closed. */
async function share() {
  await chromium.start({ headless: options.headless });
  const gone = new Promise((resolve) => chromium.browser.once('disconnected', resolve));
  const popup = await startSharing();
  for (const url of await urls(popup)) console.log(url);
  if (!options.open) console.log(`invitation ${await text(popup, 'invitation')}`);
  console.log(`
${options.open ? OPEN : INVITED}
Ctrl-C stops sharing and closes the browser.`);
  await popup.close();
  await gone;
}

/** Starts through the stored settings, as a resumed session would; gives the popup that shows it. */
async function startSharing() {
  await chromium.control.evaluate(async (port, mode) => {
    const { settings } = await chrome.storage.local.get('settings');
    await chrome.storage.local.set({ settings: { ...settings, ...port, mode } });
  }, { [options.byApp ? 'app_port' : 'port']: options.port }, options.open ? 'open' : 'invited');
  const popup = await chromium.popup();
  // A profile that shared by invitation shares again by itself.
  const { wanted } = await chromium.state(({ mode }, wish) => mode === wish, options.open ? 'open' : 'invited');
  if (!wanted) await start(chromium, popup);
  const limit = AbortSignal.timeout(START_MS);
  const late = new Promise((_, reject) => limit.addEventListener('abort', () => reject(new Error('Sharing did not start within a minute.'))));
  const state = await Promise.race([late, chromium.state((state, passing) => !passing.includes(state.status), options.byApp ? PASSING_BY_APP : PASSING)]);
  if (!GOOD.includes(state.status)) throw new Error(await sentence(popup, state));
  return popup;
}

/** What the popup says, and what to do. */
async function sentence(popup, { status, detail, next }) {
  const words = await text(popup, 'status');
  const advice = next ? `Run it with --port ${next}.` : (detail ?? '');
  return `${words} ${advice} (${status})`;
}

/** The URLs as the popup shows them, the shown one first. */
async function urls(popup) {
  const shown = await text(popup, 'broadcaster-url');
  const all = await popup.$$eval('[data-testid="address-picker"] option', (options) => options.map((option) => option.value));
  return [shown, ...all.filter((url) => url !== shown)];
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        open: { type: 'boolean', default: false },
        port: { type: 'string' },
        'direct-sockets': { type: 'boolean', default: false },
        headless: { type: 'boolean', default: !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY },
        profile: { type: 'string' },
      },
    });
    const byApp = values['direct-sockets'];
    const least = byApp ? 32768 : 1;
    const port = Number(values.port ?? (byApp ? APP_PORT : 9999));
    if (!Number.isInteger(port) || port < least || port > 65535) throw new Error(`--port ${values.port} is no port: ${least} to 65535.`);
    return { ...values, byApp, port };
  } catch (error) {
    console.error(error.message);
    console.error('Usage: ./build.sh run [--open] [--direct-sockets] [--port N] [--headless] [--profile DIR]');
    process.exit(2);
  }
}
