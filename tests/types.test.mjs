// The package's types fit a web app that uses all of it. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test('the package is used as its types say, and not otherwise', () => {
  const tsc = spawnSync(process.execPath, [here('../build/node_modules/typescript/bin/tsc'), '--project', here('types')], { encoding: 'utf8' });
  assert.equal(tsc.stdout, '');
  assert.equal(tsc.status, 0, tsc.stderr);
});
