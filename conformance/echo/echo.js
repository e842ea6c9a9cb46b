// A hub in one file, written from docs/protocol.md: it has the port opened, admits everybody, and sends each message
// back to who sent it. To a companion it is a port of chrome.runtime at whose other end the extension would be.

const VERSION = 1;
const WINDOW_BYTES = 4 << 20;
const FREE_OF_CHARGE = ['hello', 'error', 'credit'];

export class Echo {
  name = 'companion';
  onMessage = new Listeners();
  onDisconnect = new Listeners();
  #credit = WINDOW_BYTES;
  #waiting = [];
  #onlistening;
  #onfailed;

  constructor(port, { onlistening = () => {}, onfailed = () => {} } = {}) {
    this.#onlistening = onlistening;
    this.#onfailed = onfailed;
    this.#say([{ kind: 'hello', version: VERSION }]);
    this.#say([listen(port)]);
  }

  /** Takes a carrier message of the companion. What follows from it is no longer than it was. */
  postMessage(items) {
    const cost = costOf(items);
    if (cost > 0) this.#say([{ kind: 'credit', bytes: cost }]);
    const commands = items.flatMap((item) => this.#answer(item));
    if (commands.length > 0) this.#say(commands);
  }

  disconnect() {}

  #answer({ kind, conn, text, binary, ...report }) {
    switch (kind) {
      case 'asked':
        return [{ kind: 'admit', conn }];
      case 'received':
        return [{ kind: 'send', conn, text, binary }];
      case 'listening':
        this.#onlistening(report.port);
        return [];
      case 'failed':
        if (report.next) return [listen(report.next)];
        this.#onfailed(report.detail);
        return [];
      case 'credit':
        this.#credit += report.bytes;
        this.#send();
        return [];
      case 'error':
      case 'part':
        throw new Error(`an echo of short messages cannot go on: ${JSON.stringify(report)}`);
      default:
        return []; // who closed, counters, addresses
    }
  }

  #say(items) {
    this.#waiting.push(items);
    this.#send();
  }

  /** What the credit covers, in order. Heard later, as through a port of chrome.runtime. */
  #send() {
    while (this.#waiting.length > 0 && costOf(this.#waiting[0]) <= this.#credit) {
      const items = this.#waiting.shift();
      this.#credit -= costOf(items);
      queueMicrotask(() => this.onMessage.tell(items));
    }
  }
}

/** A chrome.events.Event. */
class Listeners {
  #all = new Set();

  addListener(listener) {
    this.#all.add(listener);
  }

  removeListener(listener) {
    this.#all.delete(listener);
  }

  tell(what) {
    for (const listener of this.#all) listener(what);
  }
}

function listen(port) {
  return { kind: 'listen', port, bind: ['127.0.0.1'] };
}

/** What a carrier message costs of its sender's credit. */
function costOf(items) {
  const isFree = items.every(({ kind }) => FREE_OF_CHARGE.includes(kind));
  return isFree ? 0 : new TextEncoder().encode(JSON.stringify(items)).length;
}
