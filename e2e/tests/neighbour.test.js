// Over the cable: another computer finds the address that the popup shows, and joins.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Member } from '../harness/member.js';
import { Neighbour } from '../harness/neighbour.js';
import { here, openSharing, text } from '../harness/sharing.js';

describe('neighbour', { timeout: 120_000 }, () => {
  let chromium;
  let neighbour;
  before(async () => {
    neighbour = await Neighbour.open();
    chromium = await openSharing();
  });
  after(async () => {
    await chromium?.close();
    await neighbour?.close();
  });

  test('it joins at the shown URL, is heard and hears, and its address is listed', async () => {
    const popup = await chromium.popup();
    const local = await Member.open(here());
    await neighbour.connect(await text(popup, 'broadcaster-url'));
    neighbour.send('from the next room');
    assert.equal(await local.next(), 'from the next room');
    await local.send('come in');
    assert.equal(await neighbour.next(), 'come in');
    await text(popup, 'members', (text) => text.includes('10.77.0.2'));
    const { members } = await chromium.state();
    assert.ok(members.some(({ address }) => address === neighbour.address));
    await local.close();
  });
});
