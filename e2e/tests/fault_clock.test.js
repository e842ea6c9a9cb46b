// The wall clock of the computer that shares is set: a day on, then two days back. Nothing of ours is timed by
// it, so nobody is dropped, nothing is asked, and all goes on.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, describe, test } from 'node:test';
import { Clock, noClock } from '../harness/clock.js';
import { Member } from '../harness/member.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, query, serveRecords } from '../harness/records.js';
import { here, openSharing, text } from '../harness/sharing.js';

const DAY = 24 * 3600;
const JUMPS = [
  { words: 'a day on', seconds: DAY, last: 'Lovelace' },
  { words: 'two days back', seconds: -DAY, last: 'Hopper' },
];

describe('a clock', { skip: noClock, timeout: 180_000 }, () => {
  const opened = new Opened();
  let clock, chromium, other, master, slave, members, companions;
  before(async () => {
    clock = await opened.add(Clock.open());
    [chromium, other] = await Promise.all([opened.add(openSharing({ host: clock })), opened.add(Browser.open())]);
    master = await serveRecords(chromium);
    slave = await connectSlave(other);
    // In a room without slaves, whose requests they would hear.
    members = await Promise.all([Member.open(here('/words')), Member.open(here('/words'))]);
    companions = await chromium.companions();
    const maps = await readFile(`/proc/${companions[0]}/maps`, 'utf8');
    assert.match(maps, /clock\.so/, 'the companion has this clock as well');
    await slave.evaluate(() => {
      globalThis.said = [];
      const hear = ({ status }) => status !== 'connected' && said.push(status);
      new MutationObserver(() => hear(document.body.dataset)).observe(document.body, { attributeFilter: ['data-status'] });
    });
  });
  after(() => opened.close());

  for (const { words, seconds, last } of JUMPS) {
    test(`that jumps ${words} cuts off nobody`, async () => {
      await clock.jump(seconds);
      const off = (await chromium.control.evaluate(() => Date.now())) - Date.now();
      assert.ok(Math.abs(off - seconds * 1000) < 60_000, `the browser is ${off} ms off`);

      await members[0].send(words);
      assert.equal(await members[1].next(), words);
      await create(slave, 'Ada', last);
      assert.match(await query(slave, last), /Ada/);
      assert.equal(await text(await chromium.popup(), 'status'), 'Sharing on this network.');
      assert.equal(await text(master, 'peer-count'), '1');
      assert.deepEqual(await chromium.companions(), companions);
      assert.deepEqual(await slave.evaluate(() => said), [], 'the slave was connected all the time');
    });

    test(`that has jumped ${words} lets others join`, async () => {
      const page = await connectSlave(other);
      assert.match(await query(page, last), /Ada/);
      await page.close();
      await text(master, 'peer-count', (text) => text === '1');
      const third = await Member.open(here('/words'));
      await third.send('hello');
      for (const member of members) assert.equal(await member.next(), 'hello');
      await third.close();
    });
  }
});
