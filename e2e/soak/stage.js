// Where the soak plays: the extension that shares openly and serves its records, a second master in the same room, a
// third one by invitation whose slave is behind a firewall, and pages that use all three. Four computers on a cable.

import { execFileSync } from 'node:child_process';
import { openInviting } from '../harness/inviting.js';
import { Lan } from '../harness/lan.js';
import { Opened } from '../harness/opened.js';
import { Browser, connect, openSite, prepare, serve } from '../harness/peer.js';
import { serveRecords } from '../harness/records.js';
import { LAN, openSharing, PORT } from '../harness/sharing.js';
import { Ledger } from './ledger.js';
import { Passers } from './passers.js';
import { Writer } from './writer.js';

const HUB = `ws://${LAN}:${PORT}/`;
/** This computer's further addresses: members come from many. */
const ADDRESSES = Array.from({ length: 8 }, (_, n) => `10.77.0.${101 + n}`);
/** From here come those who attack. */
export const ATTACKING = '10.77.0.130';
const SECOND = 'the-second-master';

export class Stage {
  #opened = new Opened();
  ledgers = ['the extension', 'a second master', 'a master by invitation'].map((name) => new Ledger(name));
  /** What pages complained about. */
  complaints = [];

  static async open(random) {
    const it = new Stage();
    try {
      await it.#setUp(random);
    } catch (error) {
      await it.close();
      throw error;
    }
    return it;
  }

  async #setUp(random) {
    const add = (promise) => this.#opened.add(promise);
    this.lan = await add(Lan.open());
    this.lan.here.move([LAN]);
    // They outlive the cable.
    for (const address of [...ADDRESSES, ATTACKING]) execFileSync('ip', ['address', 'add', `${address}/32`, 'dev', 'lo']);
    this.device = await this.#computer('10.77.0.2');
    this.walled = await this.#computer('10.77.0.3');
    this.walled.drop('meta l4proto udp');
    const sharing = add(openSharing());
    [this.chromium, this.away, this.behind, this.site] = await Promise.all([
      sharing,
      add(Browser.open({ host: this.device })),
      add(Browser.open({ host: this.walled })),
      add(openSite({ address: LAN })),
    ]);
    await (await serveRecords(this.chromium)).close();
    this.inviting = await add(openInviting(new URL(this.site.url).origin, { bind: LAN }));
    this.master = await this.#masterOfExtension();
    this.second = await this.#page(this.away);
    this.third = await this.#page(this.away);
    await this.serveSecond();
    await serve(this.third, this.inviting.master);
    await this.#hire(random);
  }

  async #computer(address) {
    const host = await this.lan.host();
    host.move([address]);
    return host;
  }

  async #page(browser) {
    const page = await browser.page(this.site.url);
    page.on('pageerror', ({ message }) => this.complaints.push(message));
    return page;
  }

  /** The id of the extension's master, as whoever connects first reads it. */
  async #masterOfExtension() {
    const page = await this.#page(this.away);
    const { master } = await connect(page, HUB);
    await page.close();
    return master.id;
  }

  /** Has the second master serve what lies in its IndexedDB: at the start, and after its page was loaded anew. */
  async serveSecond() {
    await this.second.evaluate(() => {
      globalThis.storage = peer.indexedDB('second');
    });
    await serve(this.second, HUB, { id: SECOND });
  }

  /** The pages that use records, each those of one master; and one of which many slaves come and go. */
  async #hire(random) {
    const [first, second, third] = this.ledgers;
    const hire = (name, ledger, browser, to, options) =>
      new Writer({ name, ledger, random: random.fork(name), open: () => this.#page(browser), to, options });
    this.writers = [
      ...['anna', 'bert', 'carl'].map((name) => hire(name, first, this.away, HUB, { master: this.master })),
      hire('dora', second, this.away, HUB, { master: SECOND }),
      hire('emil', third, this.behind, this.inviting.link, {}),
    ];
    const masters = [
      { ledger: first, options: { master: this.master } },
      { ledger: second, options: { master: SECOND } },
    ];
    this.passers = new Passers({ page: await this.#page(this.away), to: HUB, masters, random: random.fork('passers') });
  }

  async startWork() {
    for (const writer of this.writers) await writer.start();
    this.passers.start();
    const { relayed } = await this.writers.at(-1).page.evaluate(() => db.state);
    if (!relayed) throw new Error('The firewall lets everything through.');
  }

  /** What is under way is awaited. */
  stopWork() {
    return Promise.all([...this.writers, this.passers].map((one) => one.stop()));
  }

  /** All slaves and the other masters are closed; resolves when the extension's master has nobody any more. */
  async leave() {
    await Promise.all([this.away.close(), this.behind.close()]);
    await this.chromium.control.evaluate(
      () =>
        new Promise((resolve) => {
          const line = new BroadcastChannel('lan-broadcaster/master');
          line.onmessage = ({ data }) => data?.kind === 'status' && data.status.peers.length === 0 && resolve(line.close());
          line.postMessage({ kind: 'look' });
        }),
    );
  }

  /** Loads the second master's page anew: the same master again. */
  async refreshSecond() {
    await this.second.reload();
    await prepare(this.second);
    await this.serveSecond();
  }

  /** An address of this computer that nobody has come from. */
  newAddress() {
    this.#vanished += 1;
    return `127.0.1.${this.#vanished}`;
  }
  #vanished = 0;

  /** Members' ways to the port: over loopback, and from each of the addresses. */
  get doors() {
    return [{ host: '127.0.0.1' }, ...ADDRESSES.map((localAddress) => ({ host: LAN, localAddress }))];
  }

  /** What lies in each master's database, `[id, doc]`, beside the book. */
  async stored() {
    const listed = async () => (await storage.allDocs({ include_docs: true })).data.rows.map(({ id, doc }) => [id, doc]);
    const all = await Promise.all([recordsOf(this.chromium), this.second.evaluate(listed), this.third.evaluate(listed)]);
    return all.map((rows, at) => [this.ledgers[at], rows]);
  }

  /** Reads every attachment that has to be there; gives what is wrong. */
  async compareAttachments() {
    const wrong = [];
    for (const ledger of this.ledgers) {
      const reader = this.writers.find((writer) => writer.ledger === ledger);
      for (const key of ledger.attachments) wrong.push(...ledger.compareAttachment(key, await reader.attachment(key)));
    }
    return wrong;
  }

  close() {
    return this.#opened.close();
  }
}

/** The extension's records, as they lie in IndexedDB. */
function recordsOf(chromium) {
  return chromium.control.evaluate(async () => {
    const done = (request) =>
      new Promise((resolve, reject) => {
        request.onsuccess = () => resolve(request.result);
        request.onerror = () => reject(request.error);
      });
    const database = await done(indexedDB.open('jio:serverless'));
    const all = await done(database.transaction('metadata').objectStore('metadata').getAll());
    database.close();
    return all.map(({ _id, doc }) => [_id, doc]);
  });
}
