// A device whose battery is taken out: its TCP connection is there, and will never say a word again.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Member } from '../harness/member.js';
import { Neighbour } from '../harness/neighbour.js';
import { here, LAN, openSharing, PORT, text } from '../harness/sharing.js';

/** `SILENCE` of broadcaster/src/limits.rs, and what a busy computer needs. */
const BOUND_MS = 60_000;
const SLACK_MS = 5_000;

describe('a device that vanishes', { timeout: 180_000 }, () => {
  let chromium, neighbour;
  before(async () => {
    [chromium, neighbour] = await Promise.all([openSharing(), Neighbour.open()]);
  });
  after(() => Promise.all([chromium?.close(), neighbour?.close()]));

  test('is listed until its silence has lasted a minute; who answers stays', async (t) => {
    const stays = await Member.open(here());
    await neighbour.connect(`ws://${LAN}:${PORT}/`);
    const popup = await chromium.popup();
    await text(popup, 'members', (text) => text.includes('10.77.0.2'));
    // Its last words: the minute begins here.
    neighbour.send('farewell');
    assert.equal(await stays.next(), 'farewell');
    const start = performance.now();
    await neighbour.vanish();
    await chromium.state((state) => state.members.length === 1);
    const took = performance.now() - start;
    t.diagnostic(`gone after ${(took / 1000).toFixed(1)} s`);
    assert.ok(took < BOUND_MS + SLACK_MS, `${took} ms`);
    await text(popup, 'member-count', (text) => text === '1');
    assert.doesNotMatch(await text(popup, 'members'), /10\.77\.0\.2/);
    await stays.close();
  });
});
