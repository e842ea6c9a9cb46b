// The app's WASM in Node, the browser's sockets made of Node's; prints `listening ws://HOST:PORT/`, and stays until it
// is told to stop. node.mjs APP: the folder of the app.

import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { TCPServerSocket } from './sockets.mjs';

const TICK_MS = 500;
const FIRST_PORT = 39999;

const app = resolve(process.argv[2]);
const load = (file) => import(pathToFileURL(join(app, file)));
const { Echo } = await load('echo.js');
const { default: init, Session } = await load('wasm/direct_sockets.js');

globalThis.TCPServerSocket = TCPServerSocket;
await init({ module_or_path: await readFile(join(app, 'wasm/direct_sockets_bg.wasm')) });
const echo = new Echo(FIRST_PORT, {
  onlistening: (port) => console.log(`listening ws://127.0.0.1:${port}/`),
  onfailed: (detail) => {
    throw new Error(detail);
  },
});
const session = new Session(echo, 'conformance');
setInterval(() => session.tick(), TICK_MS);
