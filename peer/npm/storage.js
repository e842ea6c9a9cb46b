// Storages: what `serve` keeps records in, each also a database by itself.

import { JioError, toRefusal } from './error.js';
import { toForeign } from './foreign.js';
import { Records, toJson } from './records.js';
import { load } from './wasm.js';

/** The database of a name that nobody gave. */
export const DATABASE = 'serverless';

export class Storage extends Records(EventTarget) {
  #store;

  /** `open` gives the WASM's store, or a promise of it. */
  constructor(open) {
    super();
    this.#store = load().then((wasm) => open(wasm, this));
    this.#store.catch(() => {}); // Whoever wants to know asks `ready`, or calls.
  }

  get ready() {
    return this.#store.then(
      () => this,
      (error) => Promise.reject(toError(error)),
    );
  }

  /** The WASM's store, for `serve`. */
  static store(storage) {
    return storage.#store;
  }

  close() {
    this.#store = this.#store.then(() => Promise.reject(new JioError('the storage was closed', 503)));
    this.#store.catch(() => {});
  }

  async call(method, args, { signal, content } = {}) {
    signal?.throwIfAborted();
    const called = this.#called(method, toJson(args), content);
    return signal ? Promise.race([called, aborted(signal)]) : called;
  }

  /** Follows a query, whose arguments are JSON; returns what ends that. */
  follow(json, { told, failed }) {
    let number;
    let isOver = false;
    // Not before the WASM has returned: who is told may call again.
    const later = (act) => queueMicrotask(() => isOver || act());
    const page = {
      onTold: (rows) => later(() => told(JSON.parse(rows))),
      onFailure: (status_code, message) => later(() => failed(new JioError(message, status_code))),
    };
    this.#store.then((store) => isOver || (number = store.follow(json, page))).catch((error) => isOver || failed(toError(error)));
    return () => {
      isOver = true;
      this.#store.then((store) => number && store.unfollow(number), () => {});
    };
  }

  async #called(method, json, content) {
    try {
      const store = await this.#store;
      const result = await store.call(method, json, content);
      return typeof result === 'string' ? JSON.parse(result) : result;
    } catch (error) {
      throw toError(error);
    }
  }
}

/** Records in IndexedDB. */
export class Indexed extends Storage {
  #opening = {};
  #standing = { standing: 'waiting', detail: '' };

  /** `serve(database, self)` gives what is served of the WASM's database; the database itself, unless given. */
  constructor(name, serve = (database) => database.served()) {
    const opening = {};
    super(async ({ Database }, self) => {
      opening.database = await Database.open(name, (standing, detail) => self.#onStanding({ standing, detail }));
      return serve(opening.database, self);
    });
    this.#opening = opening;
  }

  get standing() {
    return this.#standing;
  }

  async save() {
    return (await this.#database()).save().catch(rethrow);
  }

  async restore(copy, mode) {
    return JSON.parse(await (await this.#database()).restore(copy, mode).catch(rethrow));
  }

  close() {
    super.close();
    this.#opening.database?.close();
  }

  async #database() {
    await this.ready;
    return this.#opening.database;
  }

  #onStanding(standing) {
    this.#standing = standing;
    this.dispatchEvent(new CustomEvent('standing', { detail: standing }));
  }
}

/** Records in IndexedDB that are replicated with a server. */
export class Replicated extends Indexed {
  #replicating = {};
  #line = { state: 'syncing', detail: '', next_at: null, waiting: 0, conflicts: 0, missing: 0, synced_at: null, bytes: 0, calls: 0 };

  constructor(description) {
    const replicating = {};
    super(description?.local_sub_storage?.database ?? DATABASE, async (database, self) => {
      const json = toJson(description);
      replicating.inner = await database.replicate(json, (line) => self.#onLine(JSON.parse(line)));
      return replicating.inner.served();
    });
    this.#replicating = replicating;
    const options = { signal: (replicating.closing = new AbortController()).signal };
    globalThis.addEventListener?.('online', () => replicating.inner?.lineIsBack(), options);
  }

  get line() {
    return this.#line;
  }

  syncNow() {
    this.#replicating.inner?.syncNow();
  }

  async hurry(id) {
    const inner = await this.#inner();
    try {
      inner.hurry(id);
    } catch (error) {
      rethrow(error);
    }
  }

  acceptRemovals() {
    this.#replicating.inner?.acceptRemovals();
  }

  async conflicts() {
    return JSON.parse(await (await this.#inner()).conflicts().catch(rethrow));
  }

  async resolve(id, keep, attachment) {
    await (await this.#inner()).resolve(id, keep, attachment).catch(rethrow);
  }

  async restore(copy, mode) {
    const restored = await super.restore(copy, mode);
    // What was written past the replication is compared again.
    await this.repair();
    return restored;
  }

  close() {
    this.#replicating.closing.abort();
    this.#replicating.inner?.close();
    super.close();
  }

  async #inner() {
    await this.ready;
    return this.#replicating.inner;
  }

  #onLine(line) {
    this.#line = line;
    this.dispatchEvent(new CustomEvent('line', { detail: line }));
  }
}

/** A promise of the WASM's store for a storage that `serve` was given; throws at once where it is none. */
export function toStore(storage) {
  if (storage instanceof Storage) return Storage.store(storage);
  const foreign = toForeign(storage);
  return load().then(({ Store }) => Store.foreign(foreign));
}

function rethrow(error) {
  throw toError(error);
}

function toError(error) {
  const { message, status_code } = toRefusal(error, 500);
  return new JioError(message, status_code);
}

function aborted(signal) {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }));
}
