// Writes on disk, in this origin's IndexedDB. Each page has its own under a name that it holds a lock on; those of
// pages that are gone are adopted by the next one, in their order.

const DATABASE = 'lan-broadcaster-writes';
const STORE = 'writes';
const LOCK = 'lan-broadcaster-writes:';

/** Opens them. */
export async function open() {
  const page = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
  let letGo;
  await new Promise((held, failed) => {
    const over = new Promise((resolve) => (letGo = resolve));
    navigator.locks.request(LOCK + page, () => (held(), over)).catch(failed);
  });
  const request = indexedDB.open(DATABASE, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'key', autoIncrement: true });
  const database = await done(request);
  const change = async (act) => {
    const transaction = database.transaction(STORE, 'readwrite', { durability: 'strict' });
    const request = act(transaction.objectStore(STORE));
    await new Promise((resolve, reject) => {
      transaction.oncomplete = resolve;
      transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave up'));
    });
    return request?.result;
  };
  return {
    /** Keeps a write; resolves with its key once that is safe. */
    add: ({ method, args, content, id, since, master }) => change((writes) => writes.add({ page, method, args, content, id, since, master })),
    remove: (key) => change((writes) => void writes.delete(key)),
    /** Those of pages that are gone, which are this one's from now on. One page at a time does so. */
    adopt: () =>
      navigator.locks.request(LOCK, async () => {
        const { held } = await navigator.locks.query();
        const alive = new Set(held.map(({ name }) => name));
        const all = await done(database.transaction(STORE).objectStore(STORE).getAll());
        const orphans = all.filter((write) => !alive.has(LOCK + write.page));
        await change((writes) => void orphans.forEach((write) => writes.put({ ...write, page })));
        return orphans;
      }),
    close: () => (database.close(), letGo()),
  };
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
