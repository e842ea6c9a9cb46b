// The WASM, loaded once, from beside this file.

import init, * as wasm from './peer.js';

let loading;

/** Resolves with what the WASM exports. */
export function load() {
  loading ??= init({ module_or_path: new URL('./peer_bg.wasm', import.meta.url) }).then(() => wasm);
  return loading;
}
