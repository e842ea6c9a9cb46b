// The way from the master's document to the hub in the worker: a port whose messages are envelopes. It
// lasts as long as sharing and the worker; the master opens another one.

const NOT_SHARING = 'sharing is off';

export class MasterPort {
  #sharing = true;
  /** Resolves when the worker has first told by what guests are known: before that nobody may ask. */
  #briefed;
  #onbrief;
  #onlost;

  /**
   * `onbrief({ name, sharing })` tells what the worker says beside the envelopes. `onlost()` tells that a
   * port ended which had been in use: a worker that was stopped is started by the next one.
   */
  constructor({ onbrief, onlost }) {
    let briefed;
    this.#briefed = new Promise((resolve) => (briefed = resolve));
    this.#onbrief = (brief) => (onbrief(brief), briefed());
    this.#onlost = onlost;
    chrome.runtime.onMessage.addListener((message, sender) => this.#hear(message, sender));
  }

  /** A transport for the package's `serve`. While nothing is shared there is none: the worker may sleep. */
  async open() {
    if (!this.#sharing) throw new Error(NOT_SHARING);
    const port = chrome.runtime.connect({ name: 'master' });
    let used = false;
    let ended = false;
    const waiting = [];
    const transport = {
      onmessage: null,
      onclose: null,
      send: (text) => port.postMessage(JSON.parse(text)),
      close: () => port.disconnect(),
    };
    port.onMessage.addListener((envelope) => {
      used = true;
      const text = JSON.stringify(envelope);
      if (transport.onmessage) transport.onmessage(text);
      else waiting.push(text);
    });
    port.onDisconnect.addListener(() => {
      ended = true;
      transport.onclose?.();
      if (used && this.#sharing) this.#onlost();
    });
    await this.#briefed;
    if (ended) throw new Error(NOT_SHARING);
    // After the one who waits for it listens.
    setTimeout(() => waiting.splice(0).forEach((text) => transport.onmessage?.(text)));
    return transport;
  }

  #hear(message, sender) {
    if (sender.id !== chrome.runtime.id || message?.kind !== 'master') return;
    this.#sharing = message.sharing;
    this.#onbrief(message);
  }
}
