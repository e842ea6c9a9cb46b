// The app's door: a port to the extension, a session at it, and what of that is shown.

import init, { Session } from './wasm/direct_sockets.js';
import { EXTENSIONS, VERSION } from './extensions.js';

const TICKS_IN_KEEP_AWAKE = 40;
const TICKS_BEFORE_RETRY = 2;
const TICKS_AT_MOST = 40;
const NO_SESSION = { phase: 'absent', extension: EXTENSIONS[0] };

let session;
let ticks = 0;
let waited = 0;
let patience = TICKS_BEFORE_RETRY;

await init();
connect();
clock().onmessage = tick;
addEventListener('pagehide', () => session?.leave());

/** Opens a port to the extension; where it is not there, `chrome.runtime` is not either, or the port ends at once. */
function connect() {
  waited = 0;
  try {
    session = new Session(chrome.runtime.connect(EXTENSIONS[0], { name: 'companion' }), VERSION);
  } catch {
    session = undefined;
  }
}

function tick() {
  session?.tick();
  const status = session ? JSON.parse(session.status()) : NO_SESSION;
  paint({ ...status, addresses: status.addresses?.join(', '), extension: EXTENSIONS[0] });
  ticks += 1;
  if (ticks % TICKS_IN_KEEP_AWAKE === 0) session?.keepAwake();
  if (status.phase === 'listening') patience = TICKS_BEFORE_RETRY;
  if (status.phase !== 'absent' && status.phase !== 'ended') return;
  waited += 1;
  if (waited < patience) return;
  // An extension that does not want this app closes each port: it is asked less and less often. One that is not
  // there, since it is being reloaded, is asked at once when it is.
  patience = status.phase === 'absent' ? TICKS_BEFORE_RETRY : Math.min(2 * patience, TICKS_AT_MOST);
  connect();
}

function paint(status) {
  for (const element of document.querySelectorAll('[data-when]')) {
    element.hidden = !element.dataset.when.split(' ').includes(status.phase);
  }
  fill(document, status);
  const sentence = document.getElementById(`sentence-${status.phase}`).content.cloneNode(true);
  fill(sentence, status);
  setText(document.getElementById('status'), sentence.textContent);
}

function fill(root, fields) {
  for (const element of root.querySelectorAll('[data-fill]')) setText(element, String(fields[element.dataset.fill] ?? ''));
}

// Writing the same text again would make a screen reader say it again.
function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** A page's own timers stand nearly still while its window is hidden; a worker's do not. */
function clock() {
  const policy = trustedTypes.createPolicy('clock', { createScriptURL: () => '/clock.js' });
  return new Worker(policy.createScriptURL(''));
}
