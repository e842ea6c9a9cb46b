// A page that is refreshed fifty times as fast as it can be, each time further on its way to the master:
// the master ends with one peer, and with all its places.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, serveRecords } from '../harness/records.js';
import { LAN, openSharing, PORT, text, when } from '../harness/sharing.js';

const TIMES = 50;
/** `HALF_OPEN_FOR` of broadcaster/src/limits.rs: a place that is lost is lost so long. */
const PLACE_MS = 10_000;

describe('fifty refreshes', { timeout: 180_000 }, () => {
  const opened = new Opened();
  let chromium, other, master, page;
  before(async () => {
    [chromium, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open())]);
    master = await serveRecords(chromium);
    page = await other.browser.newPage();
    await page.evaluateOnNewDocument(refresh, `ws://${LAN}:${PORT}/`, TIMES);
  });
  after(() => opened.close());

  test('leave one peer', async (t) => {
    const done = new Promise((resolve) => page.on('console', (message) => message.text().startsWith('connected') && resolve(message.text())));
    await page.goto(`http://${LAN}:${PORT}/`);
    const words = await done;
    t.diagnostic(words);
    assert.match(words, new RegExp(`^connected after ${TIMES} refreshes`));
    await text(master, 'peer-count', (text) => text === '1');
    await when(master, () => document.querySelector('[data-testid="peers"]').children.length === 1);
    await chromium.state((state) => state.members.length === 0);
  });

  test('leave no place taken: the next one connects at once', async (t) => {
    const start = performance.now();
    await connectSlave(other);
    const took = performance.now() - start;
    t.diagnostic(`${took.toFixed(0)} ms`);
    assert.ok(took < PLACE_MS, `${took} ms`);
    await text(master, 'peer-count', (text) => text === '2');
  });
});

/** Runs in each document: connects, and begins anew at a step that is another one each time. */
function refresh(url, times) {
  addEventListener('DOMContentLoaded', async () => {
    const count = Number(sessionStorage.refreshes ?? 0);
    sessionStorage.began ??= Date.now();
    const steps = ['reaching', 'asking', 'connecting', null];
    const { connect } = await import(new URL('peer/index.js', document.baseURI));
    const database = (globalThis.database = connect(url));
    database.addEventListener('state', ({ detail: { state, step } }) => {
      if (count === times && state === 'connected') console.log(`connected after ${count} refreshes in ${Date.now() - sessionStorage.began} ms`);
      if (count >= times || sessionStorage.refreshes > count || step !== steps[count % steps.length]) return;
      sessionStorage.refreshes = count + 1;
      location.reload();
    });
  });
}
