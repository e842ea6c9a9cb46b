// What a slave keeps until a master has stored it. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Seen } from '../peer/npm/seen.js';
import { toCall, Writes } from '../peer/npm/writes.js';

const write = (number, more = {}) => ({ number, method: 'put', args: [`r${number}`, { n: number }], id: `r${number}`, since: 0, master: null, isKept: true, ...more });
const failed = (writes, number, status_code, protocol = 'jio.2') => writes.failed(number, { status_code, message: 'why' }, { protocol });

test('one is sent at a time, in order, and only what is kept', () => {
  const writes = new Writes();
  [write(1), write(2, { isKept: false }), write(3)].forEach((one) => writes.add(one));
  assert.equal(writes.next('m').number, 1);
  assert.equal(writes.next('m'), null, 'one at a time');
  writes.stored(1);
  assert.equal(writes.next('m'), null, 'what is not kept yet holds up those behind it');
  writes.kept(2);
  assert.equal(writes.next('m').number, 2);
  writes.stored(2);
  assert.deepEqual(writes.list.map(({ number }) => number), [3]);
});

test('what fails for good is listed, and what fails for now is sent again', () => {
  for (const status of [503, 499, 429]) {
    const writes = new Writes();
    writes.add(write(1));
    writes.next('m');
    assert.equal(failed(writes, 1, status), false);
    assert.equal(writes.next('m').number, 1);
  }
  for (const status of [400, 403, 404, 409, 413, 500, 501, 507]) {
    const writes = new Writes();
    [write(1), write(2)].forEach((one) => writes.add(one));
    writes.next('m');
    assert.equal(failed(writes, 1, status), true);
    assert.deepEqual(writes.list[0].error, { status_code: status, message: 'why' });
    assert.equal(writes.next('m').number, 2, 'those behind it go on');
    assert.equal(writes.resend(1), true);
    assert.equal(writes.resend(2), false);
    writes.stored(2);
    assert.equal(writes.next('m').number, 1);
    assert.equal(writes.forget(1), true);
    assert.equal(writes.forget(1), false);
  }
});

test('each master is sent its own, and those that were for nobody are the first one’s', () => {
  const writes = new Writes();
  [write(1, { master: 'a' }), write(2, { master: 'b' }), write(3)].forEach((one) => writes.add(one));
  assert.equal(writes.next('b').number, 2);
  writes.stored(2);
  assert.equal(writes.next('b').number, 3);
  failed(writes, 3, 503);
  assert.equal(writes.next('c'), null);
  assert.equal(writes.next('a').number, 1);
});

test('a new record is sent under its id; where that cannot be, it is not sent twice', () => {
  const post = write(1, { method: 'post', args: [{ n: 1 }], id: 'new' });
  assert.deepEqual(toCall(post, 'jio.2'), ['put', ['new', { n: 1 }]]);
  assert.deepEqual(toCall(post, ''), ['post', [{ n: 1 }]]);
  const writes = new Writes();
  writes.add(post);
  writes.next('');
  assert.equal(failed(writes, 1, 503, ''), true);
  assert.match(writes.list[0].error.message, /nobody knows/);
});

/** A master that stores, and a way to it that is cut anywhere; a page that is killed and comes again. */
test('whatever is cut or killed, each write ends at the master once and in order', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    let state = seed;
    const random = (below) => (state = (state * 48271) % 2147483647) % below;
    const master = [];
    let [disk, made, writes] = [[], 0, new Writes()];
    const store = ({ number, args }) => master.at(-1) === number || master.push(number) || args;
    const round = (isCalm) => {
      if (!isCalm && random(2)) {
        made += 1;
        disk.push(write(made));
        writes.add(write(made));
      }
      const next = writes.next('m');
      if (!next) return;
      const luck = isCalm ? 0 : random(6);
      if (luck === 1) return failed(writes, next.number, 503); // Lost on the way there.
      store(next);
      if (luck === 2) return failed(writes, next.number, 503); // Lost on the way back.
      if (luck === 3) return kill(); // Stored, and the page does not know.
      disk = disk.filter(({ number }) => number !== next.number);
      if (luck === 4) return kill();
      writes.stored(next.number);
    };
    const kill = () => {
      writes = new Writes();
      for (const one of disk) writes.add(one);
    };
    for (let step = 0; step < 60; step += 1) round(false);
    while (writes.list.length > 0) round(true);
    assert.deepEqual(master, Array.from({ length: made }, (_, n) => n + 1), `seed ${seed}`);
    assert.deepEqual(disk, []);
  }
});

test('what pages that are gone had written comes before all that is written here', () => {
  const writes = new Writes();
  writes.add(write(1, { isKept: false }));
  writes.adopt([write(2), write(3)]);
  assert.deepEqual(writes.list.map(({ number, error }) => [number, error]), [[2, null], [3, null], [1, null]]);
  assert.equal(writes.next('m').number, 2);
});

test('what waits says what its records are', () => {
  const writes = new Writes();
  writes.add(write(1));
  writes.add(write(2, { method: 'remove', args: ['r2'] }));
  writes.add(write(3, { method: 'putAttachment', args: ['r3', 'name'], id: 'r3' }));
  writes.add(write(4, { args: ['r1', { n: 9 }], id: 'r1' }));
  writes.add(write(5));
  assert.deepEqual([...writes.records], [['r1', { n: 9 }], ['r2', null], ['r5', { n: 5 }]]);
  failed(writes, 5, 403);
  assert.equal(writes.records.has('r5'), false, 'what was refused is not');
});

test('what was seen is bounded, and the newest is kept', async () => {
  const seen = new Seen();
  for (let n = 0; n <= 500; n += 1) seen.keep('get', [`r${n}`], { n }, n);
  assert.equal(await seen.find('get', ['r0']), undefined);
  assert.deepEqual(await seen.find('get', ['r500']), { answer: { n: 500 }, at: 500 });
  seen.keep('allDocs', [{}], { data: { rows: [{ id: 'row', value: {}, doc: { n: 7 } }] } }, 9);
  assert.deepEqual(await seen.find('get', ['row']), { answer: { n: 7 }, at: 9 });
  seen.keep('get', ['big'], 'x'.repeat(17 << 20), 1);
  assert.equal(await seen.find('get', ['big']), undefined);
  seen.keep('get', ['half'], 'x'.repeat(9 << 20), 1);
  seen.keep('get', ['other'], 'x'.repeat(9 << 20), 2);
  assert.equal(await seen.find('get', ['half']), undefined);
  assert.equal((await seen.find('get', ['other'])).at, 2);
});

test('what one master answered is not another one’s', async () => {
  const seen = new Seen();
  await seen.of('a');
  seen.keep('get', ['x'], { n: 1 }, 1);
  await seen.of('a');
  assert.deepEqual(await seen.find('get', ['x']), { answer: { n: 1 }, at: 1 });
  await seen.of('b');
  assert.equal(await seen.find('get', ['x']), undefined);
  seen.keep('get', ['x'], { n: 2 }, 2);
  await seen.clear();
  assert.equal(await seen.find('get', ['x']), undefined);
});
