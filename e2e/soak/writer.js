// A page that uses a master's records all the time: several lanes of calls, each of which writes what no other does,
// so that it knows at any time what there must be.

import { prepare } from '../harness/peer.js';
import { Pause } from './pause.js';

const LANES = 4;
/** Records of known ids in each lane, and the pause between two calls in milliseconds. */
const KEYS = 6;
const PACE = [20, 350];
/** A call's part of all: what it does with the lane's records and attachments, or posts. */
const CALLS = ['post', 'post', 'put', 'put', 'put', 'get', 'get', 'putAttachment', 'getAttachment', 'count'];
/** What becomes of a call whose page is loaded anew. */
const GONE = { status_code: 503, message: 'the page was loaded anew' };

export class Writer {
  #open;
  #pause = new Pause();
  #random;
  #lanes = [];
  #posts = 0;

  /** `open`: makes a page that has the package. `to`, `options`: what `connect` is called with. */
  constructor({ name, ledger, random, open, to, options = {} }) {
    Object.assign(this, { name, ledger, to, options });
    this.#open = open;
    this.#random = random;
  }

  /** Opens the page and waits until it is connected. */
  async start() {
    this.page = await this.#open();
    await this.#connect();
    await this.page.evaluate(() => db.ready.then(() => {}));
    for (let lane = 0; lane < LANES; lane += 1) this.#lanes.push(this.#work(lane, this.#random.fork(`lane ${lane}`)));
  }

  #connect() {
    return this.page.evaluate(
      (to, options) => {
        globalThis.db = peer.connect(to, options);
        // As a person does who reads that it was given up.
        db.addEventListener('state', ({ detail }) => detail.state === 'failed' && setTimeout(() => db.retry(), 500));
        db.ready.catch(() => {});
      },
      this.to,
      this.options,
    );
  }

  async #work(lane, random) {
    const versions = {};
    while (!this.#pause.isOver) {
      const id = `${this.name}/${lane}/${random.between(1, KEYS)}`;
      const next = () => (versions[id] = (versions[id] ?? 0) + 1);
      const call = random.pick(CALLS);
      await this[call](id, next, random);
      await this.#pause.for(random.between(...PACE));
    }
  }

  async post(_, __, random) {
    const doc = { by: this.name, n: (this.#posts += 1), text: 'x'.repeat(random.between(0, 400)) };
    const end = this.ledger.beginPost(doc);
    const outcome = await this.#call('post', doc);
    end(outcome);
    return outcome;
  }

  async put(id, next, random) {
    const doc = { by: this.name, version: next(), text: 'y'.repeat(random.between(0, 4000)) };
    const end = this.ledger.begin('record', id, JSON.stringify(doc));
    end(await this.#call('put', id, doc));
  }

  async get(id) {
    const outcome = await this.#call('get', id);
    const value = outcome.value && JSON.stringify(outcome.value);
    if (this.ledger.knows('record', id)) this.ledger.read('record', id, { ...outcome, value });
  }

  /** An attachment's record has to be there. */
  async putAttachment(id, next, random) {
    if (!this.ledger.has('record', id)) return;
    const size = random.chance(0.05) ? random.between(500_000, 1_000_000) : random.between(0, 40_000);
    const content = `${next()} `.padEnd(size, 'z');
    const end = this.ledger.begin('attachment', key(id), content);
    end(await this.#call('putAttachment', id, 'a', content));
  }

  async getAttachment(id) {
    if (!this.ledger.knows('attachment', key(id))) return;
    this.ledger.read('attachment', key(id), await this.#call('getAttachment', id, 'a', { format: 'text' }));
  }

  /** Queries find what this page has posted. */
  async count() {
    const posted = this.ledger.postsOf(this.name);
    const { value, status_code, message } = await this.#call('allDocs', { query: `by:"${this.name}" AND n:>0` });
    if (status_code === 503) return;
    const found = value?.data.total_rows;
    if (!(found >= posted)) this.ledger.complaints.push(`${this.name} had posted ${posted}, and a query found ${found ?? message}`);
  }

  /** One more record of its own, acknowledged: whoever has that is connected and served. */
  async reaches() {
    for (;;) {
      const { status_code } = await this.post(undefined, undefined, this.#random);
      if (status_code === undefined) return;
    }
  }

  /** Loads the page anew, as a person does; calls that were under way are lost. */
  async refresh(times = 1) {
    for (let n = 0; n < times; n += 1) await this.page.reload();
    await prepare(this.page);
    await this.#connect();
  }

  /** Ends the lanes: what is under way is awaited. */
  async stop() {
    this.#pause.end();
    await Promise.all(this.#lanes);
  }

  /** Reads an attachment, by its key in the book. */
  attachment(key) {
    return this.#call('getAttachment', ...key.split('\0'), { format: 'text' });
  }

  /** A call's `{ value }`, or its error. */
  async #call(method, ...list) {
    try {
      return await this.page.evaluate((method, list) => failure(db[method](...list)), method, list);
    } catch (error) {
      if (/context was destroyed|detached|Cannot find context|navigat|not defined/i.test(error.message)) return GONE;
      throw error;
    }
  }
}

const key = (id) => `${id}\0a`;
