// When the extension copies the records by itself.

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Daily } from '../extension/daily.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const START = 1_700_000_000_000;

let memory, copies, fails, age, told;

beforeEach(() => {
  mock.timers.reset();
  mock.timers.enable({ apis: ['setInterval', 'Date'], now: START });
  memory = {};
  copies = [];
  fails = null;
  told = 0;
  open();
});

/** A document begins. */
function open() {
  age = Date.now();
  globalThis.performance = { now: () => Date.now() - age };
  const copy = async () => {
    if (fails) throw new Error(fails);
    copies.push(Date.now() - START);
  };
  return new Daily({ copy, memory, ontold: () => (told += 1) });
}

/** Lets time pass, minute by minute, and what is begun then end. */
async function pass(millis) {
  for (let left = millis; left > 0; left -= MINUTE) {
    mock.timers.tick(Math.min(left, MINUTE));
    await new Promise(setImmediate);
  }
}

test('records that never change are never copied', async () => {
  await pass(2 * DAY);
  assert.deepEqual(copies, []);
});

test('the first copy comes ten minutes after the start, the next ones a day after the last', async () => {
  memory.changed = 'true';
  await pass(9 * MINUTE);
  assert.deepEqual(copies, []);
  await pass(MINUTE);
  assert.deepEqual(copies, [10 * MINUTE]);
  await pass(DAY);
  assert.equal(copies.length, 1, 'nothing has changed');
  memory.changed = 'true';
  await pass(MINUTE);
  memory.changed = 'true';
  await pass(DAY - MINUTE);
  assert.equal(copies.length, 2);
  await pass(MINUTE);
  assert.equal(copies.length, 3);
});

test('a day that has passed while the browser was closed is made up for at once', async () => {
  const daily = open();
  Object.assign(memory, { changed: 'true', kept_at: Date.now() - DAY });
  await daily.look();
  assert.deepEqual(copies, [0]);
  assert.equal(daily.keptAt, START);
});

test('a change made while a copy is being made is of the next one', async () => {
  memory.changed = 'true';
  let finish;
  const daily = new Daily({ copy: () => new Promise((resolve) => (finish = resolve)), memory, ontold() {} });
  const made = daily.now();
  daily.onChange();
  finish();
  await made;
  assert.equal(memory.changed, 'true');
});

test('what fails is told and tried again an hour later', async () => {
  memory.changed = 'true';
  fails = 'the disk is full';
  const daily = open();
  await pass(10 * MINUTE);
  assert.equal(daily.failure, 'the disk is full');
  assert.equal(daily.keptAt, null);
  fails = null;
  await pass(HOUR - MINUTE);
  assert.deepEqual(copies, []);
  await pass(MINUTE);
  assert.deepEqual(copies, [10 * MINUTE + HOUR]);
  assert.equal(daily.failure, null);
});

test('a person who asks is told of the failure, and need not wait for the hour', async () => {
  const daily = open();
  fails = 'there is no companion';
  await assert.rejects(daily.now(), { message: fails });
  assert.equal(told, 1);
  fails = null;
  await daily.now();
  assert.deepEqual(copies, [0]);
});

test('a clock that was set back does not put off the next copy by years', async () => {
  Object.assign(memory, { changed: 'true', kept_at: Date.now() + 365 * DAY });
  await pass(MINUTE);
  assert.deepEqual(copies, [MINUTE]);
});
