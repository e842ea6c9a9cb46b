// What the master's document does with copies of its records: files that a person saves and restores, and those
// that the companion keeps, by a press or by themselves.

import { fetchCopy, keep, list } from './copies.js';
import { Daily } from './daily.js';

export class Copying {
  #storage;
  #set;
  #ontold;
  #daily;

  /** `id`: whose records they are. `ontold()`: the status has changed. */
  constructor({ storage, id, ontold }) {
    this.#storage = storage;
    this.#set = id.replaceAll('-', '');
    this.#ontold = ontold;
    this.#daily = new Daily({ memory: localStorage, copy: async () => keep(this.#set, await storage.save()), ontold });
  }

  get status() {
    return { copied_at: Number(localStorage.copied_at) || null, kept_at: this.#daily.keptAt, keep_failure: this.#daily.failure };
  }

  /** The records were opened. */
  onOpen() {
    this.#daily.look();
  }

  /** Records were changed. */
  onChange() {
    this.#daily.onChange();
  }

  /** A copy as a file. */
  async save() {
    const copy = await this.#storage.save();
    localStorage.copied_at = Date.now();
    this.#ontold();
    return new File([copy], `records-${new Date().toISOString().slice(0, 10)}.tar`, { type: copy.type });
  }

  /** Restores a file; gives the number of records. */
  async restore({ file, mode }) {
    const { documents } = await this.#storage.restore(file, mode);
    this.#daily.onChange();
    return documents;
  }

  /** Has a copy kept. */
  async keep() {
    await this.#daily.now();
    return this.copies();
  }

  /** What is kept on this computer, and whose of it is ours. */
  async copies() {
    return { set: this.#set, copies: await list() };
  }

  /** Restores a copy that is kept. */
  async restoreKept({ copy, mode }) {
    return this.restore({ file: await fetchCopy(copy), mode });
  }
}
