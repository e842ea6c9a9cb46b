// What a test has opened, to be closed whatever became of it.

export class Opened {
  #all = [];

  /** Remembers what a promise gives; gives the promise. */
  add(promise) {
    // Whoever awaits it hears of the failure.
    promise.catch(() => {});
    this.#all.push(promise);
    return promise;
  }

  /** Closes all, the last one first; also what is still opening. */
  async close() {
    for (const promise of this.#all.splice(0).reverse()) {
      const one = await promise.catch(() => undefined);
      await one?.close();
    }
  }
}
