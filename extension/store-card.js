// The card *Where they live* of the master's window: on this computer, on a server, or on both; and how the line to
// the server stands. The words are in master.html.

import { $, say, setText } from '../pages/template.js';
import { ConflictDialog } from './conflict-dialog.js';
import { StoreDialog } from './store-dialog.js';
import { age, bytes } from './words.js';

const LOCAL = { kind: 'local', server: null, line: null };

export class StoreCard {
  #store = LOCAL;
  #link;

  /** `link()` gives the line to the master. */
  constructor({ link }) {
    this.#link = link;
    const dialog = new StoreDialog({ link });
    const conflicts = new ConflictDialog({ link });
    $('change-store').addEventListener('click', () => dialog.open(this.#store));
    $('log-in').addEventListener('click', () => dialog.open(this.#store));
    $('accept-removals').addEventListener('click', () => this.#link().acceptRemovals());
    $('sync-now').addEventListener('click', () => this.#link().syncNow());
    $('show-conflicts').addEventListener('click', () => conflicts.open());
  }

  /** Shows where the records of a status live. */
  paint({ store }) {
    this.#store = store ?? LOCAL;
    const { kind, server, line } = this.#store;
    say($('store-where'), `store-${kind}`, { server: server && `${NAMES[server.type]}, ${host(server.url)}` });
    $('store-line').hidden = $('sync-now').hidden = !line;
    $('only-here').hidden = kind !== 'local';
    document.body.dataset.store = kind;
    if (!line) return void ($('log-in').hidden = true);
    $('store-line').dataset.state = line.state;
    $('sync-now').hidden = line.state === 'login';
    $('log-in').hidden = line.state !== 'login';
    $('missing').hidden = line.missing === 0;
    say($('missing-words'), line.missing === 1 ? 'missing-one' : 'missing-many', { count: line.missing });
    $('show-conflicts').hidden = line.conflicts === 0;
    say($('conflict-count'), line.conflicts === 1 ? 'conflicts-one' : 'conflicts-many', { count: line.conflicts });
    this.tick();
  }

  /** Shows again what changes with the clock alone. */
  tick() {
    const { line } = this.#store;
    if (!line) return;
    say($('line-state'), `line-${line.state}`, { at: line.next_at && clock(line.next_at) });
    setText($('line-detail'), line.detail);
    say($('line-waiting'), { 0: 'waiting-none', 1: 'waiting-one' }[line.waiting] ?? 'waiting-many', { count: line.waiting });
    $('line-attachments').hidden = !line.attachments;
    say($('line-attachments'), line.attachments === 1 ? 'attachments-one' : 'attachments-many', { count: line.attachments ?? 0 });
    say($('line-synced'), line.synced_at ? 'synced-at' : 'synced-never', { age: line.synced_at && ago(line.synced_at) });
    say($('line-cost'), line.budget ? 'cost-of' : 'cost', { bytes: bytes(line.bytes), calls: line.calls, budget: bytes(line.budget ?? 0) });
  }
}

const NAMES = { erp5: 'ERP5', couchdb: 'CouchDB' };

const host = (url) => new URL(url).host;

const clock = (at) => new Date(at).toLocaleTimeString([], { timeStyle: 'short' });

function ago(at) {
  const words = age((Date.now() - at) / 1000);
  return words === 'now' ? 'just now' : `${words} ago`;
}
