// Pages that use the npm package, a broadcaster to meet at, and a plain browser without the extension.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import puppeteer from 'puppeteer-core';
import { WebSocketServer } from 'ws';
import { launch } from './launch.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const NPM = process.env.NPM_DIST || join(ROOT, 'dist/npm');
const COMPANION = process.env.COMPANION || join(ROOT, 'dist/host/lan-broadcaster-host');
const TYPES = { '.js': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };
/** What our own pages are served with, and the strictest that the package must bear. */
const policy = (servers) =>
  [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    ["connect-src 'self' ws: wss:", ...servers].join(' '),
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');

/**
 * The package, and an empty page, over HTTP; `files` are more of them, or others, by their paths; `servers` are
 * origins that pages may ask besides.
 */
export async function openSite({ address = '127.0.0.1', files = {}, servers = [] } = {}) {
  const server = createServer(async (request, response) => {
    const path = new URL(request.url, 'http://x').pathname;
    const headers = { 'content-security-policy': policy(servers) };
    if (path === '/' && !files[path]) {
      return response.writeHead(200, { ...headers, 'content-type': TYPES['.html'] }).end('<!doctype html><title>peer</title>');
    }
    try {
      const file = files[path] ?? join(NPM, normalize(path));
      const body = await readFile(file);
      response.writeHead(200, { ...headers, 'content-type': TYPES[extname(file)] ?? 'text/plain' }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  server.listen(0, address);
  await once(server, 'listening');
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://${address}:${server.address().port}/`, close };
}

/** The real broadcaster, open to all; `host`: the computer of lan.js to start it at, else this one. */
export async function openBroadcaster({ port = 0, host } = {}) {
  const { executablePath, environment } = host?.launch(COMPANION) ?? { executablePath: COMPANION };
  const env = { ...process.env, ...environment };
  const child = spawn(executablePath, ['serve', '--open', '--port', String(port)], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  for await (const line of createInterface(child.stdout)) {
    const found = /ws:\/\/[^\s]+:(\d+)\//.exec(line);
    if (found) {
      child.stdout.resume();
      const close = async () => {
        if (child.exitCode === null && child.kill()) await once(child, 'exit');
      };
      return { url: `ws://127.0.0.1:${found[1]}/`, port: Number(found[1]), close };
    }
  }
  throw new Error('The broadcaster did not start.');
}

/** A broadcaster as of 2016: what one client sends, the others receive, whatever it is. */
export async function openRelay(host = '127.0.0.1') {
  const server = new WebSocketServer({ host, port: 0, handleProtocols: () => false });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const other of server.clients) if (other !== socket) other.send(data.toString());
    });
  });
  const close = () => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { url: `ws://${host}:${server.address().port}/`, server, close };
}

/**
 * A browser with a profile of its own; `host`: the computer of lan.js to start it at, else this one.
 * Chromium with more of puppeteer's options, or the program `firefox`.
 */
export class Browser {
  static async open({ host, firefox, ...options } = {}) {
    if (firefox) return Browser.#openFirefox(firefox);
    const it = new Browser();
    it.profile = await mkdtemp(join(tmpdir(), 'lan-broadcaster-peer-'));
    it.browser = await launch({ host, userDataDir: it.profile, defaultViewport: null, ...options });
    return it;
  }

  static async #openFirefox(executablePath) {
    const it = new Browser();
    it.profile = await mkdtemp(join(tmpdir(), 'lan-broadcaster-peer-'));
    const env = { ...process.env, HOME: it.profile };
    it.browser = await puppeteer.launch({ browser: 'firefox', executablePath, env, userDataDir: it.profile, handleSIGINT: false });
    return it;
  }

  /**
   * A page with the package as `peer`, and whatever it logs shown when `DEBUG` is set. `index`: where the
   * package lies, for a page that is not of `openSite`.
   */
  async page(url, index = 'index.js') {
    const page = await this.browser.newPage();
    page.on('pageerror', (error) => console.error('page error:', error.message));
    if (process.env.DEBUG) page.on('console', (message) => console.error('page:', message.text()));
    await page.goto(url);
    await prepare(page, index);
    return page;
  }

  async close() {
    await this.browser.close();
    await rm(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Has a page that was loaded, or loaded anew, ready with the package. */
export async function prepare(page, index = 'index.js') {
  await page.evaluate(async (index) => {
    globalThis.peer = await import(new URL(index, document.baseURI));
    /** Resolves with the detail of the first event that fits, the present state included. */
    globalThis.until = (target, type, fits) =>
      new Promise((resolve) => {
        const look = (detail) => {
          if (!fits(detail)) return;
          target.removeEventListener(type, hear);
          resolve(detail);
        };
        const hear = ({ detail }) => look(detail);
        target.addEventListener(type, hear);
        if (target[type] !== undefined) look(target[type]);
      });
    globalThis.failure = (promise) =>
      promise.then(
        (value) => ({ value }),
        ({ name, message, status_code }) => ({ name, message, status_code }),
      );
  }, index);
}

/** Serves memory from a page, and waits until it is in the room. Where nobody is invited, all may do all: what a
 * test grants that is not about rights. */
export function serve(page, url, options = {}) {
  const granted = url.includes('#') ? {} : { strangers: 'remove-allowed' };
  return page.evaluate(
    async (url, options) => {
      globalThis.storage ??= peer.memory();
      globalThis.master = peer.serve(url, storage, options);
      await until(master, 'state', ({ state }) => state === 'serving');
    },
    url,
    { ...granted, ...options },
  );
}

/** Connects a page, and waits until it is connected. */
export function connect(page, url, options = {}) {
  return page.evaluate(
    async (url, options) => {
      globalThis.db = peer.connect(url, options);
      await db.ready;
      return db.state;
    },
    url,
    options,
  );
}

/** Keeps a record, a long text and a long attachment over a page's `db`; gives what came back: bytes, records, letters. */
export function keepLong(page) {
  return page.evaluate(async () => {
    const id = await db.post({ first: 'Ada', last: 'Lovelace' });
    await db.put('long', { text: 'x'.repeat(1 << 20) });
    await db.putAttachment(id, 'a', new Blob([new Uint8Array(1 << 20)]));
    const blob = await db.getAttachment(id, 'a');
    const { data } = await db.allDocs({ query: 'last:"Love%"' });
    return [blob.size, data.total_rows, (await db.get('long')).text.length];
  });
}
