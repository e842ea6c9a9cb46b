// The invitation that a person came with. It stood after `#`, which stays in the address line and in the history:
// it is taken from there at once. It is kept in memory, and in sessionStorage for a page that is loaded again, and
// nowhere else: at the same http address there may be somebody else's page tomorrow.

import { ownBroadcasterUrl } from './address.js';

const KEY = 'invitation';

let link = arrival() ?? stored();
hold(link);

/** The address of a broadcaster with the invitation after `#`; empty where none is held. */
export function held() {
  return link;
}

/** Holds another one in its place. */
export function hold(next) {
  link = next;
  try {
    if (link) sessionStorage.setItem(KEY, link);
    else sessionStorage.removeItem(KEY);
  } catch {
    // Where the browser keeps nothing for this page, memory has to do.
  }
}

/** Calls `listener` when another invitation is opened in a tab where this page is already. */
export function onArrival(listener) {
  addEventListener('hashchange', () => {
    const next = arrival();
    if (next === null) return;
    hold(next);
    listener();
  });
}

function arrival() {
  const { hash, pathname, search } = location;
  if (hash.length < 2) return null;
  history.replaceState(null, '', pathname + search);
  const url = ownBroadcasterUrl(location);
  // A page from elsewhere, such as the extension's, says nothing of where the invitation is good for.
  return url ? url + hash : null;
}

function stored() {
  try {
    return sessionStorage.getItem(KEY) ?? '';
  } catch {
    return '';
  }
}
