// A database on a master: what `connect` gives. The connection itself is WASM; here are promises,
// signals and events.

import { JioError } from './error.js';
import { Keeping } from './keeping.js';
import { withResolvers } from './live.js';
import { Records, toJson } from './records.js';
import { Attached } from './attached.js';
import { load } from './wasm.js';
import { toAddress } from './address.js';
import { READS, Seen } from './seen.js';
import { WRITES } from './writes.js';

const STATE = { state: 'connecting', step: null, detail: '', retry_at: null, master: null, protocol: '', verified: false, relayed: false, signs: null };

/** What becomes of writes without a connection: they fail; they wait as long as this page; they wait on disk. */
const MEMORIES = ['none', 'tab', 'kept'];

/** There is none, or none for this page: what was answered before counts no more. */
const REFUSED = new Set([403, 404]);

export class Database extends Records(EventTarget) {
  #calls = new Map();
  /** Those of them that wait for a person at the master. */
  #asked = new Set();
  #last = 0;
  /** The address without an invitation; null where there is a channel in its place. */
  #url = null;
  #make;
  #loading;
  /** The connection, once the WASM is loaded. */
  #inner;
  #state = STATE;
  #masters = [];
  #listening = new AbortController();
  #ready = withResolvers();
  /** What is kept until it is stored; null for a database without a memory. */
  #keeping = null;
  /** What was read; null where nobody wants that. */
  #seen = null;

  constructor(to, { master, reconnect = true, signal, memory = 'none', cache = false } = {}) {
    super();
    if (!MEMORIES.includes(memory)) throw new JioError(`a memory is one of ${MEMORIES.join(', ')}`, 400);
    if (memory !== 'none') this.#keeping = this.#remember(memory);
    if (cache) this.#seen = new Seen(memory === 'kept' ? toSource(to, master) : null);
    this.#make = typeof to === 'string' ? this.#connection(toAddress(to), master, reconnect) : this.#attached(to);
    this.#load();
    this.#listen(signal);
  }

  get ready() {
    return this.#ready.promise;
  }

  get state() {
    return this.#state;
  }

  get masters() {
    return this.#masters;
  }

  /** What waits to be stored by a master. */
  get waiting() {
    return this.#keeping?.list ?? [];
  }

  async forget(number) {
    if (number === undefined) await this.#seen?.clear();
    else this.#keeping?.forget(number);
  }

  resend(number) {
    this.#keeping?.resend(number);
  }

  choose(master) {
    this.#tell((inner) => inner.choose(master));
  }

  retry() {
    if (this.#state.state === 'failed') {
      this.#ready = withResolvers();
      // A connection that is made begins by itself.
      if (!this.#inner) return this.#load();
    }
    this.#tell((inner) => inner.retry());
  }

  close() {
    this.#listening.abort();
    this.#keeping?.close('the database was closed');
    this.#seen?.close();
    this.#tell((inner) => inner.close());
  }

  /** Makes a call of any method; `content` is the attachment it brings. */
  async call(method, args, options) {
    if (this.#state.state === 'closed') throw new JioError(this.#state.detail, 503);
    if (this.#keeping && WRITES.has(method)) return this.#keeping.write(method, args, options);
    if (!this.#seen || !READS.has(method)) return this.#call(method, args, options);
    const found = this.#state.state === 'connected' ? undefined : await this.#recall(method, args);
    return found ? found.answer : this.#look(method, args, options);
  }

  /** An answer from what was seen, `{ answer }`, with what was written here and waits. */
  async #recall(method, args) {
    const waiting = this.#keeping?.records ?? new Map();
    const own = method === 'get' ? waiting.get(args[0]) : undefined;
    if (own === null) throw new JioError(`Cannot find document: ${args[0]}`, 404);
    const found = own ? { answer: structuredClone(own), at: Date.now() } : await this.#seen.find(method, args);
    if (!found) return undefined;
    if (method === 'allDocs') found.answer = { data: await amended(args, found.answer.data, waiting), from_cache: true };
    this.#emit('from_cache', { method, args, at: found.at });
    return found;
  }

  async #look(method, args, options) {
    try {
      const answer = await this.#call(method, args, options);
      this.#seen.keep(method, args, answer, Date.now());
      return answer;
    } catch (error) {
      if (REFUSED.has(error.status_code)) this.#seen.forget(method, args);
      throw error;
    }
  }

  #remember(memory) {
    const peer = () => (this.#state.state === 'connected' ? { id: this.#state.master?.id ?? '', protocol: this.#state.protocol } : null);
    const send = (method, args, options) => this.#call(method, args, options);
    return new Keeping({ memory, send, peer, ontold: () => this.#emit('waiting', this.waiting) });
  }

  async #call(method, args, { signal, content } = {}) {
    signal?.throwIfAborted();
    if (this.#state.state === 'closed') throw new JioError(this.#state.detail, 503);
    const json = toJson(args);
    const number = ++this.#last;
    return new Promise((resolve, reject) => {
      const end = (settle) => (value) => {
        this.#calls.delete(number);
        if (this.#asked.delete(number)) this.#emit('asked', { calls: this.#asked.size });
        signal?.removeEventListener('abort', cancel);
        settle(value);
      };
      const cancel = () => {
        this.#tell((inner) => inner.cancel(number));
        end(reject)(signal.reason);
      };
      signal?.addEventListener('abort', cancel);
      this.#calls.set(number, { resolve: end(resolve), reject: end(reject), method, args });
      this.#tell((inner) => inner.call(number, method, json, content), end(reject));
    });
  }

  /** Follows a query, whose arguments are JSON, over whatever connections there are; returns what ends that. */
  follow(json, { told, failed }) {
    const number = ++this.#last;
    const end = (error) => this.#calls.delete(number) && failed(error);
    if (this.#state.state === 'closed') throw new JioError(this.#state.detail, 503);
    this.#calls.set(number, { told, reject: end });
    this.#tell((inner) => inner.call(number, 'subscribe', json), end);
    return () => this.#calls.delete(number) && this.#tell((inner) => inner.cancel(number));
  }

  #load() {
    this.#onState(STATE);
    this.#loading = load().then((wasm) => (this.#inner = this.#make(wasm)));
    this.#loading.catch((error) => this.#onState({ ...STATE, state: 'failed', detail: error.message }));
  }

  #connection(address, master, reconnect) {
    this.#url = address.url;
    return ({ Connection }) => new Connection(JSON.stringify(address), master, reconnect, this.#page());
  }

  #attached(channel) {
    return ({ Attachment }) => new Attached(Attachment, channel, this.#page());
  }

  /** Does something with the connection: later, as long as it is being loaded. */
  #tell(act, fail = () => {}) {
    if (this.#inner) act(this.#inner);
    else this.#loading.then(act, fail);
  }

  /** What the connection tells. */
  #page() {
    return {
      onState: (json) => this.#onState(JSON.parse(json)),
      onMasters: (json) => this.#emit('masters', (this.#masters = JSON.parse(json))),
      onInvited: (fragment) => this.#emit('invited', { link: this.#url + fragment }),
      onProgress: (number, done, total) => {
        const { method, args: [id, name] = [] } = this.#calls.get(number) ?? {};
        if (method) this.#emit('progress', { method, id, name, done, total });
      },
      onAsked: (number) => {
        this.#asked.add(number);
        this.#emit('asked', { calls: this.#asked.size });
      },
      // Not before this has returned: who is told may call again.
      onTold: (number, json) => queueMicrotask(() => this.#calls.get(number)?.told(JSON.parse(json))),
      onResult: (number, json) => this.#calls.get(number)?.resolve(JSON.parse(json)),
      onBlob: (number, blob) => this.#calls.get(number)?.resolve(blob),
      onFailure: (number, status, message) => this.#calls.get(number)?.reject(new JioError(message, status)),
    };
  }

  #onState(state) {
    this.#state = state;
    if (state.state === 'connected') {
      this.#ready.resolve(this);
      this.#seen?.of(state.master?.id ?? '');
    }
    if (state.state === 'failed' || state.state === 'closed') this.#ready.reject(new JioError(state.detail, 503));
    this.#emit('state', state);
    if (state.state === 'connected') this.#keeping?.pump();
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  /** The page knows when the network is back, and when it goes itself: masters then need not wait. */
  #listen(signal) {
    if (signal?.aborted) return this.close();
    const options = { signal: this.#listening.signal };
    signal?.addEventListener('abort', () => this.close(), options);
    const wake = () => this.#tell((inner) => inner.wake());
    globalThis.addEventListener?.('online', wake, options);
    globalThis.addEventListener?.('pageshow', wake, options);
    globalThis.addEventListener?.('pagehide', ({ persisted }) => persisted || this.close(), options);
    globalThis.document?.addEventListener('visibilitychange', () => document.hidden || wake(), options);
  }
}

/** What answers are known by on disk: the master that is wanted, or who is found at an address. An invitation's secret
 * is no part of it. */
function toSource(to, master) {
  if (master !== undefined) return `master ${master}`;
  return typeof to === 'string' ? toAddress(to).url : `channel ${to.name ?? ''}`;
}

/** Rows of an earlier answer as they are with what waits. */
async function amended(args, { rows, total_rows }, waiting) {
  if (waiting.size === 0) return { rows, total_rows };
  const { amended } = await load();
  const now = JSON.parse(amended(toJson(args), JSON.stringify(rows), JSON.stringify(Object.fromEntries(waiting))));
  return { rows: now, total_rows: now.length };
}
