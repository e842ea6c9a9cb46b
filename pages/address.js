// What a person types or pastes as the broadcaster's address. Pure: tested by tests/address.test.mjs.

const DEFAULT_PORT = '9999';
/** What people and programs put around a link. */
const AROUND = /^[<>()"'`“”„«».,;:!?]+|[<>()"'`“”„«».,;:!?]+$/g;

/**
 * The WebSocket URL that is meant, and the invitation that came with it after `#`, empty where none did; or null. An
 * invitation may have words around it; where its address is missing, `own` is meant.
 */
export function readAddress(text, own = '') {
  const word = text.split(/\s+/).find((word) => word.includes('#'));
  if (word === undefined) {
    const url = toBroadcasterUrl(text);
    return url && { url, fragment: '' };
  }
  const [address, fragment] = word.replace(AROUND, '').split('#');
  const url = address === '' ? own : toBroadcasterUrl(address);
  return url ? { url, fragment } : null;
}

/**
 * The WebSocket URL that is meant, or null. The scheme may be missing, or be that of the page; without a
 * scheme the port may be missing too. Only this form is known without asking anybody.
 */
export function toBroadcasterUrl(text) {
  const typed = text.trim();
  if (typed === '' || /\s/.test(typed)) return null;
  const hasScheme = /^[a-z][a-z0-9+.-]*:\/\//i.test(typed);
  let url;
  try {
    url = new URL(hasScheme ? typed.replace(/^http/i, 'ws') : `ws://${typed}`);
  } catch {
    return null;
  }
  if (!['ws:', 'wss:'].includes(url.protocol) || url.username || url.password) return null;
  if (!hasScheme && !/:\d+([/?#]|$)/.test(typed)) url.port = DEFAULT_PORT;
  // RFC 6455 §3: no fragment.
  url.hash = '';
  return url.href;
}

/** The address of the broadcaster that served the page; empty where the page came from elsewhere. */
export function ownBroadcasterUrl({ protocol, host }) {
  return protocol === 'http:' ? `ws://${host}/` : '';
}
