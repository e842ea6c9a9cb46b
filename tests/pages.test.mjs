// What the pages' files promise each other. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';

const read = (path) => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
const SLAVE = read('pages/slave.html');
const MASTER = read('extension/master.html');
const site = JSON.parse(read('pages/site.json'));

test('both pages have the same dialog and templates of records', () => {
  const shared = (page) => /<!-- record dialog:[\s\S]*<!-- end of record dialog -->/.exec(page)[0];
  assert.equal(shared(SLAVE), shared(MASTER));
});

test('no id is there twice', () => {
  for (const page of [SLAVE, MASTER]) {
    const ids = [...page.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
    assert.deepEqual(ids.filter((id, at) => ids.indexOf(id) !== at), []);
  }
});

test('no script, style or listener is inline', () => {
  for (const page of [SLAVE, MASTER]) {
    assert.doesNotMatch(page, /<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)|javascript:/);
  }
});

test('the port serves every file that the slave page loads', () => {
  const peer = [...readdirSync(new URL('../peer/npm/', import.meta.url)), 'peer.js', 'peer_bg.wasm'];
  const served = new Set([...site.map(({ path }) => path), ...peer.map((name) => `/peer/${name}`)]);
  const files = new Map(site.map(({ path, file }) => [path, file]));
  const wanted = [...SLAVE.matchAll(/(?:href|src)="([^"#:]+)"/g)].map(([, name]) => `/${name}`);
  for (const path of wanted) assert.ok(served.has(path), path);
  for (const script of [...served].filter((path) => path.endsWith('.js') && !path.startsWith('/peer/'))) {
    for (const [, name] of read(files.get(script)).matchAll(/from '\.\/([^']+)'/g)) {
      assert.ok(served.has(`/${name}`), `${script} imports ${name}`);
    }
  }
});

test('the slave page begins to load all of its modules at once', () => {
  const imported = [...read('pages/slave.js').matchAll(/from '\.\/([^']+)'/g)].map(([, name]) => name);
  for (const name of imported) assert.ok(SLAVE.includes(`<link rel="modulepreload" href="${name}">`), name);
});
