// Many slaves on one master: time to connect, memory, and a query of each at once. Prints markdown.

import { Browser, openBroadcaster, openSite, serve } from '../../e2e/harness/peer.js';
import { ahead, cpu, head, mebibytes, median, ninetieth, row, whole } from './pages.js';

/** Slaves of one page; a renderer has 500 connections at most. */
const A_PAGE = 100;
const REST_MS = 5000;

const site = await openSite();
head('slaves', 'all connected after, s', 'ms each', 'master\'s browser, KiB/slave', 'slaves\' browser, KiB/slave', 'query of each at once: all after, ms', 'median', 'p90', 'idle CPU, % of a core');
try {
  for (const count of [100, 400]) await measure(count);
} finally {
  site.close();
}

async function measure(count) {
  const [broadcaster, home, away] = await Promise.all([openBroadcaster(), Browser.open(), Browser.open()]);
  try {
    await ahead(home, away);
    const master = await home.page(site.url);
    await serve(master, broadcaster.url);
    await master.evaluate(() => Promise.all(Array.from({ length: 1000 }, (_, n) => storage.put(`id-${n}`, { first: 'Ada', last: 'Lovelace', n }))));
    const pages = [];
    for (let n = 0; n < count; n += A_PAGE) pages.push(await away.page(site.url));
    const before = [await mebibytes(home), await mebibytes(away)];
    const began = performance.now();
    await Promise.all(pages.map((page) => page.evaluate(connectAll, broadcaster.url, A_PAGE)));
    const seconds = (performance.now() - began) / 1000;
    const after = [await mebibytes(home), await mebibytes(away)];
    const kibibytes = before.map((each, n) => whole(((after[n] - each) * 1024) / count));
    const asked = performance.now();
    const times = (await Promise.all(pages.map((page) => page.evaluate(queryAll)))).flat();
    const answered = performance.now() - asked;
    row(count, seconds.toFixed(1), ((seconds * 1000) / count).toFixed(1), ...kibibytes, whole(answered), whole(median(times)), whole(ninetieth(times)), await idle(home));
  } finally {
    await Promise.all([home.close(), away.close(), broadcaster.close()]);
  }
}

/** In a page: connects so many databases, eight under way at a time. */
async function connectAll(url, count) {
  globalThis.all = [];
  let left = count;
  const lane = async () => {
    while ((left -= 1) >= 0) all.push(await peer.connect(url).ready);
  };
  await Promise.all(Array.from({ length: 8 }, lane));
}

/** In a page: one query by each of its databases at once, and how long each took. */
function queryAll() {
  return Promise.all(
    all.map(async (db) => {
      const began = performance.now();
      await db.allDocs({ query: 'last:"%ace"', limit: [0, 20], include_docs: true });
      return performance.now() - began;
    }),
  );
}

/** What the master's browser spends while nobody asks anything. */
async function idle(browser) {
  const before = await cpu(browser);
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  return ((((await cpu(browser)) - before) * 1e5) / REST_MS).toFixed(0);
}
