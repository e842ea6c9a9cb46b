// Answers on disk, in this origin's IndexedDB: of all its pages and masters together no more than the bounds say, and the
// oldest go first.

const DATABASE = 'lan-broadcaster-seen';
/** `{ source, key, json, at }`. */
const ANSWERS = 'answers';
/** By source, whose they are; and under a number, which is no source, what there is in all. */
const ABOUT = 'about';
const SUM = 0;
const NOTHING = { answers: 0, length: 0 };

/** Opens those of a source; `bounds` are how many answers, and the characters of their JSON. */
export async function open(source, bounds) {
  const opening = indexedDB.open(DATABASE, 1);
  opening.onupgradeneeded = () => {
    opening.result.createObjectStore(ANSWERS, { keyPath: ['source', 'key'] }).createIndex('by age', 'at');
    opening.result.createObjectStore(ABOUT);
  };
  const database = await done(opening);
  // Another page has a later version of this, or somebody cleans up.
  database.onversionchange = () => database.close();
  const own = IDBKeyRange.bound([source], [source, []]);
  const change = (act) => changed(database, act);
  return {
    /** Those of this source, the oldest first. */
    all: async () => (await done(database.transaction(ANSWERS).objectStore(ANSWERS).getAll(own))).sort((one, other) => one.at - other.at),
    put: (key, json, at) => change((stores) => put(stores, { source, key, json, at }, bounds)),
    remove: (key) => change((stores) => remove(stores, IDBKeyRange.only([source, key]))),
    clear: () => change((stores) => remove(stores, own)),
    /** This master is connected: what another one answered is removed. Whether there was another one. */
    of: (master) =>
      change(async (stores) => {
        const before = await done(stores.about.get(source));
        const wasOther = before !== undefined && before !== master;
        if (wasOther) await remove(stores, own);
        if (before !== master) stores.about.put(master, source);
        return wasOther;
      }),
    close: () => database.close(),
  };
}

async function put({ answers, about }, answer, bounds) {
  const sum = { ...((await done(about.get(SUM))) ?? NOTHING) };
  const before = await done(answers.get([answer.source, answer.key]));
  if (before) less(sum, before);
  if (answer.json.length > bounds.length) {
    answers.delete([answer.source, answer.key]);
  } else {
    answers.put(answer);
    sum.answers += 1;
    sum.length += answer.json.length;
  }
  if (sum.answers > bounds.answers || sum.length > bounds.length) {
    await each(answers.index('by age').openCursor(), (oldest) => {
      less(sum, oldest.value);
      oldest.delete();
      return sum.answers > bounds.answers || sum.length > bounds.length;
    });
  }
  about.put(sum, SUM);
}

async function remove({ answers, about }, range) {
  const sum = { ...((await done(about.get(SUM))) ?? NOTHING) };
  await each(answers.openCursor(range), (found) => {
    less(sum, found.value);
    found.delete();
    return true;
  });
  about.put(sum, SUM);
}

function less(sum, { json }) {
  sum.answers -= 1;
  sum.length -= json.length;
}

/** One transaction over all of it; resolves with what `act` gives when that is over. What is awaited within is its own requests. */
async function changed(database, act) {
  const transaction = database.transaction([ANSWERS, ABOUT], 'readwrite', { durability: 'relaxed' });
  const over = new Promise((resolve, reject) => {
    transaction.oncomplete = resolve;
    transaction.onabort = () => reject(transaction.error ?? new Error('the browser gave up'));
  });
  const [result] = await Promise.all([act({ answers: transaction.objectStore(ANSWERS), about: transaction.objectStore(ABOUT) }), over]);
  return result;
}

/** Goes through a cursor as long as `act` wants more. */
function each(request, act) {
  return new Promise((resolve, reject) => {
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const cursor = request.result;
      if (cursor && act(cursor)) cursor.continue();
      else resolve();
    };
  });
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
