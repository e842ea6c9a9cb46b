// Where the master keeps its records: on this computer, on a server, or on both, as a person has chosen. The choice is
// kept on the disk; a password only if the person says so, else for as long as the document of the master lives.

import { indexedDB, openRemote, replicated } from '../pages/peer/index.js';
import { keepOwn, own } from './own.js';

const KEY = 'store';
/** The name of the records on this computer, which jIO's examples have too. */
const DATABASE = 'serverless';
const LOCAL = { kind: 'local' };

export class Store {
  #choice;
  #ontold;
  /** The records, as the package has them. */
  storage;

  /** What was chosen. Rejects where the disk refuses to tell. */
  static chosen() {
    return own(KEY).then((choice) => choice ?? LOCAL);
  }

  /** `ontold()`: the status has changed. */
  constructor(choice, { ontold }) {
    this.#choice = choice;
    this.#ontold = ontold;
    this.storage = open(choice);
    this.storage.addEventListener('line', ontold);
  }

  /** Whether there is a copy to be made of what is here. */
  get isHere() {
    return this.#choice.kind !== 'remote';
  }

  /** What the window shows; of what is secret only whether there is one, and whether it is kept. */
  get status() {
    const { kind, server = null } = this.#choice;
    const secret = { known: secretOf(this.#choice) !== '', kept: Boolean(this.#choice.secret) };
    return { kind, server, secret, line: toLine(this.storage.line, server) };
  }

  /** Whether they can be used, in the words of the package. */
  get standing() {
    return this.storage.standing ?? { standing: 'open', detail: '' };
  }

  /** Keeps the records as chosen from now on; rejects where the server does not answer. By a new document: a master
   * serves what it began with. */
  async use({ secret: said, keep, ...choice }) {
    // Who says none goes on with the one for the same login; no other server is ever given it.
    const secret = said || (isSameLogin(choice.server, this.#choice.server) ? secretOf(this.#choice) : '');
    if (choice.kind !== 'local') await probe(choice.server, secret);
    await keepOwn(KEY, keep ? { ...choice, secret } : choice);
    sessionStorage.secret = secret;
    this.storage.close();
    location.reload();
  }

  sync() {
    this.storage.syncNow?.();
  }

  /** Removes here what the server has no more. */
  acceptRemovals() {
    this.storage.acceptRemovals();
  }

  async conflicts() {
    const found = await this.storage.conflicts();
    return found.map(({ id, local, remote, refused, attachment, local_size, remote_size }) => ({
      ...{ id, here: local, there: remote, reason: refused },
      ...(attachment && { attachment, sizes: { here: local_size, there: remote_size } }),
    }));
  }

  async resolve(id, keep, attachment) {
    await this.storage.resolve(id, { here: 'local', there: 'remote', both: 'both' }[keep], attachment);
    this.#ontold();
  }
}

/** Asks the server for one record: a wrong address or password is told now, not in an hour. */
async function probe(server, secret) {
  const remote = openRemote(describe(server, secret));
  try {
    await remote.allDocs({ limit: [0, 1] });
  } finally {
    remote.close();
  }
}

/** What is known of the password or token for a choice's server; empty where nothing is. */
function secretOf({ secret }) {
  return secret ?? sessionStorage.secret ?? '';
}

function isSameLogin(one, other) {
  return Boolean(one && other) && ['type', 'url', 'user'].every((name) => one[name] === other[name]);
}

function open(choice) {
  const { kind, server } = choice;
  if (kind === 'local') return indexedDB(DATABASE);
  const remote = describe(server, secretOf(choice));
  if (kind === 'remote') return openRemote(remote);
  return replicated({
    type: 'replicate',
    local_sub_storage: { type: 'indexeddb', database: DATABASE },
    remote_sub_storage: remote,
    conflict_handling: server.conflicts,
    budget: { bytes_per_day: server.budget, hours: server.from ? [[server.from, server.to]] : undefined },
  });
}

/** A server as the package wants it described. */
function describe({ type, url, user, view, properties, query, date }, secret) {
  const token = secret ? { access_token: secret } : {};
  if (type === 'couchdb') return { type, url, ...(user && secret ? { username: user, password: secret } : token) };
  const names = (properties ?? '').split(',').map((name) => name.trim());
  return {
    type,
    url,
    ...token,
    default_view_reference: view || 'view',
    select_list: names.filter((name) => name !== ''),
    ...(query && { query }),
    ...(date && { date_property: date }),
  };
}

/** Where the line stands, for the window. */
function toLine(line, server) {
  return line ? { ...line, budget: server.budget ?? null } : null;
}
