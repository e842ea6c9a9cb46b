// What the package's types must refuse.

import { indexedDB, openRemote, serve } from 'lan-broadcaster-peer';
import type { Database } from 'lan-broadcaster-peer';

export async function mistakes(database: Database): Promise<void> {
  // @ts-expect-error: a record is an object
  await database.post('text');
  // @ts-expect-error: there is no such direction
  await database.allDocs({ sort_on: [['last', 'up']] });
  // @ts-expect-error: an attachment in this form is a text
  const blob: Blob = await database.getAttachment('id', 'name', { format: 'text' });
  // @ts-expect-error: a state has no such field
  database.addEventListener('state', ({ detail }) => console.log(detail.nonsense, blob));
  // @ts-expect-error: the state is told, not set
  database.state = null;
  // @ts-expect-error: a copy is restored in one of two ways
  await indexedDB().restore(new Blob(), 'merge');
  // @ts-expect-error: a storage has more methods
  serve('ws://192.168.1.5:9999/', { get: async () => ({}) });
  // @ts-expect-error: there is no such kind of server
  openRemote({ type: 'dav', url: 'https://dav.example/' });
  // @ts-expect-error: a master needs a storage
  serve('ws://192.168.1.5:9999/');
}
