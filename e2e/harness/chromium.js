// Chromium with the built extension, in a home and a profile of its own. The worker is never attached
// to: a debugger on it keeps it alive, and Chromium 156 does not survive its restart then. What a test
// asks of the extension goes through a tab of the extension, which has the same rights.

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { APP_SWITCHES, App, BY_APP } from './app.js';
import { launch } from './launch.js';
import { children, gone, threads } from './processes.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const EXTENSION = join(ROOT, 'dist/extension');
export const COMPANION = join(ROOT, 'dist/host/lan-broadcaster-host');

/** The id that Chromium gives to an extension with this key: SHA-256, its first 16 bytes in letters. */
export function idOf({ key }) {
  const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32);
  return digest.replace(/./g, (digit) => 'abcdefghijklmnop'[parseInt(digit, 16)]);
}

export class Chromium {
  #temporary;

  /**
   * A home, and a profile unless one is given, that last until `close`. `companion`: whether there is one;
   * `byApp`: whether that is the Direct Sockets app.
   */
  static async prepare({ companion = true, byApp = BY_APP, profile } = {}) {
    const it = new Chromium();
    it.#byApp = companion && byApp;
    it.#temporary = await mkdtemp(join(tmpdir(), 'lan-broadcaster-'));
    it.home = join(it.#temporary, 'home');
    it.profile = profile ?? join(it.#temporary, 'profile');
    await mkdir(it.home, { recursive: true });
    await mkdir(it.profile, { recursive: true });
    it.id = idOf(JSON.parse(await readFile(join(EXTENSION, 'manifest.json'), 'utf8')));
    if (companion && !byApp) await it.installCompanion();
    return it;
  }

  /** `prepare` and `start`. */
  static async open(options = {}) {
    const it = await Chromium.prepare(options);
    try {
      await it.start(options);
    } catch (error) {
      await it.close();
      throw error;
    }
    return it;
  }

  /** The environment of browser and companion: their files are below our home, not the user's. */
  get environment() {
    const { HOME, XDG_CONFIG_HOME, XDG_DATA_HOME, XDG_STATE_HOME, XDG_CACHE_HOME, ...rest } = process.env;
    // Where there is a display, its key stays where it was.
    const XAUTHORITY = rest.XAUTHORITY ?? join(HOME ?? '/', '.Xauthority');
    return { ...rest, XAUTHORITY, HOME: this.home };
  }

  /** Registers the companion for this profile only. */
  async installCompanion() {
    await this.#companion('install', '--user-data-dir', this.profile, '--extension-id', this.id);
    this.#isInstalled = true;
  }
  #isInstalled = false;
  #byApp = false;
  /** The app, where it is the companion, and its window. */
  app;
  window;

  #companion(...words) {
    return promisify(execFile)(COMPANION, words, { env: this.environment });
  }

  /** `host`: the computer of lan.js to start at, else this one. */
  async start({ headless = true, switches = [], host } = {}) {
    this.browser = await launch({
      host,
      headless,
      defaultViewport: null,
      userDataDir: this.profile,
      env: this.environment,
      enableExtensions: true,
      targetFilter: (target) => target.type() !== 'service_worker',
      args: [`--load-extension=${EXTENSION}`, ...(this.#byApp ? APP_SWITCHES : []), ...switches],
    });
    await this.takeControl();
    if (this.#byApp) await this.#openApp(host);
  }

  /** As a person has let it in. A profile that was used before has it installed. */
  async #openApp(host) {
    this.app ??= await App.install(this.browser, { host });
    const { settings } = await this.control.evaluate(() => chrome.storage.local.get('settings'));
    await this.store({ settings: settings ?? {} });
    this.window = await this.app.window(this.browser);
  }

  /** Opens the tab through which tests ask the extension: at the start, and after the extension was reloaded. */
  async takeControl() {
    this.control = await this.tab('manifest.json');
  }

  url(path) {
    return `chrome-extension://${this.id}/${path}`;
  }

  /** The real popup, opened as a press on the icon does; reading it also tells that it has painted. */
  async popup() {
    const url = this.url('extension/popup.html');
    const isNew = (target) => target.url().startsWith(url) && !this.#popups.has(target);
    const target = this.browser.waitForTarget(isNew);
    await this.control.bringToFront();
    await this.control.evaluate(async () => {
      // The app's window may be in front: a popup belongs to an active one.
      const { id: windowId } = await chrome.windows.getCurrent();
      await chrome.windows.update(windowId, { focused: true });
      await chrome.action.openPopup({ windowId });
    });
    this.#popups.add(await target);
    return (await target).asPage();
  }
  #popups = new WeakSet();

  /** A page of the extension in a tab. */
  async tab(path) {
    const page = await this.browser.newPage();
    await page.goto(this.url(path));
    return page;
  }

  /** What the worker last said about itself; waits until `fits(state, ...more)` holds, inside the browser. */
  async state(fits = () => true, ...more) {
    // As text: the extension's own rules forbid a page to make functions of strings.
    return this.control.evaluate(`new Promise((resolve) => {
      const fits = ${fits}, more = ${JSON.stringify(more)};
      const look = async (state) => {
        if (!state || !(await fits(state, ...more))) return;
        chrome.storage.session.onChanged.removeListener(hear);
        resolve(state);
      };
      // Each state by itself: what is read once more may be the next one already.
      const hear = ({ state }) => look(state?.newValue);
      chrome.storage.session.onChanged.addListener(hear);
      chrome.storage.session.get('state').then(({ state }) => look(state));
    })`);
  }

  /** Writes to chrome.storage.local, as options and popup do. */
  async store({ settings, ...values }) {
    if (settings) values.settings = this.app ? this.#forApp(settings) : settings;
    await this.control.evaluate((values) => chrome.storage.local.set(values), values);
  }

  #forApp({ port, ...settings }) {
    return { companion: 'app', apps: [this.app.origin], ...(port && { app_port: port }), ...settings };
  }

  /** The badge's text, once it fits. Chromium has no event for it: it is looked at every 20 ms. */
  async badge(fits) {
    return this.control.evaluate(`new Promise((resolve) => {
      const look = async () => {
        const text = await chrome.action.getBadgeText({});
        if (!(${fits})(text)) return;
        clearInterval(clock);
        resolve(text);
      };
      const clock = setInterval(look, 20);
    })`);
  }

  /** Ends the worker as Chromium does with an idle one; resolves when it has ended. */
  async stopWorker() {
    const session = await this.control.createCDPSession();
    const stopped = new Promise((resolve) => {
      session.on('ServiceWorker.workerVersionUpdated', ({ versions }) => {
        if (versions.some((version) => version.runningStatus === 'stopped')) resolve();
      });
    });
    await session.send('ServiceWorker.enable');
    await session.send('ServiceWorker.stopAllWorkers');
    await stopped;
    await session.detach();
  }

  /** What a page loads down when `act` is done: its name, and where it lies whole, as long as the home does. */
  async download(act) {
    const session = await this.browser.target().createCDPSession();
    const downloadPath = join(this.home, 'downloads');
    await session.send('Browser.setDownloadBehavior', { behavior: 'allowAndName', downloadPath, eventsEnabled: true });
    const whole = new Promise((resolve, reject) => {
      let name;
      session.on('Browser.downloadWillBegin', ({ suggestedFilename }) => (name = suggestedFilename));
      session.on('Browser.downloadProgress', ({ guid, state }) => {
        if (state === 'completed') resolve({ name, path: join(downloadPath, guid) });
        if (state === 'canceled') reject(new Error(`The download of ${name} was cancelled.`));
      });
    });
    await act();
    const found = await whole;
    await session.detach();
    return found;
  }

  /** Process ids of the companions this browser has started; by the app, of its page. */
  async companions() {
    if (this.#byApp) return this.#pages();
    return (await children(this.browser.process().pid)).filter(({ command }) => command.includes('lan-broadcaster-host')).map(({ pid }) => pid);
  }

  /** Process id of the extension, while its worker runs. */
  async extensionProcess() {
    const [pid] = await this.#withThread('ServiceWorker');
    return pid;
  }

  /** The app's page is the one that has a worker of its own. */
  #pages() {
    return this.#withThread('DedicatedWorker');
  }

  /** Nothing says whose page lives in which process, but for its threads' names. */
  async #withThread(begin) {
    const all = await children(this.browser.process().pid);
    const has = await Promise.all(all.map(async ({ pid }) => (await threads(pid)).some((name) => name.startsWith(begin))));
    return all.filter((_, at) => has[at]).map(({ pid }) => pid);
  }

  /** Kills the browser as nothing else does, and waits until all of it is gone; the profile stays. */
  async kill() {
    const process = this.browser.process();
    const all = await children(process.pid);
    process.kill('SIGKILL');
    if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    // Its other processes notice by themselves; the profile is theirs until then.
    await Promise.all(all.map(({ pid }) => gone(pid)));
    this.browser = undefined;
  }

  /** Ends the browser and waits for it; the profile stays. */
  async stop() {
    await this.browser?.close();
    this.browser = undefined;
  }

  async close() {
    await this.stop();
    // A profile of somebody's own must not point at what is gone.
    if (this.#isInstalled) await this.#companion('uninstall', '--user-data-dir', this.profile);
    await this.app?.close();
    await rm(this.#temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}
