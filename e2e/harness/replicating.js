// A master whose records live on a server too: chosen in its window, as a person does it.

import { press, text } from './sharing.js';

/** Chooses in the master's window where the records live. `fields` are those of the dialog, by their test ids. */
export async function chooseStore(master, kind, fields = {}) {
  await allowEverywhere(master);
  await press(master, 'change-store');
  await press(master, `store-${kind}`);
  for (const [id, value] of Object.entries(fields)) await fill(master, id, value);
  await press(master, 'use-store');
}

/** `chooseStore`, and waits until the records live there. */
export async function useStore(master, kind, fields) {
  await chooseStore(master, kind, fields);
  await text(master, 'store-where', (text) => text.includes('server'));
}

/** What the line to the server is doing, once it fits. */
export const line = (master, fits) => text(master, 'line-state', fits);

/** Both sides have the same. */
export const inStep = (master) => line(master, (text) => text === 'Up to date');

/** Somebody else at a CouchDB: reads and writes one of its databases. */
export class Colleague {
  #url;
  #headers;

  constructor(url, { name, password }) {
    this.#url = url;
    const authorization = `Basic ${Buffer.from(`${name}:${password}`).toString('base64')}`;
    this.#headers = { authorization, 'content-type': 'application/json' };
  }

  /** All records, without what CouchDB adds. */
  async records() {
    const { rows } = await this.#ask('_all_docs?include_docs=true');
    return rows.map(({ doc: { _id, _rev, ...record } }) => record);
  }

  /** Stores a record over the one that is there. */
  async put(id, record) {
    const { _rev } = await this.#ask(id);
    await this.#ask(id, { method: 'PUT', body: JSON.stringify({ ...record, _rev }) });
  }

  /** Stores new records, as `[id, record]`, in a few requests. */
  async putAll(pairs) {
    const docs = pairs.map(([_id, record]) => ({ _id, ...record }));
    for (let at = 0; at < docs.length; at += 1_000) {
      await this.#ask('_bulk_docs', { method: 'POST', body: JSON.stringify({ docs: docs.slice(at, at + 1_000) }) });
    }
  }

  /** Stores an attachment, or removes it where there are no bytes. */
  async attach(id, name, bytes) {
    const { _rev } = await this.#ask(id);
    const method = bytes ? 'PUT' : 'DELETE';
    const headers = { ...this.#headers, 'content-type': 'application/octet-stream' };
    await this.#ask(`${id}/${name}?rev=${_rev}`, { method, body: bytes, headers });
  }

  /** The bytes of an attachment; null where there is none. */
  async attachment(id, name) {
    const headers = { authorization: this.#headers.authorization };
    const response = await fetch(`${this.#url}/${encodeURIComponent(id)}/${name}`, { headers });
    return response.ok ? Buffer.from(await response.arrayBuffer()) : null;
  }

  async remove(id) {
    const { _rev } = await this.#ask(id);
    await this.#ask(`${id}?rev=${_rev}`, { method: 'DELETE' });
  }

  /** The records, as soon as they fit. */
  async when(fits) {
    for (let since = 0; ; ) {
      const records = await this.records();
      if (await fits(records)) return records;
      since = (await this.#ask(`_changes?feed=longpoll&since=${since}`)).last_seq;
    }
  }

  async #ask(path, options = {}) {
    const response = await fetch(`${this.#url}/${path}`, { headers: this.#headers, ...options });
    return response.json();
  }
}

/** Stands in for the person who presses *Allow* in the browser's own question, which no test can reach; keeps what
 * was asked for. */
function allowEverywhere(master) {
  return master.evaluate(() => {
    globalThis.asked ??= [];
    chrome.permissions.request = async ({ origins }) => (asked.push(...origins), true);
  });
}

async function fill(page, id, value) {
  await page.$eval(`[data-testid="${id}"]`, (field, value) => {
    field.value = value;
    field.dispatchEvent(new Event('input', { bubbles: true }));
  }, value);
}
