// The line of the master's window to the document where the master lives: LINE with commands and status, as
// offscreen.js describes them, and RECORDS for the records. This module adds the states `starting` (no word
// from there yet) and `off` (not to serve).

import { connect } from '../pages/peer/index.js';
import { onStatus, RECORDS } from './line.js';

/** How long the offscreen document may take to say where it stands. */
const START_MS = 10_000;

const EMPTY = { detail: '', retry_at: null, name: '', peers: [], questions: [], copied_at: null, kept_at: null, keep_failure: null, store: null };
const SILENT = { ...EMPTY, state: 'failed', detail: 'They did not answer. Reload the extension at chrome://extensions, then this page.' };

/**
 * Opens the line and turns serving on. `onstatus(status)` is called now and on each change, `ondoor()` when the popup leads here to those who have to be answered. What it gives back: `database` with the methods of the package's Database, and
 * commands; those about copies are promises.
 */
export function openLink({ onstatus, ondoor }) {
  const calls = new Map();
  let last = 0;
  let deadline;
  let off = false;

  const line = onStatus((status) => {
    // The last words of a master that goes.
    if (off) return;
    clearTimeout(deadline);
    onstatus({ ...EMPTY, ...status });
  });
  const hear = {
    door: () => ondoor(),
    done: ({ call, result }) => answer(call)?.resolve(result),
    failed: ({ call, detail }) => answer(call)?.reject(new Error(detail)),
  };
  line.onmessage = ({ data }) => hear[data?.kind]?.(data);

  function answer(call) {
    const waiting = calls.get(call);
    calls.delete(call);
    return waiting;
  }

  function ask(message) {
    // Windows share the line: a number alone could be another window's.
    const call = `${performance.timeOrigin}-${(last += 1)}`;
    return new Promise((resolve, reject) => {
      calls.set(call, { resolve, reject });
      line.postMessage({ ...message, call });
    });
  }

  function begin() {
    off = false;
    onstatus({ ...EMPTY, state: 'starting' });
    clearTimeout(deadline);
    deadline = setTimeout(() => onstatus(SILENT), START_MS);
    line.postMessage({ kind: 'look' });
  }

  chrome.storage.onChanged.addListener(({ settings }, area) => {
    if (area !== 'local' || !settings || isOn(settings.oldValue) === isOn(settings.newValue)) return;
    if (isOn(settings.newValue)) return begin();
    off = true;
    clearTimeout(deadline);
    onstatus({ ...EMPTY, state: 'off' });
  });
  begin();
  serve(true);

  return {
    database: connect(new BroadcastChannel(RECORDS)),
    serve,
    setName: (name) => change({ name }),
    setStrangers: (strangers) => change({ strangers }),
    setRights: (peer, rights) => line.postMessage({ kind: 'rights', peer, rights }),
    letIn: (session, invitation) => line.postMessage({ kind: 'let-in', session, invitation }),
    answer: (session, allowed) => line.postMessage({ kind: 'answer', session, allowed }),
    dismiss: (peer) => line.postMessage({ kind: 'dismiss', peer }),
    retry: () => line.postMessage({ kind: 'retry' }),
    saveCopy: () => ask({ kind: 'save' }),
    restore: (file, mode) => ask({ kind: 'restore', file, mode }),
    keepCopy: () => ask({ kind: 'keep' }),
    copies: () => ask({ kind: 'copies' }),
    restoreKept: (copy, mode) => ask({ kind: 'restore-kept', copy, mode }),
    useStore: (store) => ask({ kind: 'use-store', store }),
    syncNow: () => line.postMessage({ kind: 'sync' }),
    acceptRemovals: () => line.postMessage({ kind: 'accept-removals' }),
    conflicts: () => ask({ kind: 'conflicts' }),
    resolve: (id, keep, attachment) => ask({ kind: 'resolve', id, keep, attachment }),
  };
}

const isOn = (settings) => settings?.serve === true;

/** Turns serving on or off; the worker opens and closes the master's document accordingly. */
const serve = (on) => change({ serve: on });

/** The worker obeys, and tells the master. */
async function change(some) {
  const { settings = {} } = await chrome.storage.local.get('settings');
  await chrome.storage.local.set({ settings: { ...settings, ...some } });
}
