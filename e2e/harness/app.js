// The Direct Sockets app: installed in a browser as a developer does it, from a server on this computer, and opened
// as an app of its own.

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('app-server.js', import.meta.url));
const LETTERS = 'abcdefghijklmnopqrstuvwxyz234567';

/** What a browser needs to install and run such an app. */
export const APP_SWITCHES = ['--enable-features=IsolatedWebApps,IsolatedWebAppDevMode'];
/** The port that the app opens. */
export const APP_PORT = 39999;
/** Whether tests are to have the app as their companion. */
export const BY_APP = process.env.COMPANION_KIND === 'app';

/** The app, installed; `window()` opens it, `close()` ends its server. */
export class App {
  #browser;
  #server;
  #stun;
  #windows = new WeakSet();

  /**
   * Installs it. `host`: the computer of lan.js that the browser is at; `stun` also allows what Chromium asks a
   * person about: sockets for datagrams.
   */
  static async install(browser, { host, stun = true } = {}) {
    const app = new App();
    app.#browser = browser;
    app.origin = `isolated-app://${newId()}`;
    const installUrlOrBundleUrl = await app.#serve(host);
    await app.#ask('PWA.install', { manifestId: `${app.origin}/`, installUrlOrBundleUrl });
    app.#stun = stun;
    return app;
  }

  /** Opens its window; in this browser, where it was started again. */
  async window(browser = this.#browser) {
    this.#browser = browser;
    if (this.#stun) await this.#permit();
    const isNew = (target) => target.url().startsWith(this.origin) && !this.#windows.has(target);
    const target = this.#browser.waitForTarget(isNew, { timeout: 0 });
    await this.#ask('PWA.launch', { manifestId: `${this.origin}/` });
    this.#windows.add(await target);
    return (await target).asPage();
  }

  /** Serves it where the browser reaches it: at the same computer. It ends when we do. */
  async #serve(host) {
    const { executablePath, environment } = host?.launch(process.execPath) ?? { executablePath: process.execPath };
    this.#server = spawn(executablePath, [SERVER], { env: { ...process.env, ...environment }, stdio: ['pipe', 'pipe', 'inherit'] });
    const [port] = await once(this.#server.stdout, 'data');
    for (const one of [this.#server, this.#server.stdin, this.#server.stdout]) one.unref();
    return `http://localhost:${port}/`;
  }

  async close() {
    this.#server.ref();
    this.#server.stdin.end();
    await once(this.#server, 'exit');
  }

  /** Allows sockets for datagrams: for as long as the session lasts in which that is said. */
  async #permit() {
    const session = await this.#browser.target().createCDPSession();
    for (const name of ['local-network', 'loopback-network']) {
      await session.send('Browser.setPermission', { permission: { name }, setting: 'granted', origin: this.origin });
    }
  }

  async #ask(method, parameters) {
    const session = await this.#browser.target().createCDPSession();
    try {
      return await session.send(method, parameters);
    } finally {
      await session.detach();
    }
  }
}

/** An id as a developer's server gets it: 32 bytes of chance and the mark of such ids, in base32. */
function newId() {
  const bits = [...randomBytes(32), 0, 0, 2].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{5}/g).map((five) => LETTERS[parseInt(five, 2)]).join('');
}
