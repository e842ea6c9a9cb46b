// The master's window and the worker, which makes invitations and takes them back. What there is to show is read from
// `storage.session`, so that the worker may sleep while the window is open; a command wakes it.

/** Calls `onstate(state)` now and on each change. What it gives back sends a command: see `command.rs`. */
export function openGuests({ onstate }) {
  const show = (state) => state && onstate(state);
  chrome.storage.session.get('state').then(({ state }) => show(state));
  chrome.storage.onChanged.addListener(({ state }, area) => area === 'session' && show(state?.newValue));
  return { command };
}

/** Resolves with the answer; rejects with the reason where nothing was done. */
function command(order) {
  return new Promise((resolve, reject) => {
    const port = chrome.runtime.connect({ name: 'window' });
    let isSent = false;
    const hear = {
      done: resolve,
      invitation: resolve,
      error: ({ detail }) => reject(new Error(detail)),
    };
    port.onMessage.addListener((message) => {
      // A worker that has spoken can hear.
      if (!isSent) port.postMessage(order);
      isSent = true;
      if (!hear[message.kind]) return;
      hear[message.kind](message);
      port.disconnect();
    });
    port.onDisconnect.addListener(() => reject(new Error('The extension did not answer. Try again.')));
  });
}
