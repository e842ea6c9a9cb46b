// `./build.sh run` as a person uses it: it prints the URLs and the invitation, shares, and leaves nothing behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { BY_APP } from '../harness/app.js';
import { Member } from '../harness/member.js';
import { LAN } from '../harness/sharing.js';

const RUN = fileURLToPath(new URL('../run.js', import.meta.url));
const PORT = BY_APP ? 49123 : 9123;

describe('run', { timeout: 180_000 }, () => {
  test('it prints each URL on a line, shares there, and cleans up when told to stop', async () => {
    const temporary = await mkdtemp(join(tmpdir(), 'run-test-'));
    const run = start(['--open', '--headless', '--port', String(PORT)], { TMPDIR: temporary });
    const lines = createInterface(run.stdout);
    const failed = Promise.all([once(run, 'exit'), all(run.stderr)]).then(([, said]) => Promise.reject(new Error(said)));
    const [url] = await Promise.race([once(lines, 'line'), failed]);
    failed.catch(() => {}); // its exit is awaited below
    assert.equal(url, `ws://${LAN}:${PORT}/`);
    const [a, b] = await Promise.all([Member.open(url), Member.open(url)]);
    await a.send('through it all');
    assert.equal(await b.next(), 'through it all');

    run.kill('SIGTERM');
    assert.deepEqual(await once(run, 'exit'), [0, null]);
    assert.equal((await a.closed).code, 1001);
    assert.deepEqual(await readdir(temporary), []);
    await rm(temporary, { recursive: true });
  });

  test('without --open it prints the invitation too, and only who holds it may join', async () => {
    const run = start(['--headless', '--port', String(PORT)]);
    const lines = createInterface(run.stdout);
    const failed = Promise.all([once(run, 'exit'), all(run.stderr)]).then(([, said]) => Promise.reject(new Error(said)));
    const printed = (async () => {
      const before = [];
      for await (const line of lines) {
        if (line.startsWith('invitation ')) return { before, link: line.slice('invitation '.length) };
        before.push(line);
      }
    })();
    const { before, link } = await Promise.race([printed, failed]);
    failed.catch(() => {}); // its exit is awaited below
    const url = `ws://${LAN}:${PORT}/`;
    assert.equal(before[0], url);
    assert.match(link, new RegExp(`^http://${LAN}:${PORT}/#[\\w-]{76}$`));
    const stranger = await Member.open(url);
    assert.equal((await stranger.closed).code, 4401);
    run.kill('SIGTERM');
    assert.deepEqual(await once(run, 'exit'), [0, null]);
  });

  test('a port that is taken is said, with what to do', async () => {
    const taker = createServer().listen(PORT, '0.0.0.0');
    await once(taker, 'listening');
    const run = start(['--open', '--headless', '--port', String(PORT)]);
    const [[code], said] = await Promise.all([once(run, 'exit'), all(run.stderr)]);
    assert.equal(code, 1);
    assert.match(said, new RegExp(`${PORT}.*--port ${PORT + 1}`, 's'));
    taker.close();
  });

  const tooLow = BY_APP ? [['--port', '32767']] : [];
  for (const words of [['--port', '0'], ...tooLow, ['--port', 'many'], ['--nonsense'], ['stray']]) {
    test(`wrong words, ${words.join(' ')}: exit code 2 and the usage`, async () => {
      const run = start(['--open', ...words]);
      const [[code], said] = await Promise.all([once(run, 'exit'), all(run.stderr)]);
      assert.equal(code, 2);
      assert.match(said, /Usage/);
    });
  }
});

function start(words, environment = {}) {
  return spawn(process.execPath, [RUN, ...(BY_APP ? ['--direct-sockets'] : []), ...words], { env: { ...process.env, ...environment }, stdio: ['ignore', 'pipe', 'pipe'] });
}

async function all(stream) {
  let text = '';
  for await (const data of stream) text += data;
  return text;
}
