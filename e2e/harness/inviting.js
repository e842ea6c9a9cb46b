// `serve` in invited mode, and a hub that lies.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const COMPANION = process.env.COMPANION || fileURLToPath(new URL('../../dist/host/lan-broadcaster-host', import.meta.url));

/** For pages of `origin`. `link` is the invitation, `master` the link for the page that serves, both at the address `bind`. */
export async function openInviting(origin, { bind = '127.0.0.1' } = {}) {
  const home = await mkdtemp(join(tmpdir(), 'lan-broadcaster-inviting-'));
  const order = ['serve', '--port', '0', '--bind', bind, '--master', '--state', join(home, 'state.json')];
  const child = spawn(COMPANION, [...order, '--origin', origin], { stdio: ['ignore', 'pipe', 'inherit'] });
  const said = {};
  for await (const line of createInterface(child.stdout)) {
    const [word, text] = line.split(' ');
    said[word] = text;
    if (word === 'master') break;
  }
  child.stdout.resume();
  const close = async () => {
    if (child.exitCode === null && child.kill()) await once(child, 'exit');
    await rm(home, { recursive: true, force: true });
  };
  const at = (link) => link.replace('//127.0.0.1:', `//${bind}:`);
  return { url: said.listening, link: at(said.invitation), master: at(said.master), close };
}

/** A hub that lets everybody in, and passes on what `lie` makes of each text. */
export async function openLiar(lie) {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, handleProtocols: () => false });
  await once(server, 'listening');
  server.on('connection', (socket) => {
    socket.on('message', (data) => {
      for (const other of server.clients) if (other !== socket) other.send(lie(data.toString()));
    });
  });
  const close = () => {
    for (const client of server.clients) client.terminate();
    server.close();
  };
  return { address: `http://127.0.0.1:${server.address().port}/`, close };
}
