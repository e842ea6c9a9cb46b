// When the records are copied by themselves: once a day, while something changes. A day without changes makes
// no copy, so that the seven that are kept are seven states. What is remembered outlives the document.

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** The first copy of all comes so long after the document: who has just begun is not disturbed. */
const FIRST_MS = 10 * 60_000;
/** How often it is looked. By the clock on the wall, which goes on while the computer sleeps. */
const LOOK_MS = 60_000;

export class Daily {
  #memory;
  #copy;
  #ontold;
  #isBusy = false;

  /** `copy()` keeps a copy, as a promise. `memory` is the localStorage. `ontold()`: what is told has changed. */
  constructor({ copy, memory, ontold }) {
    this.#copy = copy;
    this.#ontold = ontold;
    this.#memory = memory;
    setInterval(() => this.look(), LOOK_MS);
  }

  /** When the last copy was made, in milliseconds since 1970, or null. */
  get keptAt() {
    return Number(this.#memory.kept_at) || null;
  }

  /** Why there is no newer one, or null. */
  get failure() {
    return this.#memory.keep_failure ?? null;
  }

  /** Records were changed. */
  onChange() {
    this.#memory.changed = 'true';
  }

  /** Copies where it is time to. */
  async look() {
    if (this.#isBusy || !this.#isDue()) return;
    // Who wants to know reads `failure`.
    await this.now().catch(() => {});
  }

  /** Copies. */
  async now() {
    this.#isBusy = true;
    // What changes from here on is of the next copy.
    delete this.#memory.changed;
    try {
      await this.#copy();
      this.#memory.kept_at = Date.now();
      delete this.#memory.keep_failure;
      delete this.#memory.failed_at;
    } catch (error) {
      this.onChange();
      this.#memory.keep_failure = error.message;
      this.#memory.failed_at = Date.now();
      throw error;
    } finally {
      this.#isBusy = false;
      this.#ontold();
    }
  }

  #isDue() {
    const { changed, kept_at, failed_at } = this.#memory;
    if (!changed || (failed_at && since(failed_at) < HOUR_MS)) return false;
    return kept_at ? since(kept_at) >= DAY_MS : performance.now() >= FIRST_MS;
  }
}

/** Clocks are set back as well: a time that is yet to come is as good as one long ago. */
function since(at) {
  return Math.abs(Date.now() - at);
}
