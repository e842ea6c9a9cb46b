// The popup's door: state in, commands out. What is shown is decided by popup-view.js.

import { openSession } from './session.js';
import { chooseAddress, paint, purpose, refuse, tick } from './popup-view.js';
import { openDoor, openRecords, paintServing } from './records.js';

const UNREACHABLE = { status: 'unreachable', detail: 'Reload it. If this comes back, its errors are listed at chrome://extensions.' };
let state = { status: 'loading' };
/** With whom to share, where the switch was moved. */
let mode;
const $ = (id) => document.getElementById(id);

const session = openSession({
  onState: show,
  onMessage: (message) => message.kind === 'error' && refuse(message.detail),
  onUnreachable: () => show(UNREACHABLE),
});

const actions = {
  options: () => chrome.runtime.openOptionsPage(),
  'use-port': () => session.send({ kind: 'use-port', port: state.next }),
  stop: () => session.send({ kind: 'stop' }),
  // The popup closes when another page comes up: the command goes first.
  records: () => session.send({ kind: 'serve', on: true }).then(openRecords),
  door: () => session.send({ kind: 'serve', on: true }).then(openDoor),
  toggle: () => toggles[purpose(state)](),
  'copy-url': (button) => copy(button, 'url'),
  'copy-invitation': (button) => copy(button, 'invitation'),
  'accept-app': () => session.send({ kind: 'accept-app', origin: state.app.origin }),
  'refuse-app': () => session.send({ kind: 'refuse-app', origin: state.app.origin }),
  apps: () => chrome.tabs.create({ url: 'chrome://apps' }),
  renew: () => $('renew-dialog').showModal(),
  'copy-command': (button) => copy(button, 'command'),
};

const toggles = {
  run: actions.stop,
  // Whoever starts says with whom.
  ask: () => session.send({ kind: 'start', mode: state.mode }),
  retry: () => session.send({ kind: 'retry' }),
  unreachable: () => chrome.runtime.reload(),
};

document.addEventListener('click', (event) => {
  const button = event.target.closest('[data-action]');
  if (button) actions[button.dataset.action](button);
});
$('address').addEventListener('change', (event) => {
  chooseAddress(event.target.value);
  show(state);
});
$('open').addEventListener('change', ({ target }) => {
  mode = target.checked ? 'open' : 'invited';
  show(state);
});
$('renew-dialog').addEventListener('close', ({ target }) => {
  const shared = state.invitations?.find(({ kind }) => kind === 'shared');
  if (target.returnValue === 'renew' && shared) session.send({ kind: 'renew', id: shared.id });
  target.returnValue = '';
});
// There the browser has no page of apps: they are where the system has them.
$('apps-door').hidden = navigator.userAgentData?.platform === 'Chrome OS';
setInterval(() => tick(state), 1000);

function show(next) {
  const at = next === state ? state.at : Date.now();
  // What the switch was moved to holds until sharing starts.
  state = purpose(next) === 'ask' && mode ? { ...next, at, mode } : { ...next, at };
  if (purpose(next) === 'run') mode = undefined;
  paint(state);
  paintServing(state);
}

// The text stays selected: where the clipboard refuses, Ctrl+C does it.
async function copy(button, id) {
  const source = $(id);
  getSelection().selectAllChildren(source);
  await navigator.clipboard.writeText(source.textContent);
  button.classList.add('copied');
  $('copied').textContent = 'Copied';
  setTimeout(() => {
    button.classList.remove('copied');
    $('copied').textContent = '';
  }, 1500);
}
