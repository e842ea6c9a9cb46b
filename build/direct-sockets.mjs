// What the Isolated Web App needs to know of this project: its version, and the extension's id, which is the
// first half of the SHA-256 of its public key, in the letters a to p.

import { createHash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';

const APP = 'dist/direct-sockets';
const { key, version } = JSON.parse(readFileSync('manifest.json', 'utf8'));

const digest = createHash('sha256').update(Buffer.from(key, 'base64')).digest('hex').slice(0, 32);
const id = [...digest].map((digit) => String.fromCharCode(97 + parseInt(digit, 16))).join('');
writeFileSync(
  `${APP}/extensions.js`,
  `// Made by the build.\nexport const VERSION = '${version}';\nexport const EXTENSIONS = ['${id}'];\n`,
);

const manifest = JSON.parse(readFileSync(`${APP}/manifest.webmanifest`, 'utf8'));
writeFileSync(`${APP}/manifest.webmanifest`, JSON.stringify({ ...manifest, version }));
renameSync(`${APP}/manifest.webmanifest`, `${APP}/.well-known/manifest.webmanifest`);
