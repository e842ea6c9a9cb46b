// What the master's document keeps of its own, beside the records: by keys, on the disk before anybody hears it. The
// localStorage is written seconds later.

const DATABASE = 'lan-broadcaster';
const STORE = 'own';

/** The value of a key, made and kept where there is none. Rejects where the disk refuses. */
export function own(key, make) {
  return inStore(async (store) => {
    const request = store.get(key);
    await settled(request, 'success');
    if (request.result !== undefined || !make) return request.result;
    const made = make();
    store.put(made, key);
    return made;
  });
}

/** Keeps a value under a key, in place of the one before. */
export function keepOwn(key, value) {
  return inStore((store) => void store.put(value, key));
}

async function inStore(act) {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    const written = settled(transaction, 'complete');
    const result = await act(transaction.objectStore(STORE));
    await written;
    return result;
  } finally {
    database.close();
  }
}

async function open() {
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE);
  await settled(request, 'success');
  return request.result;
}

/** Resolves when a request or transaction has come to its good end. */
function settled(target, end) {
  return new Promise((resolve, reject) => {
    target.addEventListener(end, resolve);
    for (const failed of ['error', 'abort']) target.addEventListener(failed, () => reject(target.error));
  });
}
