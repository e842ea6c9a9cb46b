// The WASM, loaded once, from beside this file.

import init, * as wasm from './peer.js';

let loading;

/** Resolves with what the WASM exports. What did not come is asked for again next time. */
export function load() {
  loading ??= init({ module_or_path: new URL('./peer_bg.wasm', import.meta.url) }).then(() => wasm, forget);
  return loading;
}

function forget(cause) {
  loading = undefined;
  throw new Error(`This page has not come whole: ${cause.message}. Check that the computer it comes from is there, and try again.`, { cause });
}
