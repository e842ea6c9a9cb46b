// A WebSocket client as a test wants it: what arrives is kept in order and awaited one by one.

import WebSocket from 'ws';

/** The subprotocol of enveloped clients. */
export const ENVELOPE = 'lan-broadcaster.1';

export class Member {
  #socket;
  #arrived = [];
  #waiting = [];
  /** Why nothing more will arrive. */
  #end = null;

  /** Starts connecting; `opened` and `closed` tell how it goes. */
  constructor(url, { protocols = [], ...options } = {}) {
    this.#socket = new WebSocket(url, protocols, { maxPayload: 64 << 20, perMessageDeflate: false, ...options });
    this.opened = new Promise((resolve, reject) => {
      this.#socket.once('open', resolve);
      this.#socket.once('unexpected-response', (_, response) => {
        response.resume();
        reject(Object.assign(new Error(`HTTP ${response.statusCode}`), { status: response.statusCode }));
      });
      this.#socket.on('error', reject);
    });
    // Who awaits only `closed` must not be struck by this one.
    this.opened.catch(() => {});
    this.closed = new Promise((resolve) => {
      this.#socket.once('close', (code, reason) => {
        resolve({ code, reason: reason.toString() });
        this.#end = new Error(`closed with ${code} ${reason}`);
        this.#waiting.splice(0).forEach(({ reject }) => reject(this.#end));
      });
    });
    this.#socket.on('message', (data, isBinary) => this.#take(isBinary ? data : data.toString()));
  }

  /** Connects, and waits until that is done. */
  static async open(url, options) {
    const member = new Member(url, options);
    await member.opened;
    return member;
  }

  /** Connects an enveloped client; gives it its `welcome`. */
  static async enter(url, options = {}) {
    const member = await Member.open(url, { ...options, protocols: [ENVELOPE] });
    member.welcome = await member.nextJson();
    return member;
  }

  get protocol() {
    return this.#socket.protocol;
  }

  /** Bytes handed over that the system has not taken yet. */
  get backlog() {
    return this.#socket.bufferedAmount;
  }

  /** Sends text, or bytes as binary; resolves when the system has taken them. */
  send(data) {
    return new Promise((resolve, reject) => this.#socket.send(data, (error) => (error ? reject(error) : resolve())));
  }

  /** Sends the first part of a message, and never the rest; resolves when the other side has read it. */
  async sendPart(data) {
    this.#socket.send(data, { fin: false });
    await this.read();
  }

  /** Resolves when the other side has read all that was sent. */
  async read() {
    const pong = new Promise((resolve) => this.#socket.once('pong', resolve));
    this.#socket.ping();
    await Promise.race([pong, this.closed.then(({ code }) => Promise.reject(new Error(`closed with ${code}`)))]);
  }

  sendJson(value) {
    return this.send(JSON.stringify(value));
  }

  /** The next message: a string, or a Buffer for a binary one. */
  next() {
    if (this.#arrived.length > 0) return Promise.resolve(this.#arrived.shift());
    if (this.#end) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async nextJson() {
    return JSON.parse(await this.next());
  }

  /** Skips what comes before the first message that fits. */
  async until(fits) {
    for (;;) {
      const message = await this.nextJson();
      if (fits(message)) return message;
    }
  }

  /** Stops reading from the socket, as a sleeping phone does. */
  pause() {
    this.#socket.pause();
  }

  resume() {
    this.#socket.resume();
  }

  async close() {
    this.#socket.close();
    return this.closed;
  }

  /** Ends without a Close frame. */
  terminate() {
    this.#socket.terminate();
  }

  #take(message) {
    const first = this.#waiting.shift();
    if (first) first.resolve(message);
    else this.#arrived.push(message);
  }
}
