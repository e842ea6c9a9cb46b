// The list of who opens the port in which end-to-end test: whole, and true.

import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { FILES, NOT_BY_APP } from '../e2e/companions.js';

const TESTS = fileURLToPath(new URL('../e2e/tests/', import.meta.url));

test('each file is listed, and no other', async () => {
  const names = (await readdir(TESTS)).map((name) => name.replace(/\.test\.js$/, ''));
  assert.deepEqual(Object.keys(FILES), names.sort());
});

test('who is not run by both companions has a reason, and nobody else', () => {
  for (const [name, [companions, reason]] of Object.entries(FILES)) {
    assert.equal(companions.length < 2, reason !== undefined, name);
  }
});

test('each test that is left out by the app is there, and skipped by that name', async () => {
  for (const left of Object.keys(NOT_BY_APP)) {
    const [file, ...name] = left.split(': ');
    assert.ok(FILES[file][0].includes('app'), left);
    const text = await readFile(`${TESTS}${file}.test.js`, 'utf8');
    assert.ok(text.includes(`const test = testsOf('${file}');`), left);
    assert.ok(text.includes(`test('${name.join(': ')}'`), left);
  }
});
