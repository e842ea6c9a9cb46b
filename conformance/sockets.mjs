// TCPServerSocket of Direct Sockets (https://wicg.github.io/direct-sockets/), as far as the app uses it, upon Node's
// sockets and its own web streams.

import { createServer } from 'node:net';
import { Duplex } from 'node:stream';

export class TCPServerSocket {
  #server = createServer({ allowHalfOpen: true });

  constructor(localAddress, { localPort = 0 } = {}) {
    this.opened = new Promise((resolve, reject) => {
      this.#server.once('error', (error) => reject(new DOMException(error.message, 'NetworkError')));
      this.#server.listen({ host: localAddress, port: localPort }, () => resolve(this.#open()));
    });
  }

  async close() {
    this.#server.close();
  }

  #open() {
    const { address, port } = this.#server.address();
    const readable = new ReadableStream({
      start: (accepted) => this.#server.on('connection', (socket) => accepted.enqueue(new TCPSocket(socket))),
    });
    return { readable, localAddress: address, localPort: port };
  }
}

class TCPSocket {
  constructor(socket) {
    const { remoteAddress, remotePort } = socket;
    // What breaks a connection is told by its streams.
    socket.on('error', () => {});
    this.opened = Promise.resolve({ ...Duplex.toWeb(socket), remoteAddress, remotePort });
  }
}
