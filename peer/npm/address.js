// Addresses of a broadcaster.

import { JioError } from './error.js';

/**
 * The WebSocket's URL as the WASM wants it: with what a proof is made over, the STUN servers to ask (the broadcaster
 * answers STUN on the same port), and the invitation, which is never sent.
 */
export function toAddress(text) {
  let url;
  try {
    url = new URL(text.trim().replace(/^http/i, 'ws'));
  } catch {
    url = null;
  }
  if (!/^wss?:$/.test(url?.protocol)) throw new JioError(`${text} is not an address such as ws://192.168.1.5:9999/`, 400);
  const fragment = url.hash.slice(1);
  url.hash = '';
  const port = url.port || (url.protocol === 'wss:' ? 443 : 80);
  return { url: url.href, host: url.host, room: url.pathname, servers: [`stun:${url.hostname}:${port}`], fragment };
}
