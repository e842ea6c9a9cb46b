// The Direct Sockets app: installed in a browser as a developer does it, from a server on this computer, and opened
// as an app of its own.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { headersOf } from '../../build/app-headers.mjs';

const APP = process.env.APP_DIST || fileURLToPath(new URL('../../dist/direct-sockets', import.meta.url));
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
  #windows = new WeakSet();

  /** Installs it. `stun` also allows what Chromium asks a person about: sockets for datagrams. */
  static async install(browser, { stun = true } = {}) {
    const app = new App();
    app.#browser = browser;
    app.origin = `isolated-app://${newId()}`;
    app.#server = createServer(answer);
    app.#server.listen(0, '127.0.0.1');
    await once(app.#server, 'listening');
    const installUrlOrBundleUrl = `http://localhost:${app.#server.address().port}/`;
    await app.#ask('PWA.install', { manifestId: `${app.origin}/`, installUrlOrBundleUrl });
    if (stun) {
      const permission = { name: 'local-network' };
      await app.#ask('Browser.setPermission', { permission, setting: 'granted', origin: app.origin });
    }
    return app;
  }

  /** Opens its window; in this browser, where it was started again. */
  async window(browser = this.#browser) {
    this.#browser = browser;
    const isNew = (target) => target.url().startsWith(this.origin) && !this.#windows.has(target);
    const target = this.#browser.waitForTarget(isNew, { timeout: 0 });
    await this.#ask('PWA.launch', { manifestId: `${this.origin}/` });
    this.#windows.add(await target);
    return (await target).asPage();
  }

  close() {
    this.#server.close();
    this.#server.closeAllConnections();
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

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://app');
  const file = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  try {
    const body = await readFile(join(APP, normalize(file)));
    response.writeHead(200, headersOf(file)).end(body);
  } catch {
    response.writeHead(404).end();
  }
}

/** An id as a developer's server gets it: 32 bytes of chance and the mark of such ids, in base32. */
function newId() {
  const bits = [...randomBytes(32), 0, 0, 2].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{5}/g).map((five) => LETTERS[parseInt(five, 2)]).join('');
}
