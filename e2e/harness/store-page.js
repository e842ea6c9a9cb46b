// The page of harness/store.js: the storage as `open`, and IndexedDB by hand as jIO's layout has it.

import init, { Database } from '/peer.js';

window.ready = init().then(() => undefined);

/** Opens a database of ours; `standings` is what it said about itself. */
window.open = async (name) => {
  const standings = [];
  const database = await Database.open(name, (standing) => standings.push(standing));
  const call = (method, ...list) => database.call(method, JSON.stringify(list)).then(JSON.parse);
  const it = { database, standings };
  for (const method of METHODS) it[method] = (...list) => call(method, ...list);
  it.rows = async (options) => (await call('allDocs', options)).data.rows;
  it.putAttachment = (id, name, content) => database.putAttachment(id, name, new Blob([content], { type: 'image/png' }));
  it.attachment = (id, name, options) => database.getAttachment(id, name, options && JSON.stringify(options));
  it.restore = async (copy, mode) => JSON.parse(await database.restore(copy, mode));
  return it;
};

const METHODS = ['post', 'put', 'get', 'remove', 'allDocs', 'removeAttachment', 'allAttachments', 'repair'];

/** The status of a promise's error, or what it resolved with in words. */
window.refusal = (promise) =>
  promise.then(
    (value) => `no error but ${JSON.stringify(value)}`,
    (error) => error.status_code ?? String(error),
  );

/** The raw database, made as jIO makes it when it is not there. */
window.raw = (name) =>
  new Promise((resolve, reject) => {
    const request = indexedDB.open(`jio:${name}`);
    request.onupgradeneeded = () => {
      const database = request.result;
      const metadata = database.createObjectStore('metadata', { keyPath: '_id', autoIncrement: false });
      metadata.createIndex('_id', '_id', { unique: true });
      metadata.createIndex('doc.first', 'doc.first', { unique: false });
      const attachment = database.createObjectStore('attachment', { keyPath: '_key_path', autoIncrement: false });
      attachment.createIndex('_id', '_id', { unique: false });
      const blob = database.createObjectStore('blob', { keyPath: '_key_path', autoIncrement: false });
      blob.createIndex('_id', '_id', { unique: false });
      blob.createIndex('_id_attachment', ['_id', '_attachment'], { unique: false });
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });

/** Writes records into stores by hand: `{ store: [record…] }`. */
window.lay = async (name, stores) => {
  const database = await raw(name);
  const transaction = database.transaction(Object.keys(stores), 'readwrite');
  for (const [store, records] of Object.entries(stores)) {
    for (const record of records) transaction.objectStore(store).put(record);
  }
  await new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error);
  });
  database.close();
};

/** All records of a store; an ArrayBuffer becomes its length. */
window.dump = async (name, store) => {
  const database = await raw(name);
  const records = await new Promise((resolve, reject) => {
    const request = database.transaction(store).objectStore(store).getAll();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  database.close();
  return records.map((record) => (record.blob instanceof ArrayBuffer ? { ...record, blob: record.blob.byteLength } : record));
};

/** An attachment's three kinds of records by hand, in chunks as jIO's. */
window.layAttachment = (name, id, attachment, bytes) => {
  const key = `${id}_${attachment}`;
  const chunks = [];
  for (let part = 0; part * CHUNK < bytes.length; part += 1) {
    const blob = bytes.slice(part * CHUNK, (part + 1) * CHUNK).buffer;
    chunks.push({ _key_path: `${key}_${part}`, _id: id, _attachment: attachment, _part: part, blob });
  }
  const info = { content_type: 'text/plain', length: bytes.length };
  return lay(name, { attachment: [{ _key_path: key, _id: id, _attachment: attachment, info }], blob: chunks });
};

const CHUNK = 2_000_000;

/** Bytes that tell their own place: each 4 bytes say their index. */
window.numbered = (length) => {
  const numbers = new Uint32Array(Math.ceil(length / 4));
  for (let at = 0; at < numbers.length; at += 1) numbers[at] = at;
  return new Uint8Array(numbers.buffer, 0, length);
};

/** Text that cannot be made shorter: browsers compress what they store. */
window.noise = (length) => {
  const bytes = new Uint8Array(65_536);
  let text = '';
  while (text.length < length) text += String.fromCharCode(...crypto.getRandomValues(bytes).map((byte) => 32 + (byte % 90)));
  return text.slice(0, length);
};

/** Counts the transactions that write from now on, and keeps how safe each was to be. */
window.watchTransactions = () => {
  const durabilities = [];
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function (stores, mode, options) {
    if (mode === 'readwrite') durabilities.push(options?.durability);
    return transaction.call(this, stores, mode, options);
  };
  return durabilities;
};

/** Lets so many more blobs be read; the next ones end as `otherwise` does. */
window.readBlobs = (count, otherwise) => {
  const { arrayBuffer } = Blob.prototype;
  let left = count;
  Blob.prototype.arrayBuffer = function () {
    left -= 1;
    return left < 0 ? otherwise() : arrayBuffer.call(this);
  };
};

/** The SHA-256 of a blob. */
window.hash = async (blob) => {
  const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
};
