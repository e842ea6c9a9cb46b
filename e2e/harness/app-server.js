// Serves the app's files to the browser at this computer, as a developer's server does: a program of its own, since a
// test's browser may be at another computer than the test. Says its port; ends with its input.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { headersOf } from '../../build/app-headers.mjs';

const APP = process.env.APP_DIST || fileURLToPath(new URL('../../dist/direct-sockets', import.meta.url));
const server = createServer(answer);
server.listen(0, '127.0.0.1', () => process.stdout.write(String(server.address().port)));
process.stdin.on('end', () => process.exit()).resume();

async function answer(request, response) {
  const { pathname } = new URL(request.url, 'http://app');
  const file = pathname.endsWith('/') ? `${pathname}index.html` : pathname;
  try {
    const body = await readFile(join(APP, normalize(file)));
    response.writeHead(200, headersOf(file)).end(body);
  } catch {
    response.writeHead(404).end();
  }
}
