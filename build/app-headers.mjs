// What the files of the Direct Sockets app are served with: packed in its bundle, or by a server on this computer.

import { extname } from 'node:path';

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
};

// What an Isolated Web App has to live by; a browser enforces nearly as much, whatever the app says.
const HEADERS = {
  'content-security-policy': [
    "base-uri 'none'",
    "default-src 'self'",
    "object-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "require-trusted-types-for 'script'",
    "frame-ancestors 'self'",
  ].join('; '),
  'cross-origin-embedder-policy': 'require-corp',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
};

export function headersOf(path) {
  const type = TYPES[extname(path)];
  if (!type) throw new Error(`build/app-headers.mjs knows no content type for ${path}`);
  return { 'content-type': type, ...HEADERS };
}
