// A hundred slaves that want to see what changes: they follow the query, or ask again every half a second. A
// thousand changes in ten seconds. Prints markdown.

import { Browser, openBroadcaster, openSite, serve } from '../../e2e/harness/peer.js';
import { ahead, cpu, head, median, ninetieth, row, whole } from './pages.js';

const SLAVES = Number(process.env.SLAVES ?? 100);
const RECORDS = 10_000;
const CHANGES = 1_000;
const SECONDS = 10;
const POLL_MS = 500;
/** What is wanted: all that changes, or the first page of it. */
const WANTED = {
  'all of 1,000 rows': { query: 'kind:"watched"', include_docs: true },
  'the first 51, newest first': { query: 'kind:"watched"', sort_on: [['at', 'descending']], limit: [0, 51], include_docs: true },
};

const [site, broadcaster, ...browsers] = await Promise.all([openSite(), openBroadcaster(), Browser.open(), Browser.open()]);
try {
  await ahead(...browsers);
  const [master, slaves] = await Promise.all(browsers.map((browser) => browser.page(site.url)));
  await master.evaluate(fill, RECORDS, CHANGES);
  await serve(master, broadcaster.url);
  await slaves.evaluate(async (url, count) => {
    globalThis.all = [];
    for (let n = 0; n < count; n += 1) all.push(await peer.connect(url).ready);
  }, broadcaster.url, SLAVES);
  head(`${SLAVES} slaves, ${CHANGES} changes in ${SECONDS} s`, 'way', 'frames', 'MiB', 'CPU s, master’s browser', 'CPU s, slaves’ browser', 'seen after, median ms', 'p90');
  for (const [name, options] of Object.entries(WANTED)) {
    for (const way of ['followed', 'polled']) await measure(master, slaves, name, way, options);
  }
} finally {
  await Promise.all([...browsers.map((browser) => browser.close()), broadcaster.close()]);
  site.close();
}

async function measure(master, slaves, name, way, options) {
  await slaves.evaluate(watch, way, options, POLL_MS);
  const spent = () => Promise.all(browsers.map(cpu));
  const before = await spent();
  const sent = await master.evaluate(change, CHANGES, SECONDS);
  const after = await spent();
  const seen = await slaves.evaluate(() => stop());
  const used = after.map((seconds, at) => (seconds - before[at]).toFixed(1));
  row(name, way, whole(sent.frames), (sent.bytes / 2 ** 20).toFixed(1), ...used, whole(median(seen)), whole(ninetieth(seen)));
}

/** In the master's page: records, of which some are watched, and a count of what is sent. */
async function fill(records, watched) {
  globalThis.storage = peer.memory();
  for (let n = 0; n < records; n += 1) {
    await storage.put(`r${n}`, { kind: n < watched ? 'watched' : 'other', at: 0, first: 'Grace', last: 'Hopper', n });
  }
  globalThis.sent = { frames: 0, bytes: 0 };
  const { send } = RTCDataChannel.prototype;
  RTCDataChannel.prototype.send = function (frame) {
    sent.frames += 1;
    sent.bytes += frame.length ?? frame.byteLength;
    return send.call(this, frame);
  };
}

/** In the slaves' page: each keeps how old a change was when it was seen. */
function watch(way, options, pause) {
  const seen = [];
  const known = all.map(() => new Map());
  const look = (n, rows) => {
    for (const { id, doc } of rows) {
      if (doc.at > 0 && known[n].has(id) && known[n].get(id) !== doc.at) seen.push(Date.now() - doc.at);
      known[n].set(id, doc.at);
    }
  };
  const ends = all.map((db, n) => {
    if (way === 'followed') {
      const live = db.subscribe(options, ({ added, changed }) => look(n, [...added, ...changed]));
      return { ready: live.ready, end: () => live.close() };
    }
    const ask = async () => look(n, (await db.allDocs(options)).data.rows);
    const timer = setInterval(() => ask().catch(() => {}), pause);
    return { ready: ask(), end: () => clearInterval(timer) };
  });
  globalThis.stop = () => (ends.forEach(({ end }) => end()), seen);
  return Promise.all(ends.map(({ ready }) => ready)).then(() => {});
}

/** In the master's page: changes, evenly; what was sent meanwhile, and a little longer. */
async function change(count, seconds) {
  Object.assign(sent, { frames: 0, bytes: 0 });
  const began = performance.now();
  let done = 0;
  while (done < count) {
    const due = Math.min(count, Math.ceil(((performance.now() - began) / 1000 / seconds) * count));
    for (; done < due; done += 1) {
      storage.put(`r${(done * 7) % 1000}`, { kind: 'watched', at: Date.now(), first: 'Grace', last: 'Hopper', n: done });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return sent;
}
