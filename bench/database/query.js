// Queries over many records: jIO, this project's storage in the master's page, and the same from a slave,
// in turn. Prints markdown. PEERS names the folder of jIO's package.

import assert from 'node:assert/strict';
import { Browser, connect, openBroadcaster, serve } from '../../e2e/harness/peer.js';
import { ahead, head, least, median, openBenchSite, row, whole } from './pages.js';

const ROUNDS = Number(process.env.ROUNDS ?? 20);

const [site, broadcaster, browser] = await Promise.all([openBenchSite('127.0.0.1'), openBroadcaster(), Browser.open()]);
try {
  await ahead(browser);
  console.log('\nMedian milliseconds; in brackets the least.');
  await compare(10_000, ROUNDS);
  await compare(100_000, 3);
} finally {
  await Promise.all([browser.close(), broadcaster.close()]);
  site.close();
}

async function compare(count, rounds) {
  const master = await browser.page(`${site.url}query.html`);
  await master.evaluate((count) => fill(`bench-${count}`, count), count);
  await serve(master, broadcaster.url);
  const slave = await browser.page(`${site.url}query.html`);
  await connect(slave, broadcaster.url);
  head(`${whole(count)} records`, 'rows', 'jIO 3.45.0', 'master\'s page', 'times faster', 'from a slave');
  for (const query of await master.evaluate(() => Object.keys(QUERIES))) {
    const times = { jio: [], ours: [], slave: [] };
    let rows;
    for (let round = -1; round < rounds; round += 1) {
      const [jio, ours, far] = [
        await master.evaluate((query) => ask('jio', query), query),
        await master.evaluate((query) => ask('storage', query), query),
        await slave.evaluate((query) => ask('db', query), query),
      ];
      assert.equal(ours.ids, jio.ids, `${query}: not what jIO finds`);
      assert.equal(far.ids, jio.ids, `${query}: not what jIO finds, from a slave`);
      rows = jio.rows;
      if (round < 0) continue;
      times.jio.push(jio.time);
      times.ours.push(ours.time);
      times.slave.push(far.time);
    }
    const told = (list) => `${median(list).toFixed(1)} (${least(list).toFixed(1)})`;
    const factor = (median(times.jio) / median(times.ours)).toFixed(0);
    row(`\`${query}\``, whole(rows), told(times.jio), told(times.ours), factor, told(times.slave));
  }
  await Promise.all([master.close(), slave.close()]);
}
