// The memory of a database: writes are kept until a master has stored them, and sent in order, one after the
// other, whenever there is a connection.

import { JioError } from './error.js';
import { open } from './kept.js';
import { toJson } from './records.js';
import { toCall, Writes } from './writes.js';

/** Before a master that was there and could not is asked again. */
const PAUSE_MS = 1000;

export class Keeping {
  #writes = new Writes();
  #last = 0;
  /** The promises of writes that were made here. */
  #promises = new Map();
  #aborts = new Map();
  #store;
  #opening;
  #send;
  #peer;
  #ontold;
  #isClosed = false;

  /**
   * `memory` is `tab` or `kept`. `send(method, args, options)` makes a call; `peer()` gives `{ id, protocol }` of the
   * master while connected, else null; `ontold()`: what waits has changed.
   */
  constructor({ memory, send, peer, ontold }) {
    this.#send = send;
    this.#peer = peer;
    this.#ontold = ontold;
    if (memory === 'kept' && !globalThis.isSecureContext) throw new JioError('a page of http:// keeps nothing beyond its tab: use the memory "tab"', 400);
    this.#opening = memory === 'kept' ? this.#open() : Promise.resolve();
    this.#opening.catch(() => {}); // Each write tells.
  }

  get list() {
    return this.#writes.list;
  }

  /** What records are by what waits, by their ids: null where one is removed. */
  get records() {
    return this.#writes.records;
  }

  /** Resolves when a master has stored it. */
  async write(method, args, { signal, content } = {}) {
    signal?.throwIfAborted();
    const given = JSON.parse(toJson(args));
    const number = (this.#last += 1);
    const id = method === 'post' ? newId() : String(given[0]);
    this.#writes.add({ number, method, args: given, content, id, since: Date.now(), master: this.#peer()?.id ?? null, isKept: false });
    const promise = new Promise((resolve, reject) => this.#promises.set(number, { resolve, reject }));
    const abort = () => this.#end(number, signal.reason);
    signal?.addEventListener('abort', abort);
    this.#aborts.set(number, () => signal?.removeEventListener('abort', abort));
    this.#ontold();
    this.#keep(number);
    return promise;
  }

  /** There may be a connection. */
  async pump() {
    const peer = this.#peer();
    const write = peer && !this.#isClosed ? this.#writes.next(peer.id) : null;
    if (!write) return;
    const { number } = write;
    try {
      const [method, args] = toCall(write, peer.protocol);
      const result = await this.#send(method, args, { content: write.content });
      // One that stays on the disk is sent once more: it is the same then.
      await this.#store?.remove(write.key).catch(() => {});
      this.#writes.stored(number);
      this.#settle(number)?.resolve(result);
    } catch (error) {
      if (this.#isClosed) return;
      if (!this.#writes.failed(number, error, peer)) {
        if (this.#peer()) setTimeout(() => this.pump(), PAUSE_MS);
        return;
      }
      const listed = this.#writes.find(number)?.error;
      if (listed) this.#settle(number)?.reject(Object.assign(new JioError(listed.message, listed.status_code), { waiting: number }));
    }
    this.#ontold();
    this.pump();
  }

  /** Gives a write up. One that is under way may have been stored all the same. */
  forget(number) {
    this.#end(number, new JioError('this was given up before it was stored', 499));
  }

  /** Tries one again that was refused. */
  resend(number) {
    if (!this.#writes.resend(number)) return;
    this.#ontold();
    this.pump();
  }

  /** What is kept stays; nobody here waits for it any more. */
  close(why) {
    this.#isClosed = true;
    for (const number of [...this.#promises.keys()]) this.#settle(number).reject(new JioError(why, 503));
    this.#opening.then(() => this.#store?.close(), () => {});
  }

  async #open() {
    this.#store = await open();
    // What this page wrote meanwhile is not kept before this is over, so nothing of it is on its way.
    this.#writes.adopt((await this.#store.adopt()).map((write) => ({ ...write, number: (this.#last += 1), isKept: true })));
    this.#ontold();
    this.pump();
  }

  async #keep(number) {
    try {
      await this.#opening;
      const write = this.#writes.find(number);
      if (!write) return;
      if (this.#store) write.key = await this.#store.add(write);
      // Given up while it was being written.
      if (!this.#writes.find(number)) return void this.#store?.remove(write.key);
      this.#writes.kept(number);
      this.pump();
    } catch (error) {
      this.#end(number, new JioError(`this could not be kept: ${error.message}`, 507));
    }
  }

  #end(number, reason) {
    const write = this.#writes.find(number);
    if (!write || !this.#writes.forget(number)) return;
    if (write.key !== undefined) this.#store?.remove(write.key);
    this.#settle(number)?.reject(reason);
    this.#ontold();
    this.pump();
  }

  /** What settles a write's promise, once. */
  #settle(number) {
    const promise = this.#promises.get(number);
    this.#promises.delete(number);
    this.#aborts.get(number)?.();
    this.#aborts.delete(number);
    return promise;
  }
}

/** A random id (RFC 9562 §5.4); `crypto.randomUUID` is for secure pages only. */
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const digits = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
