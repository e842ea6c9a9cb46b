// How the extension's pages and the master's document hear each other. BroadcastChannels of this origin:
// no page from elsewhere hears them, and they work without the worker.

/** Where the master says how it stands, and takes commands: objects with a `kind`, see offscreen.js. */
export const LINE = 'lan-broadcaster/master';
/** The package's own channel, for a database: `attach` there, `connect` here. */
export const RECORDS = 'lan-broadcaster/records';

/** Hears the master's status, now and on each change; silence means that there is no master. */
export function onStatus(hear) {
  const line = new BroadcastChannel(LINE);
  line.addEventListener('message', ({ data }) => data?.kind === 'status' && hear(data.status));
  line.postMessage({ kind: 'look' });
  return line;
}
