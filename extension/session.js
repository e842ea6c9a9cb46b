// A page's line to the worker: the last known state at once, live ones after, commands when the
// worker has spoken (it cannot hear before).

/**
 * Calls `onState(state)` now and on each change, and `onMessage` for every other message of the
 * worker. `onUnreachable()` is called where the worker does not answer at all. `name` is the port’s.
 */
export function openSession({ name = 'popup', onState, onMessage = () => {}, onUnreachable = () => {} }) {
  let live = false;
  let port;
  let greeted;

  function connect() {
    let answered = false;
    let greet;
    greeted = new Promise((resolve) => (greet = resolve));
    port = chrome.runtime.connect({ name });
    port.onMessage.addListener((message) => {
      answered = live = true;
      if (message.kind === 'state') onState(message.state);
      else onMessage(message);
      greet();
    });
    // A worker that had answered was stopped or restarted: connecting starts it again.
    port.onDisconnect.addListener(() => (answered ? connect() : onUnreachable()));
  }

  connect();
  chrome.storage.session.get('state').then(({ state }) => {
    if (state && !live) onState(state);
  });
  return { send: (command) => greeted.then(() => port.postMessage(command)) };
}
