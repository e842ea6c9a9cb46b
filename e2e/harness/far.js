// Servers that pages replicate with, each by a line of its own, and somebody else at them. Records have a `title` that
// names them, since ERP5 gives its own ids, and a `description`.

import { Hal } from './hal/server.js';
import { Colleague } from './replicating.js';
import { Shaped } from './shaped.js';

const PERSON = { portal_type: 'Person', parent_relative_url: 'person_module' };
const LOGIN = { name: 'ann', password: 'open sesame' };
/** What both kinds can do. */
class Far {
  /** What stands under each title, in the order of titles: `[title, description]`. */
  async pairs() {
    return toPairs(await this.records());
  }
}

/** ERP5, which makes the ids; nothing is removed there but by its own users. */
export class FarErp5 extends Far {
  needs = PERSON;

  static async open(shape) {
    const it = new FarErp5();
    it.server = await Hal.start();
    it.line = await Shaped.open(it.server.origin, shape);
    // Its links lead through the line, too; and its clock goes, in whole seconds.
    it.server.url = it.line.by(it.server.url);
    Object.defineProperty(it.server.records, 'now', { get: () => new Date().toISOString().slice(0, 19).replace('T', ' ') });
    it.description = { type: 'erp5', url: it.server.url, default_view_reference: 'view', id_property: 'reference' };
    return it;
  }

  async close() {
    await this.line.close();
    await this.server.close();
  }

  async records() {
    return this.server.records.catalog;
  }

  async change(title, description) {
    this.server.records.set(this.#id(title), { description });
  }

  async remove(title) {
    this.server.records.delete(this.#id(title));
  }

  async create(title, description) {
    const id = this.server.records.add(PERSON.portal_type, PERSON.parent_relative_url);
    this.server.records.set(id, { title, description });
  }

  #id(title) {
    return this.server.records.catalog.find((record) => record.title === title).id;
  }
}

/** A CouchDB; what is made at it has its title as its id. */
export class FarCouchDb extends Far {
  needs = {};

  /** A new database of a server, which belongs to the caller: PouchDB's bears no second one in a process. */
  static async open(shape, server) {
    const it = new FarCouchDb();
    server.login = LOGIN;
    const url = await server.database();
    it.line = await Shaped.open(server.origin, shape);
    it.colleague = new Colleague(url, LOGIN);
    it.description = { type: 'couchdb', url: it.line.by(url), username: LOGIN.name, password: LOGIN.password };
    return it;
  }

  close() {
    return this.line.close();
  }

  records() {
    return this.colleague.records();
  }

  change(title, description) {
    return this.colleague.put(title, { title, description });
  }

  create(title, description) {
    return this.colleague.put(title, { title, description });
  }

  remove(title) {
    return this.colleague.remove(title);
  }
}

/** Records as `[title, description]`, in order. */
export function toPairs(records) {
  return records.map(({ title, description }) => [title, description]).sort();
}

/** Has a page replicate with a server, as its `db`. */
export function replicate(page, far, { database = 'd', mode = 0 } = {}) {
  const description = {
    type: 'replicate',
    local_sub_storage: { type: 'indexeddb', database },
    remote_sub_storage: far.description,
    conflict_handling: mode,
  };
  return page.evaluate(async (description, needs) => {
    globalThis.needs = needs;
    globalThis.db = await peer.replicated(description).ready;
  }, description, far.needs);
}

/** Writes records under ids that are their titles; resolves when all are safe. */
export function put(page, pairs) {
  return page.evaluate(
    (pairs) => Promise.all(pairs.map(([title, description]) => db.put(title, { ...needs, title, description }))),
    pairs,
  );
}

/** What a page has. */
export async function here(page) {
  return toPairs(await page.evaluate(async () => (await db.allDocs({ include_docs: true })).data.rows.map(({ doc }) => doc)));
}

/** Compares both sides now; resolves with the line's state when that is done. */
export function compared(page) {
  return page.evaluate(() => {
    const asked = Date.now();
    db.syncNow();
    return until(db, 'line', ({ state, waiting, synced_at }) => state === 'idle' && waiting === 0 && synced_at >= asked);
  });
}
