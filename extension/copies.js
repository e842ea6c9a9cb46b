// Copies that the companion keeps, as the master's document asks for them: a port to the worker for as long as
// it takes, and through it one order at a time, each answered by one outcome (`copy` in docs/protocol.md).

/** `COPY_CHUNK_BYTES` of broadcaster/src/limits.rs. */
const CHUNK_BYTES = 512 * 1024;
const TYPE = 'application/x-tar';

/** All copies on this computer: `{ set, number, at, bytes }`, those of one set together, the newest first. */
export function list() {
  return within(async (ask) => (await ask({ does: 'list' })).copies);
}

/** Keeps a copy in a set; gives all copies then. */
export function keep(set, copy) {
  return within(async (ask) => {
    for (let offset = 0; ; offset += CHUNK_BYTES) {
      const last = offset + CHUNK_BYTES >= copy.size;
      const data = await toBase64(copy.slice(offset, offset + CHUNK_BYTES));
      const { copies } = await ask({ does: 'write', set, offset, last, data });
      if (last) return copies;
    }
  });
}

/** The content of a copy. */
export function fetchCopy({ set, number }) {
  return within(async (ask) => {
    const parts = [];
    for (let offset = 0, last = false; !last; ) {
      const given = await ask({ does: 'read', set, number, offset });
      // The browser may put it on its disk: only one chunk at a time is in our memory.
      parts.push(new Blob([fromBase64(given.data)]));
      offset += parts.at(-1).size;
      last = given.last;
    }
    return new Blob(parts, { type: TYPE });
  });
}

/** Opens a port for what `work` asks. */
async function within(work) {
  const port = chrome.runtime.connect({ name: 'copies' });
  let waiting;
  port.onMessage.addListener((outcome) => {
    if (outcome.did === 'failed') waiting?.reject(new Error(outcome.detail));
    else waiting?.resolve(outcome);
  });
  port.onDisconnect.addListener(() => waiting?.reject(new Error('The extension was interrupted. Try again.')));
  const ask = (order) =>
    new Promise((resolve, reject) => {
      waiting = { resolve, reject };
      port.postMessage(order);
    });
  try {
    return await work(ask);
  } finally {
    port.disconnect();
  }
}

async function toBase64(blob) {
  const reader = new FileReader();
  const read = new Promise((resolve, reject) => {
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
  });
  reader.readAsDataURL(blob);
  const url = await read;
  return url.slice(url.indexOf(',') + 1);
}

function fromBase64(text) {
  return Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
}
