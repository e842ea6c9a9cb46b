// Bounds for what a soak waits for: what takes longer hangs, and is named.

const LONGEST_MS = 120_000;

/** What a promise gives; rejects with what was waited for where that does not come. */
export function within(what, promise) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`waited ${LONGEST_MS / 1000} s for this: ${what}`)), LONGEST_MS);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
