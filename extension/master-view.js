// Paints where the master stands and who is connected. The words are in master.html.

import { copy, fill, say, setText, showStatus, $ } from '../pages/template.js';
import { age } from './words.js';

/** Shows a status as master-link.js gives it. */
export function paintStatus(status) {
  showStatus(status.state);
  say($('status'), `status-${status.state}`);
  setText($('detail'), status.detail);
  $('serve').hidden = status.state === 'starting';
  $('serve').classList.toggle('primary', status.state === 'off');
  // Not under the fingers of who is typing another.
  if (document.activeElement !== $('name')) $('name').value = status.name;
  tick(status);
}

/** Shows again what changes with the clock alone. */
export function tick(status) {
  const isPausing = status.state === 'away' && Boolean(status.retry_at);
  $('retry').hidden = !isPausing;
  if (isPausing) {
    const seconds = Math.ceil((status.retry_at - Date.now()) / 1000);
    say($('pause'), seconds > 0 ? 'pause-on' : 'pause-over', { seconds });
  }
  paintCopied(status.copied_at);
  paintPeers(status.peers);
}

function paintPeers(peers) {
  setText($('peer-count'), String(peers.filter(({ state }) => state === 'connected').length));
  $('nobody').hidden = peers.length > 0;
  const list = $('peers');
  const before = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const rows = peers.map((peer) => paintPeer(before.get(peer.id) ?? copy('peer'), peer));
  const isSame = rows.length === list.children.length && rows.every((row, at) => row === list.children[at]);
  if (!isSame) list.replaceChildren(...rows);
}

function paintPeer(row, { id, address, state, since, invitation }) {
  row.dataset.id = id;
  row.dataset.state = state === 'connecting' ? state : invitation ? 'guest' : 'stranger';
  const name = address ?? $('address-unknown').content.textContent;
  fill(row, { address: name, age: age((Date.now() - since) / 1000), label: invitation?.label });
  return row;
}

function paintCopied(at) {
  if (at === null) return say($('copied'), 'copied-never');
  const words = age((Date.now() - at) / 1000);
  const date = new Date(at).toLocaleDateString([], { dateStyle: 'medium' });
  say($('copied'), 'copied-last', { date, age: words === 'now' ? words : `${words} ago` });
}
