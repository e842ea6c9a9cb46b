// Calls from a slave to a master over one channel: many records at once, and calls one by one, pipelined
// and batched. Prints markdown.

import { Browser, connect, openBroadcaster, openSite, serve } from '../../e2e/harness/peer.js';
import { ahead, cpu, head, median, ninetieth, row, whole } from './pages.js';

const ROUNDS = Number(process.env.ROUNDS ?? 30);
/** In a page, each resolves when so many calls are answered. */
const MANNERS = {
  'one by one': async (count, call) => {
    for (let n = 0; n < count; n += 1) await call(n);
  },
  'pipelined, 64 under way': async (count, call) => {
    let next = 0;
    const lane = async () => {
      while (next < count) await call((next += 1));
    };
    await Promise.all(Array.from({ length: 64 }, lane));
  },
  'batched, 300 in one turn': async (count, call) => {
    for (let n = 0; n < count; n += 300) await Promise.all(Array.from({ length: 300 }, (_, m) => call(n + m)));
  },
};
const CALLS = {
  get: (n) => globalThis.db.get(`id-${n % 300}`),
  put: (n) => globalThis.db.put(`id-${n % 300}`, { first: 'Ada', last: 'Lovelace', n }),
};

const [site, broadcaster, ...browsers] = await Promise.all([openSite(), openBroadcaster(), Browser.open(), Browser.open()]);
try {
  await ahead(...browsers);
  const [master, slave] = await Promise.all(browsers.map((browser) => browser.page(site.url)));
  await master.evaluate(() => (globalThis.storage = peer.indexedDB('bench')));
  await serve(master, broadcaster.url);
  await connect(slave, broadcaster.url);
  await slave.evaluate(() =>
    Promise.all(Array.from({ length: 300 }, (_, n) => db.put(`id-${n}`, { first: 'Grace', last: 'Hopper', n, note: 'a small record as a person writes one' }))),
  );
  await inOneCall(slave);
  await inManyCalls(slave);
} finally {
  await Promise.all([...browsers.map((browser) => browser.close()), broadcaster.close()]);
  site.close();
}

async function inOneCall(slave) {
  head('300 records to a slave', 'median ms', 'p90');
  const ways = {
    'one `allDocs` with `include_docs`': () => db.allDocs({ include_docs: true }),
    'one `allDocs` with `select_list`': () => db.allDocs({ select_list: ['first', 'last', 'n'] }),
    '300 `get` in one turn': () => Promise.all(Array.from({ length: 300 }, (_, n) => db.get(`id-${n}`))),
  };
  for (const [name, way] of Object.entries(ways)) {
    const times = await slave.evaluate(
      `(async () => {
        const times = [];
        for (let round = -5; round < ${ROUNDS}; round += 1) {
          const began = performance.now();
          await (${way})();
          if (round >= 0) times.push(performance.now() - began);
        }
        return times;
      })()`,
    );
    row(name, median(times).toFixed(1), ninetieth(times).toFixed(1));
  }
}

async function inManyCalls(slave) {
  head('calls', 'calls/s', 'CPU µs/call, both browsers');
  for (const [method, call] of Object.entries(CALLS)) {
    for (const [manner, run] of Object.entries(MANNERS)) {
      const count = manner === 'one by one' ? 1500 : 9000;
      const all = (count) => slave.evaluate(`(${run})(${count}, ${call})`);
      await all(300);
      const [before, began] = [await spent(), performance.now()];
      await all(count);
      const [seconds, after] = [(performance.now() - began) / 1000, await spent()];
      row(`\`${method}\`, ${manner}`, whole(count / seconds), whole(((after - before) * 1e6) / count));
    }
  }
}

async function spent() {
  return (await cpu(browsers[0])) + (await cpu(browsers[1]));
}
