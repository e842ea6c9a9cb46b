// The tests of a file, as the list of companions has them.

import { test } from 'node:test';
import { NOT_BY_APP } from '../companions.js';
import { BY_APP } from './app.js';

/** `test` for a file: skips what cannot hold by the app, and says why. */
export function testsOf(file) {
  return (name, body) => {
    const reason = NOT_BY_APP[`${file}: ${name}`];
    return test(name, { skip: BY_APP && reason !== undefined && reason }, body);
  };
}
