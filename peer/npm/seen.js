// What was read lately, for the time without a connection: within this page, and bounded.

/** Answers that are kept; the one that was not asked for longest goes first. */
const ANSWERS = 500;
/** Characters of JSON of all of them. */
const LENGTH = 16 << 20;

/** The reads that are answered from here. */
export const READS = new Set(['get', 'allDocs']);

export class Seen {
  /** Method and arguments as JSON → `{ json, at }`, the newest last. */
  #answers = new Map();
  #length = 0;

  /** An answer of a master. */
  keep(method, args, answer, at) {
    const [key, json] = [toKey(method, args), JSON.stringify(answer)];
    this.#drop(key);
    if (json.length > LENGTH) return;
    this.#answers.set(key, { json, at });
    this.#length += json.length;
    while (this.#answers.size > ANSWERS || this.#length > LENGTH) this.#drop(this.#answers.keys().next().value);
  }

  /** A master said that there is none. */
  forget(method, args) {
    this.#drop(toKey(method, args));
  }

  /** The last answer and when that was: `{ answer, at }`, or undefined. A record is also known by rows that had it. */
  find(method, args) {
    const key = toKey(method, args);
    const found = this.#answers.get(key);
    if (!found) return method === 'get' ? this.#inRows(args[0]) : undefined;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return { answer: JSON.parse(found.json), at: found.at };
  }

  #inRows(id) {
    for (const [key, { json, at }] of [...this.#answers].reverse()) {
      if (!key.startsWith('allDocs') || !json.includes(JSON.stringify(id))) continue;
      const row = JSON.parse(json).data.rows.find((row) => row.id === id && row.doc);
      if (row) return { answer: row.doc, at };
    }
    return undefined;
  }

  #drop(key) {
    this.#length -= this.#answers.get(key)?.json.length ?? 0;
    this.#answers.delete(key);
  }
}

const toKey = (method, args) => `${method} ${JSON.stringify(args)}`;
