// One room of the broadcaster: stays connected with growing pauses, speaks plain or enveloped.

const ENVELOPED = 'lan-broadcaster.1';
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 15000;
// Refusals that trying again does not change (docs/protocol.md): origin, invitation, the person's no.
const FINAL = [4401, 4403];

/** Connects to `path` on the host that served this page; `on` has a handler for each event. */
export class Room {
  #on;
  #path;
  #enveloped;
  #socket;
  #timer;
  #pause = FIRST_PAUSE;

  constructor(path, enveloped, on) {
    this.#path = path;
    this.#enveloped = enveloped;
    this.#on = on;
    this.#connect();
  }

  /** Sends text to everyone else in the room; false where there is no connection. */
  send(text) {
    if (this.#socket.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(this.#enveloped ? JSON.stringify({ kind: 'send', data: text }) : text);
    return true;
  }

  /** Ends the connection for good. */
  leave() {
    clearTimeout(this.#timer);
    this.#socket.onclose = null;
    this.#socket.close(1000);
  }

  #connect() {
    this.#on.status('connecting');
    const url = new URL(this.#path, location.origin.replace(/^http/, 'ws'));
    const socket = new WebSocket(url, this.#enveloped ? [ENVELOPED] : []);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => this.#opened();
    socket.onmessage = ({ data }) => this.#received(data);
    socket.onclose = (event) => this.#closed(event);
    this.#socket = socket;
  }

  #opened() {
    this.#pause = FIRST_PAUSE;
    if (!this.#enveloped) this.#on.status('joined');
  }

  #received(data) {
    if (typeof data !== 'string') return this.#on.message({ binary: new Uint8Array(data) });
    if (!this.#enveloped) return this.#on.message({ text: data });
    return this.#unwrapped(JSON.parse(data));
  }

  #unwrapped(message) {
    switch (message.kind) {
      case 'welcome':
        this.#on.status('joined');
        return this.#on.members([message, ...message.members], message.id);
      case 'joined':
        return this.#on.joined(message.member);
      case 'left':
        return this.#on.left(message.member);
      case 'message':
        return this.#on.message({ from: message.from, ...payload(message) });
      case 'error':
        return this.#on.message({ error: message.detail });
    }
  }

  #closed({ code, reason }) {
    if (FINAL.includes(code)) return this.#on.status('refused', { code, reason });
    this.#on.status('waiting', { code, reason, pause: this.#pause });
    this.#timer = setTimeout(() => this.#connect(), this.#pause);
    this.#pause = Math.min(this.#pause * 2, LONGEST_PAUSE);
  }
}

function payload({ data, binary }) {
  if (binary === undefined) return { text: data };
  return { binary: Uint8Array.from(atob(binary), (character) => character.charCodeAt(0)) };
}
