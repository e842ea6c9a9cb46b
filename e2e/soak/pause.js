// The pace of those who make load. Nothing is waited for by these pauses: what has to have happened is awaited.

export class Pause {
  isOver = false;
  #waiting = new Set();

  /** So many milliseconds, or less where the end comes first. */
  for(ms) {
    if (this.isOver) return Promise.resolve();
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      this.#waiting.add(done);
    });
  }

  /** No more pauses: everybody finishes what is under way. */
  end() {
    this.isOver = true;
    for (const done of [...this.#waiting]) done();
  }
}
