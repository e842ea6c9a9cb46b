// A page's line to the worker: the last known state at once, live ones after, commands when the
// worker has spoken (it cannot hear before).

/** How long the worker may take to say its first word. It needs a tenth of that on a slow computer. */
const START_MS = 5_000;

/**
 * Calls `onState(state)` now and on each change, and `onMessage` for every other message of the
 * worker. `onUnreachable()` is called where the worker does not answer at all, or not in time. `name` is the port’s.
 */
export function openSession({ name = 'popup', onState, onMessage = () => {}, onUnreachable = () => {} }) {
  let live = false;
  let port;
  let greeted;

  function connect() {
    let answered = false;
    let greet;
    // A worker whose script cannot be loaded never speaks, and Chromium keeps its port open.
    const deadline = setTimeout(onUnreachable, START_MS);
    greeted = new Promise((resolve) => (greet = resolve));
    port = chrome.runtime.connect({ name });
    port.onMessage.addListener((message) => {
      answered = live = true;
      clearTimeout(deadline);
      if (message.kind === 'state') onState(message.state);
      else onMessage(message);
      greet();
    });
    // A worker that had answered was stopped or restarted: connecting starts it again.
    port.onDisconnect.addListener(() => {
      clearTimeout(deadline);
      answered ? connect() : onUnreachable();
    });
  }

  connect();
  chrome.storage.session.get('state').then(({ state }) => {
    if (state && !live) onState(state);
  });
  return { send: (command) => greeted.then(() => port.postMessage(command)) };
}
