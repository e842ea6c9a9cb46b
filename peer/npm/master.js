// A master: what `serve` gives. The master itself is WASM; here are transports, pages of the same origin
// and events.

import { toAddress } from './address.js';
import { JioError, toRefusal } from './error.js';
import { toStore } from './storage.js';
import { load } from './wasm.js';

const NO_TRANSPORT = { open() {}, send() {}, close() {} };

export class Master extends EventTarget {
  #id;
  #name;
  #loading;
  /** The master, once the WASM is loaded and the storage is open. */
  #inner;
  #state = { state: 'connecting', detail: '', retry_at: null };
  #peers = [];
  #pages = 0;
  #attached = new Set();
  #listening = new AbortController();

  constructor(to, storage, { name = '', id = newId(), signal, validate, ask, identity, invitations, strangers } = {}) {
    super();
    this.#id = id;
    this.#name = name;
    const address = typeof to === 'string' ? toAddress(to) : {};
    const transport = typeof to === 'string' ? NO_TRANSPORT : this.#transport(typeof to === 'function' ? to : once(to));
    const hosting = { identity, invitations, strangers };
    this.#loading = this.#serve(address, transport, hosting, toStore(storage), { validate, ask });
    this.#loading.catch((error) => this.#onState({ state: 'closed', detail: error.message, retry_at: null }));
    this.#listen(signal);
  }

  get id() {
    return this.#id;
  }

  get name() {
    return this.#name;
  }

  set name(name) {
    this.#name = String(name);
    this.#tell((inner) => inner.rename(this.#name));
  }

  get state() {
    return this.#state;
  }

  get peers() {
    return this.#peers;
  }

  get followed() {
    return this.#inner ? JSON.parse(this.#inner.followed()) : { subscriptions: 0, queries: 0, evaluations: 0 };
  }

  dismiss(peer) {
    this.#tell((inner) => inner.dismiss(peer));
  }

  setRights(peer, rights) {
    this.#tell((inner) => inner.setRights(peer, rights));
  }

  letIn({ session }, invitation) {
    this.#tell((inner) => inner.letIn(session, invitation));
  }

  host({ identity, invitations, strangers }) {
    this.#tell((inner) => inner.setHosting(JSON.stringify({ identity, invitations, strangers })));
  }

  retry() {
    this.#tell((inner) => inner.retry());
  }

  close() {
    this.#listening.abort();
    for (const detach of [...this.#attached]) detach();
    this.#tell((inner) => inner.close());
  }

  /** Serves the pages that talk through a channel, as attached.js describes. */
  attach(channel) {
    const pages = new Map();
    const hear = ({ data }) => {
      if (data?.to === 'master' && typeof data.page === 'string') this.#hear(channel, pages, data);
    };
    const detach = () => {
      if (!this.#attached.delete(detach)) return;
      channel.removeEventListener('message', hear);
      channel.postMessage({ to: 'pages', kind: 'gone' });
      for (const number of pages.values()) this.#tell((inner) => inner.detach(number));
    };
    this.#attached.add(detach);
    channel.addEventListener('message', hear);
    channel.start?.();
    channel.postMessage({ to: 'pages', kind: 'here' });
    return detach;
  }

  #hear(channel, pages, { page, kind, frame }) {
    if (kind === 'open' && !pages.has(page)) {
      const number = ++this.#pages;
      const send = (frame) => channel.postMessage({ to: page, frame });
      pages.set(page, number);
      this.#tell((inner) => inner.attach(number, { sendText: send, sendBytes: (bytes) => send(bytes.slice()) }));
      channel.postMessage({ to: page, kind: 'opened' });
    }
    const number = pages.get(page);
    if (number === undefined) return;
    if (kind === 'close') {
      pages.delete(page);
      this.#tell((inner) => inner.detach(number));
    } else if (typeof frame === 'string') this.#tell((inner) => inner.pageText(number, frame));
    else if (frame instanceof Uint8Array) this.#tell((inner) => inner.pageBytes(number, frame));
  }

  async #serve(address, transport, hosting, opening, deciding) {
    const [{ Service }, store] = await Promise.all([load(), opening]);
    const json = [address, hosting].map((value) => JSON.stringify(value));
    this.#inner = new Service(json[0], transport, json[1], this.#id, this.#name, store, this.#page(deciding));
    return this.#inner;
  }

  /** Does something with the master: later, as long as it is being loaded. */
  #tell(act) {
    if (this.#inner) act(this.#inner);
    else this.#loading.then(act, () => {});
  }

  /** What the master tells. */
  #page({ validate, ask }) {
    return {
      onState: (json) => this.#onState(JSON.parse(json)),
      onPeers: (json) => this.#emit('peers', (this.#peers = JSON.parse(json))),
      onChange: (json) => this.#emit('change', { ids: JSON.parse(json) }),
      asks: Boolean(ask),
      onAsk: (question, json) => {
        const permit = (allowed) => this.#tell((inner) => inner.permit(question, allowed));
        // A person who closes the window has refused.
        new Promise((resolve) => resolve(ask(JSON.parse(json)))).then((allowed) => permit(allowed === true), () => permit(false));
      },
      validates: Boolean(validate),
      validate: (json) => {
        try {
          validate(JSON.parse(json));
        } catch (error) {
          throw toRefusal(error, 403);
        }
      },
    };
  }

  /** A transport of the page as the master wants it: opened anew under a number, as often as needed. */
  #transport(make) {
    let open;
    let current = 0;
    const ended = (line, reason) => this.#tell((inner) => inner.lineClosed(line, reason));
    return {
      open: async (line) => {
        current = line;
        try {
          const made = await make();
          if (line !== current) return made.close();
          open = made;
          made.onmessage = (text) => this.#tell((inner) => inner.lineText(line, text));
          made.onclose = () => ended(line, 'the transport has ended');
          this.#tell((inner) => inner.lineOpened(line));
        } catch (error) {
          ended(line, String(error?.message ?? error));
        }
      },
      send: (text) => open?.send(text),
      close: () => {
        current = 0;
        const closing = open;
        open = undefined;
        if (closing) {
          closing.onmessage = closing.onclose = null;
          closing.close();
        }
      },
    };
  }

  #onState(state) {
    this.#state = state;
    this.#emit('state', state);
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #listen(signal) {
    if (signal?.aborted) return this.close();
    const options = { signal: this.#listening.signal };
    signal?.addEventListener('abort', () => this.close(), options);
    globalThis.addEventListener?.('online', () => this.retry(), options);
    globalThis.addEventListener?.('pagehide', ({ persisted }) => persisted || this.close(), options);
  }
}

/** A transport that cannot be made again. */
function once(transport) {
  let left = transport;
  return () => {
    if (!left) throw new JioError('the transport has ended and there is no other', 503);
    [transport, left] = [left, undefined];
    return transport;
  };
}

const newId = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, '0')).join('');
