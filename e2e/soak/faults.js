// One fault after the other while all are at work, each followed by the wait until everything is as before.

import { Member } from '../harness/member.js';
import { here } from '../harness/sharing.js';
import { KINDS } from './kinds.js';
import { Pause } from './pause.js';
import { within } from './within.js';

/** Milliseconds between what was mended and what breaks next. */
const CALM = [500, 3_000];

export class Faults {
  /** How often each was done. */
  counts = {};
  /** Whether members may be cut off now. */
  areMembersCut = false;
  #stage;
  #random;
  #pause = new Pause();

  constructor({ stage, random }) {
    this.#stage = stage;
    this.#random = random;
  }

  /** Does all of them in an order drawn by lot, round after round until it is time; the first round to its end. */
  async run(isTime, tell) {
    for (let round = 0; round === 0 || !isTime(); round += 1) {
      for (const kind of this.#random.shuffle(Object.keys(KINDS))) {
        if (round > 0 && isTime()) return;
        await this.#do(kind, tell);
        await this.#pause.for(this.#random.between(...CALM));
      }
    }
  }

  async #do(kind, tell) {
    const { cutsMembers = false, does } = KINDS[kind];
    const started = performance.now();
    const seconds = () => ((performance.now() - started) / 1000).toFixed(1);
    this.areMembersCut = cutsMembers;
    await within(kind, does(this.#stage, this.#random, this.#pause));
    const done = seconds();
    await within(`all is well again after this: ${kind}`, this.#allIsWell());
    this.areMembersCut = false;
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
    tell(`${kind}: ${done} s, all well after ${seconds()} s`);
  }

  /** Sharing is on, members hear each other, and whoever uses records does. */
  async #allIsWell() {
    const { chromium, writers, second, third } = this.#stage;
    await chromium.state(({ status, urls }) => status === 'sharing' && urls.length > 0);
    for (const master of [second, third]) await master.evaluate(() => until(master, 'state', ({ state }) => state === 'serving').then(() => {}));
    const [a, b] = await Promise.all([Member.open(here('/well')), Member.open(here('/well'))]);
    await a.send('well?');
    await b.next();
    await Promise.all([a.close(), b.close(), ...writers.map((writer) => writer.reaches())]);
  }
}
