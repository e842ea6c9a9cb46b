// The way from the master's document to the hub in the worker: a port whose messages are envelopes. It
// lasts as long as sharing and the worker; the master opens another one.

const NOT_SHARING = 'sharing is off';

export class MasterPort {
  #sharing = true;
  #onbrief;
  #onlost;

  /**
   * `onbrief({ name, sharing })` tells what the worker says beside the envelopes. `onlost()` tells that a
   * port ended which had been in use: a worker that was stopped is started by the next one.
   */
  constructor({ onbrief, onlost }) {
    this.#onbrief = onbrief;
    this.#onlost = onlost;
    chrome.runtime.onMessage.addListener((message, sender) => this.#hear(message, sender));
  }

  /** A transport for the package's `serve`. While nothing is shared there is none: the worker may sleep. */
  open() {
    if (!this.#sharing) throw new Error(NOT_SHARING);
    const port = chrome.runtime.connect({ name: 'master' });
    let used = false;
    const transport = {
      onmessage: null,
      onclose: null,
      send: (text) => port.postMessage(JSON.parse(text)),
      close: () => port.disconnect(),
    };
    port.onMessage.addListener((envelope) => {
      used = true;
      transport.onmessage?.(JSON.stringify(envelope));
    });
    port.onDisconnect.addListener(() => {
      transport.onclose?.();
      if (used && this.#sharing) this.#onlost();
    });
    return transport;
  }

  #hear(message, sender) {
    if (sender.id !== chrome.runtime.id || message?.kind !== 'master') return;
    this.#sharing = message.sharing;
    this.#onbrief(message);
  }
}
