// A query that is followed: what `subscribe` gives. Keeps the rows, and tells what is another than before; also
// after a connection that was made anew, when all of them come again.

import { JioError } from './error.js';
import { toJson } from './records.js';

export class Live {
  #rows = new Rows();
  #callback;
  #signal;
  #stop = () => {};
  #isOver = false;
  #ready = withResolvers();
  #ended = withResolvers();

  constructor(database, options, callback, signal) {
    this.#callback = callback;
    this.#signal = signal;
    if (signal?.aborted) return this.#fail(signal.reason);
    signal?.addEventListener('abort', this.#abort);
    try {
      if (typeof callback !== 'function') throw new JioError('subscribe needs a function to call', 400);
      this.#stop = database.follow(toJson([options]), { told: (told) => this.#hear(told), failed: (error) => this.#fail(error) });
    } catch (error) {
      this.#fail(error);
    }
  }

  get ready() {
    return this.#ready.promise;
  }

  get ended() {
    return this.#ended.promise;
  }

  get rows() {
    return this.#rows.list;
  }

  close() {
    if (!this.#end()) return;
    this.#ready.reject(new JioError('the query was closed', 503));
    this.#ended.resolve();
  }

  #abort = () => this.#fail(this.#signal.reason);

  #hear(told) {
    if (this.#isOver) return;
    const changes = this.#rows.apply(told);
    this.#ready.resolve(this);
    if (changes) this.#callback({ ...changes, rows: this.#rows.list });
  }

  #fail(error) {
    if (!this.#end()) return;
    this.#ready.reject(error);
    this.#ended.reject(error);
  }

  /** Whether it had not ended before. */
  #end() {
    if (this.#isOver) return false;
    this.#isOver = true;
    this.#signal?.removeEventListener('abort', this.#abort);
    this.#stop();
    return true;
  }
}

/** Rows in their order, and what becomes of them by what a master tells (docs/protocol.md). */
export class Rows {
  /** Never changed: each time there is another one. */
  list = [];
  /** The rows by their ids; null before the first ones. */
  #known = null;

  /** Applies it. What has changed, or null where nothing has. */
  apply(told) {
    const before = this.list;
    const changes = told.data ? this.#replace(told.data.rows) : this.#change(told);
    const isSame = before.length === this.list.length && before.every((row, at) => row.id === this.list[at].id);
    const isQuiet = isSame && changes.added.length + changes.changed.length === 0;
    return isQuiet && !changes.isFirst ? null : { added: changes.added, changed: changes.changed, removed: changes.removed };
  }

  #replace(rows) {
    const known = this.#known ?? new Map();
    const isFirst = this.#known === null;
    this.#known = new Map();
    const changes = { added: [], changed: [], removed: [], isFirst };
    this.list = rows.map((row) => this.#compare(row, known, changes));
    changes.removed = [...known.keys()].filter((id) => !this.#known.has(id));
    return changes;
  }

  #change({ rows, removed }) {
    const known = this.#known ?? new Map();
    this.#known = known;
    const changes = { added: [], changed: [], removed: removed.filter((id) => known.has(id)) };
    const moved = new Set([...removed, ...rows.map(({ id }) => id)].filter((id) => known.has(id)));
    const list = moved.size > 0 ? this.list.filter(({ id }) => !moved.has(id)) : [...this.list];
    for (const id of changes.removed) known.delete(id);
    for (const { at, ...row } of rows) list.splice(at ?? place(list, row.id), 0, this.#compare(row, known, changes));
    this.list = list;
    return changes;
  }

  /** The row that is kept: the one that was there, where it is the same. */
  #compare(row, known, changes) {
    const before = known.get(row.id);
    const isSame = before !== undefined && JSON.stringify(before) === JSON.stringify(row);
    if (before === undefined) changes.added.push(row);
    else if (!isSame) changes.changed.push(row);
    const kept = isSame ? before : row;
    this.#known.set(row.id, kept);
    return kept;
  }
}

/** Where an id belongs among rows in the order of theirs. */
function place(list, id) {
  let [from, to] = [0, list.length];
  while (from < to) {
    const middle = (from + to) >> 1;
    if (list[middle].id < id) from = middle + 1;
    else to = middle;
  }
  return from;
}

/** A promise and what settles it. Whoever wants to know of its failure asks for it. */
export function withResolvers() {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  it.promise.catch(() => {});
  return it;
}
