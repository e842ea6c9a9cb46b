// The worker's door. Every listener is registered here and now: one that is registered later misses
// the event that started the worker. What they hear goes to the background when it is ready.

import init, { Background } from './wasm/background.js';

const ready = init().then(() => Background.start());
ready.catch((error) => console.error('The background did not start.', error));

chrome.runtime.onConnect.addListener((port) => {
  if (port.sender?.id !== chrome.runtime.id) return port.disconnect();
  // A page whose port ends without a word says that the extension did not start.
  ready.then((background) => background.attach(port), () => port.disconnect());
});

// Isolated Web Apps only (`externally_connectable`); which of them is heard, a person decides.
chrome.runtime.onConnectExternal.addListener((port) => {
  ready.then((background) => background.attach_foreign(port), () => port.disconnect());
});

chrome.storage.onChanged.addListener((changes, area) => {
  if (area !== 'local' || !changes.settings) return;
  const settings = JSON.stringify(changes.settings.newValue ?? {});
  ready.then((background) => background.change_settings(settings), () => {});
});

// Nothing to do but to be started: starting is what takes up sharing again.
chrome.runtime.onStartup.addListener(() => {});
chrome.runtime.onInstalled.addListener(() => {});
