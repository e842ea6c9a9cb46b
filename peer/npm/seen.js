// What was read lately, for the time without a connection: bounded, within this page, and on disk where that is wanted.

import { open } from './seen-disk.js';

/** Answers that are kept; the one that was not asked for longest goes first. */
export const ANSWERS = 500;
/** Characters of JSON of all of them. */
export const LENGTH = 16 << 20;

/** The reads that are answered from here. */
export const READS = new Set(['get', 'allDocs']);

export class Seen {
  /** Method and arguments as JSON → `{ json, at, master }`, the newest last; null for one that was read from disk. */
  #answers = new Map();
  #length = 0;
  /** Who is connected, or was last, by its id; null before the first one. */
  #master = null;
  #disk;
  #reading;
  #clears = 0;

  /** `source`: the address, or the master that is wanted, whose answers are kept on disk; null: nothing is. */
  constructor(source = null) {
    this.#disk = source === null ? null : open(source, { answers: ANSWERS, length: LENGTH });
    this.#disk?.catch(() => {}); // Then it is within the page alone.
  }

  /** A master is connected: the answers of another one are not its. */
  async of(master) {
    this.#master = master;
    const wasOther = await this.#write((disk) => disk.of(master));
    for (const [key, answer] of [...this.#answers]) {
      const isItsOwn = answer.master === null ? !wasOther : answer.master === this.#master;
      if (!isItsOwn) this.#drop(key);
    }
  }

  /** An answer of a master. */
  keep(method, args, answer, at) {
    const [key, json] = [toKey(method, args), JSON.stringify(answer)];
    this.#put(key, { json, at, master: this.#master });
    this.#write((disk) => disk.put(key, json, at));
  }

  /** A master said that there is none, or none for this page. */
  forget(method, args) {
    const key = toKey(method, args);
    this.#drop(key);
    this.#write((disk) => disk.remove(key));
  }

  /** Forgets all of it; resolves when nothing is on disk any more. */
  async clear() {
    this.#answers.clear();
    this.#length = 0;
    this.#clears += 1;
    await this.#write((disk) => disk.clear());
  }

  /** The last answer and when that was: `{ answer, at }`, or undefined. A record is also known by rows that had it. */
  async find(method, args) {
    await (this.#reading ??= this.#read());
    const key = toKey(method, args);
    const found = this.#answers.get(key);
    if (!found) return method === 'get' ? this.#inRows(args[0]) : undefined;
    this.#answers.delete(key);
    this.#answers.set(key, found);
    return { answer: JSON.parse(found.json), at: found.at };
  }

  close() {
    this.#write((disk) => disk.close());
  }

  /** What other pages, or this one before it was loaded anew, left on disk: older than all that is here. */
  async #read() {
    const before = this.#clears;
    const found = (await this.#write((disk) => disk.all())) ?? [];
    if (before !== this.#clears) return;
    const here = [...this.#answers];
    this.#answers.clear();
    this.#length = 0;
    for (const { key, json, at } of found) this.#put(key, { json, at, master: null });
    for (const [key, answer] of here) this.#put(key, answer);
  }

  #put(key, answer) {
    this.#drop(key);
    if (answer.json.length > LENGTH) return;
    this.#answers.set(key, answer);
    this.#length += answer.json.length;
    while (this.#answers.size > ANSWERS || this.#length > LENGTH) this.#drop(this.#answers.keys().next().value);
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

  /** Does something with the disk, where there is one and it works: what is seen is no loss. */
  async #write(act) {
    try {
      return await this.#disk?.then(act);
    } catch {
      return undefined;
    }
  }
}

const toKey = (method, args) => `${method} ${JSON.stringify(args)}`;
