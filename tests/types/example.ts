// Uses the whole face of the package; the type checker must find nothing to say.

import { connect, indexedDB, load, memory, openRemote, serve, JioError } from 'lan-broadcaster-peer';
import type { AllDocsResult, ConnectionState, Database, Doc, ForeignStorage, Live, Master, Peer, Transport } from 'lan-broadcaster-peer';
import { register } from 'lan-broadcaster-peer/jio-storage.js';

type Person = { first: string; last: string };

export async function slave(url: string): Promise<string[]> {
  const stop = new AbortController();
  const db: Database = connect(url, { master: 'id', reconnect: true, signal: stop.signal });
  db.addEventListener('state', ({ detail }) => console.log(detail.state, detail.step, detail.retry_at ?? 0));
  db.addEventListener('masters', ({ detail }) => detail.length > 1 && db.choose(detail[0].id));
  db.addEventListener('progress', ({ detail: { done, total } }) => console.log(done / total));
  const kept: Database = connect(url, { memory: 'kept', cache: true });
  kept.addEventListener('waiting', ({ detail }) => detail.forEach(({ number, error }) => error && kept.resend(number)));
  kept.addEventListener('from_cache', ({ detail }) => console.log(detail.method, detail.at));
  for (const { number, doc, since } of kept.waiting) if (!doc || since === 0) kept.forget(number);
  const seen = await kept.allDocs({ query: 'last:"%king%"' });
  if (seen.from_cache && seen.data.rows.some(({ waiting }) => waiting)) await kept.forget();
  // @ts-expect-error: there is no such memory.
  connect(url, { memory: 'disk' });
  const ready: Database = await db.ready;
  const state: ConnectionState['state'] = ready.state.state;
  const id: string = await db.post({ first: 'Ada', last: 'Lovelace' }, { signal: stop.signal });
  await db.put(id, { first: 'Ada', last: 'King' });
  const person = await db.get<Person>(id);
  const answer: AllDocsResult<Person> = await db.allDocs<Person>({
    query: 'last:"%king%"',
    sort_on: [['last', 'ascending']],
    limit: [0, 20],
    select_list: ['first'],
    include_docs: true,
  });
  const live: Live<Person> = db.subscribe<Person>({ query: 'last:"%king%"', include_docs: true }, ({ added, removed, rows }) => {
    console.log(added[0]?.doc?.last, removed[0]?.length, rows.length);
  }, { signal: stop.signal });
  await live.ready;
  live.close();
  await db.putAttachment(id, 'photo', new Blob(['x']));
  await db.putAttachment(id, 'note', 'text', { _content_type: 'text/markdown' });
  const blob: Blob = await db.getAttachment(id, 'photo');
  const text: string = await db.getAttachment(id, 'note', { format: 'text', start: 0, end: 2 });
  const names: string[] = Object.keys(await db.allAttachments(id));
  await db.removeAttachment(id, 'photo');
  await db.remove(id).catch((error: unknown) => {
    if (error instanceof JioError && error.status_code === 404) return;
    throw error;
  });
  const can: true = db.hasCapacity('query');
  // @ts-expect-error: a record is a plain object.
  await db.post(null);
  // @ts-expect-error: there is no such format.
  await db.getAttachment(id, 'photo', { format: 'xml' });
  db.close();
  return [state, person.first, text, blob.type, String(can), ...names, ...answer.data.rows.map((row) => row.doc?.last ?? '')];
}

export async function master(url: string, channel: BroadcastChannel): Promise<Master> {
  const storage = indexedDB('serverless');
  storage.addEventListener('standing', ({ detail }) => console.log(detail.detail));
  await storage.ready;
  const copy: Blob = await storage.save();
  const { kept } = await storage.restore(copy, 'add');
  const transport = (): Transport => ({ send: (text) => console.log(text), onmessage: null, close() {} });
  serve(transport, memory()).close();
  const it = serve(url, storage, {
    name: `Kitchen ${kept}`,
    validate({ method, peer }) {
      if (method === 'remove' && peer) throw new JioError('ask somebody here', 403);
    },
  });
  it.addEventListener('peers', ({ detail }) => detail.forEach((peer: Peer) => console.log(peer.address, peer.since)));
  it.addEventListener('change', ({ detail }) => console.log(detail.ids.length));
  const detach: () => void = it.attach(channel);
  connect(channel).addEventListener('state', () => detach());
  it.name = 'Cellar';
  return it;
}

export async function own(url: string): Promise<Master> {
  await load();
  const docs = new Map<string, Doc>();
  const storage: ForeignStorage = {
    post: async (doc) => (docs.set('id', doc), 'id'),
    put: async (id, doc) => docs.set(id, doc),
    get: async (id) => docs.get(id) ?? Promise.reject(new JioError('There is none.', 404)),
    remove: async (id) => docs.delete(id),
    allDocs: async ({ limit }) => ({ data: { rows: [...docs].slice(limit?.[0]).map(([id, doc]) => ({ id, doc })) } }),
  };
  serve(url, connect(url)).close();
  return serve(url, storage);
}

export const jio: (given: Parameters<typeof register>[0]) => void = (jIO) => register(jIO);

export function servesServers(url: string): Master[] {
  const erp5 = openRemote({ type: 'erp5', url: 'https://erp.example/hateoas/', default_view_reference: 'view', access_token: 'x' });
  const couchdb = openRemote({ type: 'couchdb', url: 'https://db.example:6984/people', username: 'ada', password: 'x' });
  return [serve(url, erp5), serve(url, couchdb)];
}
