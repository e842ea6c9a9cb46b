// Who the master of this browser is: an id that is made once. It is on the disk before anybody hears it, so that
// devices find the same master again, whatever ends the browser; the localStorage is written seconds later.

const DATABASE = 'lan-broadcaster';
const STORE = 'own';
const KEY = 'id';

/** The id, made at the first call. Rejects where the disk refuses. */
export async function ownId() {
  const database = await open();
  try {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    const written = settled(transaction, 'complete');
    const store = transaction.objectStore(STORE);
    const request = store.get(KEY);
    await settled(request, 'success');
    const id = request.result ?? crypto.randomUUID();
    if (!request.result) store.put(id, KEY);
    await written;
    return id;
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
