// The package's types fit a web app that uses all of it, and the examples of its README. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the package is used as its types say, and not otherwise', () => check(here('types')));

test('the examples of its README are right', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lan-broadcaster-types-'));
  try {
    const examples = [...readFileSync(here('../peer/npm/README.md'), 'utf8').matchAll(/```js\n([\s\S]*?)```/g)].map(([, text]) => text);
    assert.ok(examples.length >= 5);
    const files = { 'given.d.ts': GIVEN, ...Object.fromEntries(examples.map((text, at) => [`example${at}.mts`, `${text}export {};\n`])) };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    const config = JSON.parse(readFileSync(here('types/tsconfig.json'), 'utf8'));
    // Examples are JavaScript: what a reader need not write is not asked for.
    config.compilerOptions = { ...config.compilerOptions, noImplicitAny: false, paths: PATHS };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ ...config, files: Object.keys(files) }));
    check(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

/** What an example has from its surroundings, unless it says otherwise. */
const GIVEN = `declare const url: string, jIO: any, storage: import('lan-broadcaster-peer').Storage;
declare const db: import('lan-broadcaster-peer').Database;
declare const serve: typeof import('lan-broadcaster-peer').serve;
declare const JioError: typeof import('lan-broadcaster-peer').JioError;
`;
const PATHS = {
  'lan-broadcaster-peer': [here('../peer/npm/index.d.ts')],
  'lan-broadcaster-peer/jio-storage.js': [here('../peer/npm/jio-storage.d.ts')],
};

function check(project) {
  const tsc = spawnSync(process.execPath, [here('../build/node_modules/typescript/bin/tsc'), '--project', project], { encoding: 'utf8' });
  assert.equal(tsc.stdout, '');
  assert.equal(tsc.status, 0, tsc.stderr);
}
