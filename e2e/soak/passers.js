// Slaves that come, write one record, read it and go: each a connection of its own.

import { Pause } from './pause.js';

const PACE = [100, 1_500];

export class Passers {
  count = 0;
  #pause = new Pause();
  #going;
  #page;

  constructor({ page, to, masters, random }) {
    this.#page = page;
    this.start = () => (this.#going = this.#go(to, masters, random));
  }

  async #go(to, masters, random) {
    for (let n = 1; !this.#pause.isOver; n += 1) {
      const { ledger, options } = random.pick(masters);
      const doc = { by: 'a passer', n };
      const end = ledger.beginPost(doc);
      const { outcome, read } = await this.#page.evaluate(pass, to, options, doc);
      end(outcome);
      this.count += 1;
      if (read && JSON.stringify(read) !== JSON.stringify(doc)) ledger.complaints.push(`${JSON.stringify(doc)} was read as ${JSON.stringify(read)}`);
      await this.#pause.for(random.between(...PACE));
    }
  }

  stop() {
    this.#pause.end();
    return this.#going;
  }
}

/** Runs in the page. */
async function pass(to, options, doc) {
  const db = peer.connect(to, options);
  const outcome = await failure(db.post(doc));
  const { value: read } = outcome.value ? await failure(db.get(outcome.value)) : {};
  db.close();
  return { outcome, read };
}
