// Lays the pages that the port serves: dist/site, by the paths they are served under, and dist/site.json,
// the whole list. pages/site.json lists the sources; below /peer/ comes the package from dist/npm.
// What has not changed is left alone, so that nothing is built anew because of it.

import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname } from 'node:path';

const TYPES = { '.js': 'text/javascript; charset=utf-8', '.wasm': 'application/wasm' };

const listed = JSON.parse(readFileSync('pages/site.json', 'utf8'));
const peer = readdirSync('dist/npm')
  .filter((name) => extname(name) in TYPES)
  .map((name) => ({ path: `/peer/${name}`, file: `pages/peer/${name}`, type: TYPES[extname(name)] }));

const laid = new Set();
for (const { path, file } of [...listed, ...peer]) {
  const to = `dist/site${path.endsWith('/') ? `${path}index.html` : path}`;
  laid.add(to);
  keep(to, readFileSync(file.replace(/^pages\/peer\//, 'dist/npm/')));
}
for (const entry of readdirSync('dist/site', { recursive: true, withFileTypes: true })) {
  const file = `${entry.parentPath ?? entry.path}/${entry.name}`;
  if (entry.isFile() && !laid.has(file)) rmSync(file);
}
keep('dist/site.json', Buffer.from(`${JSON.stringify([...listed, ...peer], null, 2)}\n`));

function keep(file, content) {
  if (read(file)?.equals(content)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}

function read(file) {
  try {
    return readFileSync(file);
  } catch {
    return undefined; // not there yet
  }
}
