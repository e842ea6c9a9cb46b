// When the extension opens records again that the disk has taken from it.

import assert from 'node:assert/strict';
import { beforeEach, mock, test } from 'node:test';
import { Reopening } from '../extension/reopening.js';

const FULL = { status_code: 507 };
let now, reloads;

beforeEach(() => {
  now = 0;
  reloads = 0;
  mock.timers.reset();
  mock.timers.enable({ apis: ['setTimeout', 'Date'] });
  globalThis.performance = { now: () => now };
  globalThis.history = { state: null, replaceState: (state) => (history.state = state) };
  globalThis.location = { reload: () => (reloads += 1) };
});

/** One document, from its start to its end; gives its pause. */
function live({ lasts = 0, loses = (reopening) => reopening.onGone() } = {}) {
  const reopening = new Reopening();
  const before = reloads;
  if (lasts) reopening.onOpen();
  now += lasts;
  loses(reopening);
  if (reopening.at === null) return null;
  const pause = reopening.at - Date.now();
  mock.timers.tick(pause - 1);
  assert.equal(reloads, before);
  mock.timers.tick(1);
  assert.equal(reloads, before + 1);
  return pause;
}

test('the pauses grow while the disk refuses, and have an end', () => {
  const refused = () => live({ loses: (reopening) => reopening.onFailed(FULL) });
  assert.deepEqual(Array.from({ length: 7 }, refused), [2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]);
});

test('they grow where records open and are closed at once, over and over', () => {
  assert.deepEqual([live({ lasts: 1 }), live({ lasts: 59_999 }), live({ lasts: 10 })], [2_000, 4_000, 8_000]);
});

test('they begin anew after a minute that was well', () => {
  assert.deepEqual([live(), live(), live({ lasts: 60_000 }), live()], [2_000, 4_000, 2_000, 4_000]);
});

test('what fails otherwise is left as it is', () => {
  assert.equal(live({ loses: (reopening) => reopening.onFailed({ status_code: 500 }) }), null);
  mock.timers.tick(3_600_000);
  assert.equal(reloads, 0);
});

test('two reasons make one pause, and a person may cut it short', () => {
  const reopening = new Reopening();
  reopening.hurry();
  assert.equal(reloads, 0);
  reopening.onGone();
  mock.timers.tick(1_000);
  reopening.onFailed(FULL);
  assert.equal(reopening.at, 2_000);
  reopening.hurry();
  assert.equal(reloads, 1);
});
