// A costly line to a server: everything to and from it goes through here, late, slowly, and counted; and it is cut,
// by a test or by itself.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';

/** The line of an office in the field, 600 ms there and back at 10 kB/s, on which time runs 20 times faster: what takes
 * a minute there takes three seconds here, and all proportions are the same. */
export const SATELLITE = { round_trip_ms: 600 / 20, bytes_per_s: 10_000 * 20 };

export class Shaped {
  /** Bytes from and to whoever asks. */
  up = 0;
  down = 0;
  /** How often it was cut. */
  cuts = 0;
  #server;
  #pairs = new Set();
  #is_cut = false;
  #back;
  #line;
  #plan;
  #awaited = new Set();

  /** A line to `target`, an origin. Without a round trip and bytes per second it only counts. */
  static async open(target, line = {}) {
    const it = new Shaped();
    it.#line = line;
    const { hostname, port } = new URL(target);
    it.#server = createServer((socket) => it.#join(socket, connect(Number(port), hostname))).listen(0, '127.0.0.1');
    await once(it.#server, 'listening');
    it.origin = `http://127.0.0.1:${it.#server.address().port}`;
    return it;
  }

  get bytes() {
    return this.up + this.down;
  }

  /** The address of `target` by this line. */
  by(url) {
    return `${this.origin}${new URL(url).pathname}`;
  }

  /** From now on nothing comes through; what was under way is lost. */
  cut() {
    this.#is_cut = true;
    this.cuts += 1;
    clearTimeout(this.#back);
    for (const pair of this.#pairs) pair.end();
  }

  mend() {
    this.#is_cut = false;
  }

  /** Cuts it again and again, each time after some bytes and for some milliseconds, between nothing and the
   * given most; `random` is one of soak/random.js. */
  cutAtRandom(random, { bytes, ms, times = Infinity }) {
    const next = () => {
      this.#plan = times-- > 0 ? { at: this.bytes + random.next() * bytes, ms: random.next() * ms, next } : undefined;
    };
    next();
  }

  /** Whole from now on. */
  spare() {
    this.#plan = undefined;
    clearTimeout(this.#back);
    this.mend();
  }

  /** Resolves when so many bytes more came through. */
  carried(bytes) {
    return new Promise((resolve) => this.#awaited.add({ at: this.bytes + bytes, resolve }));
  }

  close() {
    this.spare();
    this.cut();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #join(near, far) {
    const pair = { end: () => [near, far].forEach((socket) => socket.destroy()) };
    for (const socket of [near, far]) {
      socket.setNoDelay(true);
      socket.on('error', () => pair.end());
      socket.on('close', () => {
        this.#pairs.delete(pair);
        pair.end();
      });
    }
    if (this.#is_cut) return pair.end();
    this.#pairs.add(pair);
    this.#carry(near, far, (bytes) => (this.up += bytes));
    this.#carry(far, near, (bytes) => (this.down += bytes));
  }

  /** What comes of one end goes to the other, one piece after the other, each when it would be through. */
  #carry(from, to, count) {
    const { round_trip_ms = 0, bytes_per_s = Infinity } = this.#line;
    let free = 0;
    const later = (span, act) => (span > 0 ? setTimeout(act, span) : act());
    from.on('data', (piece) => {
      const now = performance.now();
      free = Math.max(free, now) + (piece.length * 1000) / bytes_per_s;
      // More is read of the sender only when this is on its way: its own window stays small, as on such a line.
      from.pause();
      later(free - now, () => from.resume());
      later(free - now + round_trip_ms / 2, () => {
        if (to.destroyed) return;
        count(piece.length);
        to.write(piece);
        this.#onCarried();
      });
    });
    from.on('end', () => later(Math.max(0, free - performance.now()) + round_trip_ms / 2, () => to.end()));
  }

  #onCarried() {
    for (const one of this.#awaited) if (this.bytes >= one.at && this.#awaited.delete(one)) one.resolve();
    const plan = this.#plan;
    if (!plan || this.bytes < plan.at) return;
    this.#plan = undefined;
    this.cut();
    this.#back = setTimeout(() => {
      this.mend();
      plan.next();
    }, plan.ms);
  }
}
