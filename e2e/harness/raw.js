// A TCP socket that speaks WebSocket by hand, to say what no library lets one say.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';

export class Raw {
  #socket;
  #bytes = Buffer.alloc(0);

  static async open(port, host = '127.0.0.1') {
    const it = new Raw();
    it.#socket = connect(port, host);
    it.ended = once(it.#socket, 'close');
    it.#socket.on('data', (data) => (it.#bytes = Buffer.concat([it.#bytes, data])));
    // A peer that hangs up on us is what these tests look at.
    it.#socket.on('error', () => {});
    await once(it.#socket, 'connect');
    return it;
  }

  /** A socket with its upgrade done. */
  static async upgraded(port, path) {
    const it = await Raw.open(port);
    it.write(upgrade(port, path));
    while (!it.#bytes.includes('\r\n\r\n')) await once(it.#socket, 'data');
    const head = it.#bytes.subarray(0, it.#bytes.indexOf('\r\n\r\n'));
    it.#bytes = it.#bytes.subarray(head.length + 4);
    it.status = status(head);
    return it;
  }

  write(data) {
    this.#socket.write(data);
  }

  /** The HTTP status of all that came until the other side ended. */
  async endedStatus() {
    await this.ended;
    return status(this.#bytes);
  }

  /** The code of the Close frame that was the last word. */
  async endedCode() {
    await this.ended;
    const at = this.#bytes.lastIndexOf(Buffer.from([0x88]));
    return at < 0 ? 1006 : this.#bytes.readUInt16BE(at + 2);
  }

  destroy() {
    this.#socket.destroy();
  }
}

/** A correct upgrade request; `change` may spoil it. */
export function upgrade(port, path = '/', change = (lines) => lines) {
  const lines = [
    `GET ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
    'Sec-WebSocket-Version: 13',
  ];
  return `${change(lines).join('\r\n')}\r\n\r\n`;
}

/** A frame of a client: masked with zeros, so that its bytes stay readable; payloads below 126 bytes. */
export function frame(first, payload, { masked = true } = {}) {
  const bytes = Buffer.from(payload);
  const head = masked ? [first, 0x80 | bytes.length, 0, 0, 0, 0] : [first, bytes.length];
  return Buffer.concat([Buffer.from(head), bytes]);
}

function status(head) {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(head.toString('latin1'))?.[1] ?? 0);
}
