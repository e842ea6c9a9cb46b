// The popup's corner for this browser's records: whether they are served, and how many devices use them.

import { onStatus } from './line.js';
import { fill, setText } from './popup-view.js';

const WINDOW = chrome.runtime.getURL('extension/master.html');
const $ = (id) => document.getElementById(id);
let served = false;
let devices = 0;

/** Paints what the session's state says. */
export function paintServing({ serve = false }) {
  if (!serve) devices = 0;
  served = serve;
  paint();
}

/** Shows who has to be answered, in the window of the records; a new one has that on top. The popup closes when the
 * window comes up: the word goes first. */
export function openDoor() {
  line.postMessage({ kind: 'door' });
  return openRecords();
}

/** Shows the window of the records: the one that is open, or a new one. */
export async function openRecords() {
  const [open] = await chrome.runtime.getContexts({ contextTypes: ['TAB'], documentUrls: [WINDOW] });
  if (!open) return chrome.tabs.create({ url: WINDOW });
  await chrome.tabs.update(open.tabId, { active: true });
  return chrome.windows.update(open.windowId, { focused: true });
}

const line = onStatus(({ peers }) => {
  devices = peers.filter(({ state }) => state === 'connected').length;
  paint();
});

function paint() {
  for (const element of document.querySelectorAll('[data-served]')) {
    element.hidden = (element.dataset.served === 'true') !== served;
  }
  const sentence = $(`served-${{ 0: 'unused', 1: 'one' }[devices] ?? 'many'}`).content.cloneNode(true);
  fill(sentence, { devices });
  $('served').hidden = !served;
  setText($('served'), sentence.textContent);
}
