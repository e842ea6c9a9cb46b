// Browsers, pages and servers for the measurements of the database, and how figures are told.

import { createRequire } from 'node:module';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Browser, openSite } from '../../e2e/harness/peer.js';
import { children, memory } from '../../e2e/harness/processes.js';

/** Where what is measured beside lies: the npm packages of package.json. */
export const peers = createRequire(`${process.env.PEERS}/`);
/** This computer's address in the network of the run. */
export const LAN = '10.77.0.1';
const TICKS_PER_S = 100;

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const module = (name) => `${process.env.PEERS}/node_modules/${name}`;

/** The package and what is measured beside it, over HTTP. */
export function openBenchSite(address, servers) {
  return openSite({
    address,
    servers,
    files: {
      '/open.html': here('open.html'),
      '/open-page.js': here('open-page.js'),
      '/query.html': here('query.html'),
      '/query-page.js': here('query-page.js'),
      '/replication.html': here('replication.html'),
      '/replication-page.js': here('replication-page.js'),
      '/replication-records.js': here('replication-records.js'),
      '/node-globals.js': here('node-globals.js'),
      '/jio.js': module('jio/dist/jio-latest-node.js'),
      '/pouchdb.js': module('pouchdb/dist/pouchdb.min.js'),
      '/peerjs.js': module('peerjs/dist/peerjs.min.js'),
      '/simple-peer.js': module('simple-peer/simplepeer.min.js'),
    },
  });
}

/** A browser of the test harness around one that is open already. */
export const around = ({ browser }) => Object.assign(new Browser(), { browser });

/** Puts a browser, which has a session of its own, ahead of other work on this machine, as run.sh does with the
 * rest; only root can. */
export async function ahead(...browsers) {
  const put = ({ browser }) => writeFile(`/proc/${browser.process().pid}/autogroup`, '-20').catch(() => {});
  await Promise.all(browsers.map(put));
}

/** CPU seconds that a browser has spent so far, all its processes together. */
export async function cpu({ browser }) {
  const main = browser.process().pid;
  const all = [main, ...(await children(main)).map(({ pid }) => pid)];
  return (await Promise.all(all.map(seconds))).reduce((sum, each) => sum + each, 0);
}

async function seconds(pid) {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_S;
}

/** MiB that a browser has for itself, all its processes together. */
export async function mebibytes({ browser }) {
  const main = browser.process().pid;
  const all = [main, ...(await children(main)).map(({ pid }) => pid)];
  return (await Promise.all(all.map(memory))).reduce((sum, each) => sum + each, 0);
}

export const sorted = (values) => [...values].sort((a, b) => a - b);
export const median = (values) => sorted(values)[Math.floor(values.length / 2)];
export const least = (values) => Math.min(...values);
export const ninetieth = (values) => sorted(values)[Math.floor(values.length * 0.9)];

/** A row of a markdown table. */
export const row = (...cells) => console.log(`| ${cells.join(' | ')} |`);

/** The head of one. */
export function head(...cells) {
  console.log('');
  row(...cells);
  row(...cells.map(() => '---'));
}

export const whole = (value) => Math.round(value).toLocaleString('en');
