// What can go wrong, each with its words and its one next action in the popup.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe } from 'node:test';
import { Chromium, COMPANION } from '../harness/chromium.js';
import { testsOf } from '../harness/listed.js';
import { Member } from '../harness/member.js';
import { here, LAN, openSharing, PORT, press, start as pressIn, text, when } from '../harness/sharing.js';

const test = testsOf('states');

const OPEN = { settings: { mode: 'open', port: PORT } };

describe('states', { timeout: 300_000 }, () => {
  test('a port taken by another program: the next free one with a press', () =>
    withChromium(async (chromium) => {
      const taker = createServer().listen(PORT, '0.0.0.0');
      await once(taker, 'listening');
      const popup = await start(chromium);
      const state = await chromium.state((state) => state.status === 'port-in-use');
      assert.ok(!state.ours);
      assert.equal(state.next, PORT + 1);
      await press(popup, 'use-port');
      await chromium.state((state) => state.status === 'sharing');
      assert.equal(await text(popup, 'broadcaster-url'), `ws://${LAN}:${PORT + 1}/`);
      taker.close();
    }));

  test('a port taken by a broadcaster of ours is told apart', () =>
    withChromium(async (chromium) => {
      const other = spawn(COMPANION, ['serve', '--open', '--port', String(PORT)], { stdio: ['ignore', 'pipe', 'inherit'] });
      await once(createInterface(other.stdout), 'line');
      await start(chromium);
      const state = await chromium.state((state) => state.status === 'port-in-use');
      assert.equal(state.ours, true);
      other.kill();
      await once(other, 'exit');
    }));

  test('without a LAN address it says so, and goes on when there is one', async () => {
    const chromium = await openSharing();
    try {
      execFileSync('ip', ['link', 'set', 'eth0', 'down']);
      await chromium.state((state) => state.status === 'no-address');
      execFileSync('ip', ['link', 'set', 'eth0', 'up']);
      const state = await chromium.state((state) => state.status === 'sharing');
      assert.equal(state.urls[0].url, `ws://${LAN}:${PORT}/`);
      await (await Member.open(here())).close();
    } finally {
      execFileSync('ip', ['link', 'set', 'eth0', 'up']);
      await chromium.close();
    }
  });

  test('a companion installed for another extension is forbidden: the command says how to allow this one', () =>
    withChromium(async (chromium) => {
      await editManifest(chromium, (manifest) => {
        manifest.allowed_origins = [`chrome-extension://${'a'.repeat(32)}/`];
      });
      const popup = await start(chromium);
      await chromium.state((state) => state.status === 'forbidden');
      await text(popup, 'install-command', (text) => text.includes('install'));
    }));

  test('a companion of another version is outdated, with both numbers', () =>
    withChromium(async (chromium) => {
      await replaceCompanion(chromium, SPEAKS_VERSION_999);
      const popup = await start(chromium);
      const state = await chromium.state((state) => state.status === 'outdated');
      assert.match(state.detail, /999/);
      await text(popup, 'install-command', (text) => text.includes('install'));
    }));

  test('a companion that ends at once is started again, with growing pauses', () =>
    withChromium(async (chromium) => {
      await replaceCompanion(chromium, '#!/bin/sh\nexit 1\n');
      await start(chromium);
      const first = await chromium.state((state) => state.status === 'crashed' && state.retry_in > 0);
      const later = await chromium.state((state, before) => state.status === 'crashed' && state.retry_in > before, first.retry_in);
      assert.ok(later.retry_in > first.retry_in);
    }));

  test('a companion that talks nonsense ends nothing but itself', () =>
    withChromium(async (chromium) => {
      await replaceCompanion(chromium, '#!/bin/sh\nprintf nonsense\nexec cat >/dev/null\n');
      const popup = await start(chromium);
      await chromium.state((state) => state.status === 'crashed' || state.status === 'failed');
      await when(popup, () => document.querySelector('[data-testid="status"]').textContent.trim() !== '');
    }));
});

async function withChromium(body) {
  const chromium = await Chromium.open();
  try {
    await body(chromium);
  } finally {
    await chromium.close();
  }
}

async function start(chromium) {
  await chromium.store(OPEN);
  const popup = await chromium.popup();
  await pressIn(chromium, popup);
  return popup;
}

async function editManifest(chromium, edit) {
  const file = join(chromium.profile, 'NativeMessagingHosts/org.lan_broadcaster.host.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  edit(manifest);
  await writeFile(file, JSON.stringify(manifest));
}

/** Puts a program of ours in the companion's place. */
async function replaceCompanion(chromium, script) {
  const path = join(chromium.home, 'companion');
  await writeFile(path, script, { mode: 0o755 });
  await editManifest(chromium, (manifest) => (manifest.path = path));
}

const SPEAKS_VERSION_999 = `#!${process.execPath}
const hello = Buffer.from(JSON.stringify([{ kind: 'hello', version: 999, build: '9.9.9', os: 'test' }]));
const length = Buffer.alloc(4);
length.writeUInt32LE(hello.length);
process.stdout.write(Buffer.concat([length, hello]));
process.stdin.on('end', () => process.exit()).resume();
`;
