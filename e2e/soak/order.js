// What members have said and heard: each receiver hears each sender's numbers one after the other, from the first
// one said after it came, and nobody else's.

/** One connection of a member, in both roles. */
export class Session {
  /** Broadcasts said so far: the next one's number. */
  said = 0;
  /** Whether it left in order, so that whatever it said has been passed on. */
  isWhole = false;
  /** The last number heard of each sender, by its key. */
  #heard = new Map();
  #order;

  constructor(order, key, room) {
    this.#order = order;
    this.key = key;
    this.room = room;
    this.since = order.now();
  }

  /** What it says next. */
  words(padding) {
    return JSON.stringify({ by: this.key, n: this.said++, padding });
  }

  /** What it says to one member alone: behind what it has said to all. */
  aside() {
    return JSON.stringify({ by: this.key, after: this.said - 1 });
  }

  hear(text) {
    this.#order.deliveries += 1;
    const { by, n, after } = JSON.parse(text);
    const sender = this.#order.sessions.get(by);
    if (sender?.room !== this.room) return this.#complain(`heard ${by}, of another room`);
    const last = this.#heard.get(by);
    if (after !== undefined) {
      if (last !== undefined && last !== after) this.#complain(`heard an aside of ${by} after ${last} and not after ${after}`);
      return undefined;
    }
    const first = sender.since > this.since ? 0 : n;
    const expected = last === undefined ? first : last + 1;
    if (n !== expected) this.#complain(`heard ${n} of ${by} where ${expected} was due`);
    return this.#heard.set(by, n);
  }

  /** Whether it has heard all that another one said. */
  hasHeardAll(other) {
    return (this.#heard.get(other.key) ?? -1) === other.said - 1;
  }

  /** To be asked when nothing is under way any more: everybody who came later and left in order was heard to the end. */
  checkEnds() {
    for (const other of this.#order.sessions.values()) {
      const isDue = other !== this && other.room === this.room && other.isWhole && other.since > this.since;
      if (isDue && !this.hasHeardAll(other)) this.#complain(`has not heard the last words of ${other.key}`);
    }
  }

  #complain(what) {
    this.#order.complaints.push(`${this.key} ${what}`);
  }
}

/** All sessions, and what was wrong. */
export class Order {
  sessions = new Map();
  deliveries = 0;
  complaints = [];
  #clock = 0;

  /** Counts up: who has opened before whom. */
  now() {
    return (this.#clock += 1);
  }

  open(room) {
    const session = new Session(this, `m${this.sessions.size}`, room);
    this.sessions.set(session.key, session);
    return session;
  }

  get said() {
    let sum = 0;
    for (const { said } of this.sessions.values()) sum += said;
    return sum;
  }
}
