// Stands in for the package in tests of the pages alone: the same face (peer/npm/index.d.ts), records in
// memory, and a state that the test sets through `globalThis.fake`.

/** What the test holds. `records`, `attachments` and `failures` may be set before the page asks. */
export const fake = (globalThis.fake = {
  databases: [],
  records: new Map(Object.entries(globalThis.fakeRecords ?? {})),
  attachments: new Map(),
  /** Method → message of the JioError it fails with. */
  failures: {},
  /** `[method, ...arguments]` of every call. */
  calls: [],
  /** What tells each query that is followed that records changed. */
  followers: new Set(),
  /** For the test: others changed `records`. */
  change() {
    for (const tell of this.followers) tell();
  },
  get database() {
    return this.databases.at(-1);
  },
});

export class JioError extends Error {
  name = 'JioError';

  constructor(message, status_code = 500) {
    super(message);
    this.status_code = status_code;
  }
}

const START = { state: 'connecting', step: 'reaching', detail: '', retry_at: null, master: null, protocol: '', verified: false, relayed: false, signs: null };

class Database extends EventTarget {
  ready = new Promise(() => {});
  masters = [];
  state = START;
  chosen = null;
  waiting = [];
  /** `[command, number]` of what a person decided about those. */
  decided = [];
  retries = 0;

  constructor(to) {
    super();
    this.to = to;
    fake.databases.push(this);
  }

  /** For the test: the connection is at `state` now. */
  tell(state) {
    this.state = { ...START, ...state };
    this.dispatchEvent(new CustomEvent('state', { detail: this.state }));
  }

  /** For the test: these masters answered. */
  answer(masters) {
    this.masters = masters;
    this.dispatchEvent(new CustomEvent('masters', { detail: masters }));
  }

  /** For the test: so many calls wait for a person. */
  ask(calls) {
    this.dispatchEvent(new CustomEvent('asked', { detail: { calls } }));
  }

  /** For the test: this waits to be stored. */
  wait(waiting) {
    this.waiting = waiting;
    this.dispatchEvent(new CustomEvent('waiting', { detail: waiting }));
  }

  forget(number) {
    this.decided.push(['forget', number]);
  }

  resend(number) {
    this.decided.push(['resend', number]);
  }

  choose(master) {
    this.chosen = master;
  }

  retry() {
    this.retries += 1;
  }

  close() {
    this.tell({ state: 'closed', step: null });
  }

  post(record) {
    const id = `id-${String(fake.records.size + 1).padStart(6, '0')}`;
    return this.#call('post', [record], () => (fake.records.set(id, record), fake.change(), id));
  }

  put(id, record) {
    return this.#call('put', [id, record], () => (fake.records.set(id, record), fake.change(), id));
  }

  get(id) {
    return this.#call('get', [id], () => {
      if (!fake.records.has(id)) throw new JioError('There is no such record any more.', 404);
      return structuredClone(fake.records.get(id));
    });
  }

  remove(id) {
    return this.#call('remove', [id], () => (fake.records.delete(id), fake.change(), id));
  }

  allDocs({ signal, ...options } = {}) {
    return this.#call('allDocs', [options], () => ({ data: { rows: find(options), total_rows: find(options).length } }));
  }

  subscribe(options, callback, { signal } = {}) {
    const tell = () => callback({ rows: find(options) });
    const close = () => fake.followers.delete(tell);
    signal?.addEventListener('abort', close);
    const ready = this.#call('subscribe', [options], () => (fake.followers.add(tell), tell()));
    // Never over, but where it cannot begin.
    return { ready, close, ended: ready.then(() => new Promise(() => {})) };
  }

  allAttachments(id) {
    return this.#call('allAttachments', [id], () => Object.fromEntries([...this.#of(id).keys()].map((name) => [name, {}])));
  }

  putAttachment(id, name, blob) {
    return this.#call('putAttachment', [id, name, blob.size], () => void this.#of(id).set(name, blob));
  }

  getAttachment(id, name) {
    return this.#call('getAttachment', [id, name], () => this.#of(id).get(name));
  }

  removeAttachment(id, name) {
    return this.#call('removeAttachment', [id, name], () => void this.#of(id).delete(name));
  }

  hasCapacity() {
    return true;
  }

  #of(id) {
    if (!fake.attachments.has(id)) fake.attachments.set(id, new Map());
    return fake.attachments.get(id);
  }

  async #call(method, given, answer) {
    fake.calls.push([method, ...given]);
    if (method in fake.failures) throw new JioError(fake.failures[method], 503);
    return answer();
  }
}

function find({ query, limit: [skip, count] = [0, 0] }) {
  const found = [...fake.records].filter(([, record]) => !query || matches(query, record)).sort(([a], [b]) => (a < b ? -1 : 1));
  return found.slice(skip, count ? skip + count : undefined).map(([id, doc]) => ({ id, value: {}, doc }));
}

/** Enough of the query language for what the pages ask. */
function matches({ type, operator, query_list, key, value }, record) {
  if (type === 'complex') return query_list[operator === 'AND' ? 'every' : 'some']((part) => matches(part, record));
  const wanted = value.replaceAll('%', '').toLowerCase();
  const values = key === '' ? Object.values(record) : [record[key] ?? ''];
  return values.some((value) => String(value).toLowerCase().includes(wanted));
}

export const connect = (to) => new Database(to);

export const load = async () => {};
