// Sharing outlives what dies around it: the worker, the companion, the browser.

import assert from 'node:assert/strict';
import { describe } from 'node:test';
import { BY_APP } from '../harness/app.js';
import { Chromium } from '../harness/chromium.js';
import { testsOf } from '../harness/listed.js';
import { Member } from '../harness/member.js';
import { here, OPEN, openSharing, PORT, press, pressStart, start, text, when } from '../harness/sharing.js';

const test = testsOf('lifetime');

describe('lifetime', { timeout: 300_000 }, () => {
  test('Stop closes members with 1001 and the port with them', async () => {
    const chromium = await openSharing();
    try {
      const member = await Member.open(here());
      const popup = await chromium.popup();
      await press(popup, 'share-toggle');
      assert.equal((await member.closed).code, 1001);
      await chromium.state((state) => state.status === 'stopped');
      await assert.rejects(new Member(here()).opened, { code: 'ECONNREFUSED' });
    } finally {
      await chromium.close();
    }
  });

  test('a worker that is stopped comes back and shares on the same port', async () => {
    const chromium = await openSharing();
    try {
      const member = await Member.open(here());
      const [companion] = await chromium.companions();
      await chromium.stopWorker();
      assert.equal((await member.closed).code, 1001, 'members learn it within a second');
      // What is stored is what the old worker last said.
      const interrupted = chromium.state((state) => state.status !== 'sharing');
      // Whatever wakes a worker: here, a look at the popup.
      await chromium.popup();
      await interrupted;
      await chromium.state((state) => state.status === 'sharing');
      const [next] = await chromium.companions();
      assert.equal(next === companion, BY_APP, 'the app stays, a program is another one');
      const [a, b] = await Promise.all([Member.open(here()), Member.open(here())]);
      await a.send('again');
      assert.equal(await b.next(), 'again');
      await Promise.all([a.close(), b.close()]);
    } finally {
      await chromium.close();
    }
  });

  test('a companion that is killed is started again, and the popup says so', async () => {
    const chromium = await openSharing();
    try {
      const popup = await chromium.popup();
      await text(popup, 'broadcaster-url');
      const member = await Member.open(here());
      const [companion] = await chromium.companions();
      const crashed = chromium.state((state) => state.status === 'crashed');
      process.kill(companion, 'SIGKILL');
      assert.equal((await member.closed).code, 1006);
      await crashed;
      await chromium.state((state) => state.status === 'sharing');
      const again = await Member.open(here());
      await again.close();
    } finally {
      await chromium.close();
    }
  });

  test('a browser that is started again asks, and one press shares on the same port', async () => {
    const chromium = await openSharing();
    try {
      await chromium.stop();
      await assert.rejects(new Member(here()).opened, { code: 'ECONNREFUSED' });
      await chromium.start();
      await chromium.state((state) => state.status !== 'starting' && state.status !== 'sharing');
      await assert.rejects(new Member(here()).opened, { code: 'ECONNREFUSED' }, 'open mode never resumes by itself');
      await pressStart(chromium);
      await (await Member.open(here())).close();
    } finally {
      await chromium.close();
    }
  });

  test('a companion that is not installed is named with the command that installs it', async () => {
    const chromium = await Chromium.open({ companion: false });
    try {
      await chromium.store({ settings: OPEN });
      const popup = await chromium.popup(); // looks for it by itself
      const state = await chromium.state((state) => state.status === 'missing');
      assert.match(state.command, new RegExp(`install.*${chromium.id}`));
      await text(popup, 'install-command', (text) => text.includes('install'));

      await chromium.installCompanion();
      const again = await chromium.popup();
      await when(again, () => document.body.dataset.status === 'stopped');
      await start(chromium, again);
      await chromium.state((state) => state.status === 'sharing');
      await (await Member.open(here())).close();
    } finally {
      await chromium.close();
    }
  });
});
