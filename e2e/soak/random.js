// Chance that can be had again: everything drawn here follows from a seed.

/** A stream of numbers. Each actor has one of its own (`fork`), so that what one does when changes no other's. */
export class Random {
  #seed;
  #state;

  constructor(seed) {
    this.#seed = String(seed);
    this.#state = hash(this.#seed);
  }

  /** A stream of its own for whoever has this name. */
  fork(name) {
    return new Random(`${this.#seed}/${name}`);
  }

  /** At least 0 and less than 1: Marsaglia's xorshift, 32 bits. */
  next() {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  /** A whole number from `least` to `most`, both included. */
  between(least, most) {
    return least + Math.floor(this.next() * (most - least + 1));
  }

  chance(probability) {
    return this.next() < probability;
  }

  pick(list) {
    return list[this.between(0, list.length - 1)];
  }

  /** The same things in another order. */
  shuffle(list) {
    const all = [...list];
    for (let at = all.length - 1; at > 0; at -= 1) {
      const other = this.between(0, at);
      [all[at], all[other]] = [all[other], all[at]];
    }
    return all;
  }
}

/** FNV-1a; never 0, where xorshift would stay. */
function hash(text) {
  let sum = 0x811c9dc5;
  for (const byte of Buffer.from(text)) sum = Math.imul(sum ^ byte, 0x01000193);
  return sum || 1;
}
