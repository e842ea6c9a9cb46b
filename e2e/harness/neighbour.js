// Another computer on the LAN: a process in a network of its own, at the far end of our cable.

import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Member } from './member.js';

const SELF = fileURLToPath(import.meta.url);

export class Neighbour {
  #process;

  /** Takes the cable's far end and this address; one at a time. */
  static async open(address = '10.77.0.2') {
    const it = new Neighbour();
    it.address = address;
    // `unshare` becomes this file's other half, below.
    it.#process = fork(SELF, ['neighbour'], { execPath: 'unshare', execArgv: ['--net', process.execPath] });
    await it.#heard('here');
    execFileSync('ip', ['link', 'set', 'far0', 'netns', String(it.#process.pid)]);
    await it.#asked({ up: address }, 'up');
    return it;
  }

  /** Connects to a URL as a plain member. */
  connect(url) {
    return this.#asked({ connect: url }, 'connected');
  }

  send(text) {
    this.#process.send({ send: text });
  }

  /** The next text that arrives. */
  next() {
    return this.#asked({ next: true }, 'text');
  }

  /** Is as good as gone, without a word: it hears what we send, and nothing it says leaves it. */
  vanish() {
    return this.#asked({ vanish: true }, 'vanished');
  }

  async close() {
    this.#process.kill();
    await once(this.#process, 'exit');
  }

  #asked(order, answer) {
    this.#process.send(order);
    return this.#heard(answer);
  }

  async #heard(kind) {
    const [message] = await once(this.#process, 'message');
    if (!(kind in message)) throw new Error(JSON.stringify(message));
    return message[kind];
  }
}

if (process.argv[2] === 'neighbour') {
  let member;
  const orders = {
    async up(address) {
      for (const order of ['link set lo up', `address add ${address}/24 dev far0`, 'link set far0 up']) {
        execFileSync('ip', order.split(' '));
      }
      return { up: true };
    },
    async vanish() {
      execFileSync('ip', ['route', 'add', 'blackhole', '10.77.0.1/32']);
      return { vanished: true };
    },
    async connect(url) {
      member = await Member.open(url);
      return { connected: true };
    },
    async send(text) {
      await member.send(text);
    },
    async next() {
      return { text: await member.next() };
    },
  };
  process.on('message', async (message) => {
    const [[order, value]] = Object.entries(message);
    const answer = await orders[order](value).catch((error) => ({ error: error.message }));
    if (answer) process.send(answer);
  });
  process.send({ here: true });
}
