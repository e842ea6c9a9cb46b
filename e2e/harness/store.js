// A browser with a page that has the storage and nothing else: for tests of what lies in IndexedDB.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Where the WASM of `peer/` lies, `peer.js` and `peer_bg.wasm`. */
const PEER = process.env.PEER ?? join(ROOT, 'dist/npm');
const FILES = {
  '/': ['text/html', 'store.html', new URL('.', import.meta.url)],
  '/store-page.js': ['text/javascript', 'store-page.js', new URL('.', import.meta.url)],
  '/peer.js': ['text/javascript', 'peer.js', PEER],
  '/peer_bg.wasm': ['application/wasm', 'peer_bg.wasm', PEER],
};
/** A name that is not this machine's for the browser: pages from it have no Web Locks. */
const ELSEWHERE = 'elsewhere.test';

export class Store {
  #server;
  #temporary;

  static async open() {
    const it = new Store();
    it.#temporary = await mkdtemp(join(tmpdir(), 'lan-broadcaster-store-'));
    it.profile = join(it.#temporary, 'profile');
    it.#server = createServer(serve).listen(0, '127.0.0.1');
    await once(it.#server, 'listening');
    it.port = it.#server.address().port;
    await it.start();
    return it;
  }

  /** Starts the browser, on the profile it had before. */
  async start() {
    this.browser = await launch({
      userDataDir: this.profile,
      // A measured or large step may take longer than puppeteer waits by itself.
      protocolTimeout: 300_000,
      args: [`--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`],
    });
  }

  /** A page with `store-page.js` loaded. */
  async page(host = '127.0.0.1') {
    return this.#load(await this.browser.newPage(), host);
  }

  /** A page that the browser does not trust, as one from an address of the LAN. */
  pageFromElsewhere() {
    return this.page(ELSEWHERE);
  }

  /** A page of an origin of its own that may store so many bytes. To be said before it stores any:
   * Chromium remembers for a while how much room there was. */
  async pageWithQuota(name, quotaSize) {
    const page = await this.browser.newPage();
    const session = await page.createCDPSession();
    const host = `${name}.localhost`;
    await session.send('Storage.overrideQuotaForOrigin', { origin: `http://${host}:${this.port}`, quotaSize });
    return this.#load(page, host);
  }

  async #load(page, host) {
    page.on('pageerror', (error) => console.error(error));
    await load(page, `http://${host}:${this.port}/`);
    return page;
  }

  /** Loads a page again, as a person does. */
  async reload(page) {
    await load(page, page.url());
  }

  /** A folder of this test, removed with it. */
  path(name) {
    return join(this.#temporary, name);
  }

  async close() {
    await this.browser.close();
    this.#server.close();
    await rm(this.#temporary, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function load(page, url) {
  await page.goto(url);
  await page.evaluate(() => window.ready);
}

async function serve(request, response) {
  const file = FILES[new URL(request.url, 'http://host').pathname];
  if (!file) {
    response.writeHead(404).end();
    return;
  }
  const [type, name, folder] = file;
  const path = folder instanceof URL ? fileURLToPath(new URL(name, folder)) : join(folder, name);
  response.writeHead(200, { 'content-type': type, 'cache-control': 'no-store' }).end(await readFile(path));
}
