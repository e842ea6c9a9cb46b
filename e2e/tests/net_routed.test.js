// A router between IPv6 prefixes: who comes from another prefix is far away, whatever the way there, unless
// that prefix was allowed, and then that prefix alone.

import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, test } from 'node:test';
import { promisify } from 'node:util';
import { COMPANION } from '../harness/chromium.js';
import { Lan, noSwitch } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';

const HERE = '2001:db8:1::1';
/** Asks for /health, as any client does; tells the status, or that the connection ended without an answer, or
 * was none. */
const ASK = `
const { host, port } = new URL(process.argv[1]);
const socket = require('node:net').connect(port, ${JSON.stringify(HERE)});
let answer = 'unreachable';
socket.on('connect', () => (answer = '') || socket.write('GET /health HTTP/1.1\\r\\nHost: ' + host + '\\r\\n\\r\\n'));
socket.on('data', (data) => (answer += data));
socket.on('error', () => {}); // 'close' follows
socket.on('close', () => console.log(answer && (answer.split(' ')[1] ?? answer) || 'nothing'));
`;

describe('prefixes', { skip: noSwitch, timeout: 120_000 }, () => {
  const opened = new Opened();
  afterEach(() => opened.close());

  /** This computer, one on its own prefix, and two behind a router, each on a prefix of its own. */
  async function network() {
    const lan = await opened.add(Lan.open());
    const [router, near] = [await lan.host(), await lan.host()];
    const [allowed, other] = [await lan.behind(router), await lan.behind(router)];
    lan.here.move([HERE], { routed: false });
    near.move(['2001:db8:1::2'], { routed: false });
    router.move(['2001:db8:1::fe'], { routed: false });
    lan.here.ip('-6 route replace default via 2001:db8:1::fe dev eth0');
    for (const [leg, [device, prefix]] of [[allowed, '2001:db8:2::'], [other, '2001:db8:3::']].entries()) {
      router.ip(`address add ${prefix}fe/64 dev leg${leg} nodad`);
      device.move([`${prefix}2`], { routed: false });
      device.ip(`-6 route replace default via ${prefix}fe dev eth0`);
    }
    return { near, allowed, other };
  }

  /** `serve` by invitation; gives its port. */
  async function serve(...options) {
    const folder = await mkdtemp(join(tmpdir(), 'lan-broadcaster-'));
    const words = ['serve', '--port', '0', '--state', join(folder, 'serve.json'), ...options];
    const running = spawn(COMPANION, words, { stdio: ['ignore', 'pipe', 'inherit'] });
    opened.add(Promise.resolve({
      close: async () => {
        running.kill();
        await once(running, 'exit');
        await rm(folder, { recursive: true });
      },
    }));
    for await (const line of createInterface(running.stdout)) {
      const url = line.match(/ws:\S+/);
      if (url) return new URL(url[0]).port;
    }
    throw new Error('serve has ended');
  }

  async function ask(device, port) {
    const { executablePath, environment } = device.launch(process.execPath);
    const words = ['-e', ASK, `http://[${HERE}]:${port}/health`];
    const { stdout } = await promisify(execFile)(executablePath, words, { env: { ...process.env, ...environment } });
    return stdout.trim();
  }

  test('a routed one is far away, and ours is not', async () => {
    const { near, allowed, other } = await network();
    const port = await serve();
    assert.equal(await ask(near, port), '200');
    assert.equal(await ask(allowed, port), 'nothing');
    assert.equal(await ask(other, port), 'nothing');
  });

  test('a routed one that is allowed is let in, and a third one is not', async () => {
    const { near, allowed, other } = await network();
    const port = await serve('--allow', '2001:db8:2::/64');
    assert.equal(await ask(near, port), '200');
    assert.equal(await ask(allowed, port), '200');
    assert.equal(await ask(other, port), 'nothing');
  });
});
