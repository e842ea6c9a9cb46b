// A storage that the page brings: any object with jIO's methods, a jIO itself or a database of `connect` among
// them. Its answers are checked here, so that a mistake of it is told as one.

import { JioError, toRefusal } from './error.js';

const NEEDED = ['post', 'put', 'get', 'remove', 'allDocs'];
const OWN_FAULT = 500;

/** The object as the WASM calls it; throws where it is none. */
export function toForeign(storage) {
  const missing = NEEDED.filter((method) => typeof storage?.[method] !== 'function');
  if (missing.length > 0) {
    throw new JioError(`a storage has jIO's methods, or is what indexedDB() or memory() gives; this one lacks ${missing.join(', ')}`, 400);
  }
  return {
    call: (method, json) =>
      settled(async () => {
        const args = JSON.parse(json);
        return JSON.stringify(READ[method](await ask(storage, method, args), args));
      }),
    putAttachment: (id, name, blob) => settled(() => ask(storage, 'putAttachment', [id, name, blob])),
    getAttachment: (id, name) =>
      settled(async () => {
        const blob = await ask(storage, 'getAttachment', [id, name, { format: 'blob' }]);
        return blob instanceof Blob ? blob : wrong('getAttachment', 'a Blob');
      }),
  };
}

function ask(storage, method, args) {
  if (typeof storage[method] === 'function') return storage[method](...args);
  if (method === 'repair') return undefined;
  throw new JioError('this storage keeps no attachments', 501);
}

/** From what each method resolves with to what a slave is answered. */
const READ = {
  post: (id) => (typeof id === 'string' && id !== '' ? id : wrong('post', 'the id of the new record')),
  put: (_, [id]) => id,
  get: (doc) => (isPlain(doc) ? doc : wrong('get', 'a plain object')),
  remove: (_, [id]) => id,
  allDocs: (answer) => {
    const rows = answer?.data?.rows;
    if (!Array.isArray(rows) || !rows.every(isRow)) wrong('allDocs', '{ data: { rows: [{ id, value, doc }, …] } }');
    return { data: { rows: rows.map(({ id, value = {}, doc }) => ({ id, value, doc })), total_rows: rows.length } };
  },
  removeAttachment: () => null,
  allAttachments: (names) =>
    isPlain(names) ? Object.fromEntries(Object.keys(names).map((name) => [name, {}])) : wrong('allAttachments', 'an object whose keys are names'),
  repair: () => null,
};

const isPlain = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isRow = (row) => isPlain(row) && typeof row.id === 'string';

function wrong(method, wanted) {
  throw new JioError(`the storage's ${method}() must resolve with ${wanted}`, OWN_FAULT);
}

async function settled(act) {
  try {
    return await act();
  } catch (error) {
    throw toRefusal(error, OWN_FAULT);
  }
}
