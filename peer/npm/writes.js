// What was written and is not stored by a master yet, in the order in which it was written. Decides what is sent
// next and what a failure means; sends nothing and keeps nothing itself.

/** The methods that change something. */
export const WRITES = new Set(['post', 'put', 'remove', 'putAttachment', 'removeAttachment']);
/** Those of them that make or remove a record. */
const RECORDS = new Set(['post', 'put', 'remove']);
/** Lost on the way, given up on the way, too much at once: later it may be done. All else is the master's last word. */
const PASSING = new Set([503, 499, 429]);
const UNKNOWN = 'The connection was lost before a master of 2016 had answered: nobody knows whether it was stored.';

export class Writes {
  #all = [];
  #sending = null;

  /** One more: `{ number, method, args, content, id, since, master, isKept }`; `master` is null until one is known. */
  add(write) {
    this.#all.push({ error: null, ...write });
  }

  /** Those of pages that are gone, in their order: they were written before all that is here. */
  adopt(writes) {
    this.#all.unshift(...writes.map((write) => ({ error: null, ...write })));
  }

  /** What `number` names, as it was added. */
  find(number) {
    return this.#all.find((write) => write.number === number);
  }

  /** As `waiting` of index.d.ts. */
  get list() {
    return this.#all.map(({ number, method, args, id, since, master, error }) => {
      const doc = method === 'post' || method === 'put' ? args.at(-1) : null;
      return { number, method, id, name: args.length > 1 && !doc ? args[1] : null, doc, since, master, error };
    });
  }

  /** It is where it is to be kept: from now on it may be sent. */
  kept(number) {
    const write = this.find(number);
    if (write) write.isKept = true;
  }

  /** The next one for this master, which is being sent from now on: one at a time. Null where there is none. */
  next(master) {
    if (this.#sending !== null) return null;
    const first = this.#all.find((write) => !write.error && (write.master === null || write.master === master));
    if (!first?.isKept) return null;
    this.#sending = first.number;
    first.master = master;
    return first;
  }

  /** It is stored. */
  stored(number) {
    this.#sent(number);
    this.#drop(number);
  }

  /** It was not: whether that is for good. Then it stays in the list with its error, and those behind it go on. */
  failed(number, error, { protocol }) {
    this.#sent(number);
    const write = this.find(number);
    if (!write) return true;
    const { status_code, message } = error;
    const isPassing = PASSING.has(status_code);
    if (isPassing && !(write.method === 'post' && protocol === '')) return false;
    write.error = isPassing ? { status_code, message: UNKNOWN } : { status_code, message };
    return true;
  }

  /** Somebody gives it up: whether it was there. */
  forget(number) {
    this.#sent(number);
    return this.#drop(number);
  }

  /** One that was refused is to be tried again: whether there is such a one. */
  resend(number) {
    const write = this.find(number);
    if (!write?.error) return false;
    write.error = null;
    return true;
  }

  /** What records are by what waits, by their ids: null where one is removed. */
  get records() {
    const waiting = this.#all.filter(({ method, error }) => !error && RECORDS.has(method));
    return new Map(waiting.map(({ method, id, args }) => [id, method === 'remove' ? null : args.at(-1)]));
  }

  #sent(number) {
    if (this.#sending === number) this.#sending = null;
  }

  #drop(number) {
    const before = this.#all.length;
    this.#all = this.#all.filter((write) => write.number !== number);
    return this.#all.length < before;
  }
}

/** Method and arguments by which a write is sent: a new record has its id already, so that it may be sent twice. A
 * master of 2016 knows `post` only. */
export function toCall({ method, args, id }, protocol) {
  return method === 'post' && protocol !== '' ? ['put', [id, ...args]] : [method, args];
}
