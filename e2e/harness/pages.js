// The pages alone in Chromium: served from the sources as the port serves them, upon a stand-in of the
// package. No extension, no companion, no WebRTC.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launch } from './launch.js';

const ROOT = new URL('../../', import.meta.url);
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };
/** What stands in for what is built, or belongs to the extension's other contexts. */
const STANDS_IN = {
  'pages/peer/index.js': 'e2e/harness/fake-peer.js',
  'extension/master-link.js': 'e2e/harness/fake-master-link.js',
  'extension/guests-link.js': 'e2e/harness/fake-guests-link.js',
};
/** Strict enough for both: the port's policy, and that of the extension's manifest. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self' ws:; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

export class Pages {
  /** Starts server and browser. */
  static async open() {
    const it = new Pages();
    const listed = JSON.parse(await readFile(new URL('pages/site.json', ROOT), 'utf8'));
    it.site = new Map(listed.map(({ path, file }) => [path, file]));
    it.server = createServer((request, response) => it.#serve(request, response)).listen(0, '127.0.0.1');
    await once(it.server, 'listening');
    it.origin = `http://127.0.0.1:${it.server.address().port}`;
    // Nothing here takes long: what does not come is not waited for.
    it.browser = await launch({ protocolTimeout: 20_000 });
    return it;
  }

  /**
   * Opens `path`: of the site, or `/extension/…` and `/pages/…` as in the extension. `records` are there
   * already; `prepare` runs in the page before its own scripts. What the page complains about is kept in `page.complaints`.
   */
  async page(path, { records = {}, scheme = 'light', width = 390, height = 844, scale = 1, prepare = () => {} } = {}) {
    const context = await this.browser.createBrowserContext();
    const page = await context.newPage();
    page.complaints = [];
    page.on('pageerror', (error) => page.complaints.push(error.message));
    page.on('console', (message) => ['error', 'warn'].includes(message.type()) && page.complaints.push(message.text()));
    await page.setViewport({ width, height, deviceScaleFactor: scale });
    await page.emulateMediaFeatures([
      { name: 'prefers-color-scheme', value: scheme },
      { name: 'prefers-reduced-motion', value: 'reduce' },
    ]);
    await page.evaluateOnNewDocument((records) => (globalThis.fakeRecords = records), records);
    await page.evaluateOnNewDocument(prepare);
    await page.goto(this.origin + path);
    return page;
  }

  async close() {
    await this.browser?.close();
    this.server.close();
  }

  async #serve({ url }, response) {
    const { pathname } = new URL(url, this.origin);
    // The port serves the package below /peer/.
    const file = this.site.get(pathname) ?? pathname.replace(/^\/peer\//, '/pages/peer/').slice(1);
    try {
      const body = await readFile(fileURLToPath(new URL(STANDS_IN[file] ?? file, ROOT)));
      response.writeHead(200, { 'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream', 'Content-Security-Policy': POLICY });
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  }
}

/** Writes into a field by its test id. */
export async function put(page, id, value) {
  await page.$eval(`[data-testid="${id}"]`, (field, value) => (field.value = value), value);
}

/** Every test ends with a page that has complained about nothing. */
export async function done(page) {
  assert.deepEqual(page.complaints, []);
  await page.browserContext().close();
}
