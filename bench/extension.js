// Messages through the whole of it: member → companion → link → worker → link → companion → members.
// Prints markdown. FANOUT names the load generator; runs in a network of its own (harness/network.sh).

import { here, openSharing, text } from '../e2e/harness/sharing.js';
import { cpu, fanout, round } from './load.js';

const chromium = await openSharing();
try {
  await throughput();
  await latencyAtRest();
  await popup();
} finally {
  await chromium.close();
}

async function throughput() {
  console.log('| members | bytes | messages/s in | deliveries/s | p50 ms | companion CPU µs/message | browser CPU µs/message | faults |');
  console.log('|---|---|---|---|---|---|---|---|');
  for (const [clients, size, messages] of [[2, 200, 20000], [10, 200, 10000], [100, 200, 5000], [10, 4096, 5000], [100, 4096, 3000]]) {
    const before = await cpu(chromium);
    const run = await fanout(here(), ['--clients', clients, '--senders', 2, '--size', size, '--messages', messages, '--text']);
    const after = await cpu(chromium);
    const each = (key) => (((after[key] - before[key]) * 1e6) / (2 * messages)).toFixed(0);
    const into = run.deliveries_per_s / (clients - 1);
    console.log(
      `| ${clients} | ${size} | ${round(into)} | ${round(run.deliveries_per_s)} | ${(run.p50_us / 1000).toFixed(1)} ` +
        `| ${each('companion')} | ${each('browser')} | ${run.ok ? '' : run.first_fault} |`,
    );
  }
}

async function latencyAtRest() {
  console.log('\n| at rest: 20 messages/s, 2 members | p50 ms | p99 ms | worst ms |\n|---|---|---|---|');
  for (const size of [200, 4096]) {
    const run = await fanout(here(), ['--clients', 2, '--senders', 1, '--size', size, '--messages', 200, '--rate', 20, '--text']);
    const ms = (us) => (us / 1000).toFixed(2);
    console.log(`| ${size} bytes | ${ms(run.p50_us)} | ${ms(run.p99_us)} | ${ms(run.max_us)} |`);
  }
}

async function popup() {
  const times = [];
  for (let round = 0; round < 20; round++) {
    const page = await chromium.popup();
    await text(page, 'broadcaster-url');
    times.push(await page.evaluate(() => performance.getEntriesByName('url-shown')[0].startTime));
    await page.close();
  }
  times.sort((a, b) => a - b);
  console.log('\n| popup: from opening to the URL, 20 times | median ms | worst ms |\n|---|---|---|');
  console.log(`| warm worker | ${times[10].toFixed(0)} | ${times[19].toFixed(0)} |`);
}
