// From the click to an open channel: this project beside PeerJS and simple-peer, in turn, in the same two
// browsers. Prints markdown. PEERS names the folder of their packages.

import { openInviting } from '../../e2e/harness/inviting.js';
import { Browser, openBroadcaster, openRelay } from '../../e2e/harness/peer.js';
import { serveRecords } from '../../e2e/harness/records.js';
import { openSharing, PORT } from '../../e2e/harness/sharing.js';
import { LAN, ahead, around, head, median, ninetieth, openBenchSite, peers, row } from './pages.js';

const ROUNDS = Number(process.env.ROUNDS ?? 30);
const WARM_UP = 3;

const WAYS = [
  ['this project, master in the extension', 'ours', { url: `ws://${LAN}:${PORT}/` }],
  ['this project, master in a page', 'ours', {}],
  ['the same by invitation', 'invited', {}],
  ['PeerJS', 'peerJs', {}],
  ['simple-peer, trickle', 'trickle', {}],
  ['simple-peer without trickle', 'whole', {}],
];

const chromium = await openSharing();
const [site, broadcaster, relay, other] = await Promise.all([openBenchSite(LAN), openBroadcaster(), openRelay(LAN), Browser.open()]);
const [peerServer, inviting] = await Promise.all([openPeerServer(), openInviting(new URL(site.url).origin, { bind: LAN })]);
try {
  await ahead(chromium, other);
  await serveRecords(chromium);
  const addresses = {
    url: `ws://${LAN}:${broadcaster.port}/`,
    invitation: inviting.link,
    master: inviting.master,
    relay: relay.url,
    peerJs: { host: LAN, port: peerServer.port, id: 'host' },
  };
  const host = await around(chromium).page(`${site.url}open.html`);
  const clicker = await other.page(`${site.url}open.html`);
  for (const way of ['ours', 'invited', 'peerJs', 'trickle', 'whole']) {
    await host.evaluate((way, addresses) => ways[way].host(addresses), way, addresses);
  }
  tell(await measure(clicker, addresses));
} finally {
  await Promise.all([chromium.close(), other.close(), broadcaster.close(), inviting.close()]);
  relay.close();
  site.close();
  peerServer.close();
}
// The server of PeerJS keeps timers of its own.
process.exit();

async function measure(clicker, addresses) {
  const times = new Map(WAYS.map(([name]) => [name, []]));
  for (let round = -WARM_UP; round < ROUNDS; round += 1) {
    for (const [name, way, more] of WAYS) {
      const time = await clicker.evaluate((way, addresses) => ways[way].click(addresses), way, { ...addresses, ...more });
      if (round >= 0) times.get(name).push(time);
    }
  }
  return times;
}

function tell(times) {
  head(`${ROUNDS} clicks each, in turn`, 'from the click: median ms', 'p90', 'with signalling open: median ms', 'p90');
  for (const [name, all] of times) {
    const [cold, warm] = ['cold', 'warm'].map((key) => all.map((time) => time[key]));
    row(name, ...[cold, warm].flatMap((list) => [median(list).toFixed(1), ninetieth(list).toFixed(1)]));
  }
}

async function openPeerServer() {
  const { PeerServer } = peers('peer');
  const server = await new Promise((resolve) => PeerServer({ host: LAN, port: 0 }, resolve));
  return { port: server.address().port, close: () => server.close() };
}
