// The table of attacks in docs/security.md names tests that exist, and every fuzz target.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

const FOLDERS = ['bench', 'broadcaster', 'build', 'e2e/tests', 'fuzz/targets', 'host', 'jio', 'peer/src', 'remote', 'tests', 'trust'];
const text = readFileSync('docs/security.md', 'utf8');
const rows = text.slice(text.indexOf('| attack |')).split('\n\n')[0].split('\n').slice(2);
const files = FOLDERS.flatMap((folder) => readdirSync(folder, { recursive: true }).map((name) => `${folder}/${name}`))
  .filter((path) => /\.(rs|js|mjs)$/.test(path) && !path.includes('node_modules'));
const sources = files.map((path) => readFileSync(path, 'utf8')).join('\n');

test('each attack has a test', () => {
  assert.ok(rows.length > 10);
  for (const row of rows) {
    assert.match(row.split('|')[3], /`\w+`|\*[^*]+\*|\w\.rs|\w\.js|suite|Autobahn/, row);
  }
});

test('each test that is named is there', () => {
  for (const row of rows) {
    const [, , , tests] = row.split('|');
    for (const [, name] of tests.replace(/fuzz (`\w+`(, )?)+/g, '').matchAll(/`([a-z_0-9]+)`/g)) {
      assert.ok(sources.includes(`fn ${name}()`) || sources.includes(`fn ${name}(`) || name === 'supply' || name === 'layers', name);
    }
    for (const [, path] of tests.matchAll(/([\w/.]+\.(?:rs|m?js))\b/g)) {
      assert.ok(files.some((known) => known.endsWith(`/${path}`) || known === path), path);
    }
    for (const [, name] of tests.matchAll(/\*([^*]+)\*/g)) {
      for (const part of name.split(' … ')) assert.ok(sources.includes(part), name);
    }
  }
});

test('each fuzz target is named', () => {
  for (const target of readdirSync('fuzz/corpus')) {
    assert.ok(rows.some((row) => row.includes('fuzz') && row.includes(`\`${target}\``)), target);
  }
});
