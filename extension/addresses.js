// This computer's addresses, gathered as WebRTC does: an extension's pages get real ones. For a companion that
// cannot see them. What is told: a list of { ip, cost }, at the start and when it changed.

const LOOK_EVERY_MS = 3000;
const GIVE_UP_MS = 2000;
const PAUSE_MS = 500;

/** Tells the worker, and the next one when that has ended, for as long as it is wanted. */
export class Gathering {
  #wanted = false;
  #port;

  set wanted(wanted) {
    if (wanted === this.#wanted) return;
    this.#wanted = wanted;
    if (wanted) this.#begin();
    else this.#port?.disconnect();
  }

  #begin() {
    if (!this.#wanted) return;
    const port = chrome.runtime.connect({ name: 'addresses' });
    this.#port = port;
    port.onDisconnect.addListener(() => {
      if (this.#port !== port) return;
      this.#port = undefined;
      setTimeout(() => this.#begin(), PAUSE_MS);
    });
    this.#look(port);
  }

  async #look(port) {
    let told;
    while (this.#port === port) {
      const addresses = await gather();
      const text = JSON.stringify(addresses);
      if (this.#port === port && this.#wanted && text !== told) {
        told = text;
        port.postMessage(addresses);
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    }
  }
}

/** The addresses of the host candidates of a connection that is never made. */
async function gather() {
  const connection = new RTCPeerConnection();
  const found = new Map();
  try {
    await new Promise((resolve, reject) => {
      connection.onicecandidate = ({ candidate }) => {
        if (!candidate) return resolve();
        const cost = /\bnetwork-cost (\d+)/.exec(candidate.candidate)?.[1];
        // Chromium has IPv6 in brackets here.
        const ip = candidate.address?.replace(/^\[|\]$/g, '');
        if (candidate.type === 'host' && isAddress(ip)) found.set(ip, Number(cost ?? 0));
      };
      // On some networks it never ends.
      setTimeout(resolve, GIVE_UP_MS);
      connection.createDataChannel('');
      connection.createOffer().then((offer) => connection.setLocalDescription(offer)).catch(reject);
    });
  } finally {
    connection.close();
  }
  return [...found].map(([ip, cost]) => ({ ip, cost })).sort((a, b) => (a.ip < b.ip ? -1 : 1));
}

/** No name, such as `….local`. */
function isAddress(text) {
  return /^[\d.]+$|:/.test(text ?? '');
}
