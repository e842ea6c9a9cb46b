// Devices that ask before they write: one question for each, whatever it wants to write. Pure: tested by
// tests/questions.test.mjs.

export class Questions {
  #setRights;
  #onchange;
  /** By the session of the device: { session, peer, address, calls }. */
  #open = new Map();

  constructor({ setRights, onchange }) {
    this.#setRights = setRights;
    this.#onchange = onchange;
  }

  /** What is to be answered: { session, address }. */
  get all() {
    return [...this.#open.values()].map(({ session, address }) => ({ session, address }));
  }

  /** For the package's `serve`: resolves with a person's word on a call. */
  ask({ peer: { id, session, address } }) {
    return new Promise((resolve) => {
      const question = this.#open.get(session);
      if (question) return question.calls.push(resolve);
      this.#open.set(session, { session, peer: id, address, calls: [resolve] });
      this.#onchange();
    });
  }

  /** A person's word; it holds for the device as long as it is connected. */
  answer(session, allowed) {
    const question = this.#open.get(session);
    if (!question) return;
    this.#setRights(question.peer, allowed ? 'read-write' : 'read-only');
    this.#settle(question, allowed);
    this.#onchange();
  }

  /** Forgets the questions of those who have left, or may do something else by now. */
  drop(peers) {
    const asks = new Set(peers.filter(({ rights }) => rights === 'ask-first').map(({ session }) => session));
    for (const question of this.#open.values()) if (!asks.has(question.session)) this.#settle(question, false);
  }

  #settle({ session, calls }, allowed) {
    this.#open.delete(session);
    for (const resolve of calls) resolve(allowed);
  }
}
