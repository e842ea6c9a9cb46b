// The message console's door: one room at a time, shown with textContent only.

import { Room } from './room.js';

const SHOWN_MESSAGES = 500;
const SHOWN_BYTES = 64;
const $ = (id) => document.getElementById(id);
const members = new Map();
let room;
let joined;
let self;

const events = {
  status(status, { reason = '', pause = 0 } = {}) {
    document.body.dataset.status = status;
    $('send').disabled = status !== 'joined';
    const words = $(`status-${status}`).content.cloneNode(true);
    fill(words, { why: reason && `: ${reason.replace(/\.$/, '')}`, seconds: Math.ceil(pause / 1000) });
    $('status').textContent = words.textContent;
    if (status !== 'joined') events.members([]);
  },
  message({ text, binary, from, error }) {
    const sender = from === undefined ? '' : members.get(from) ?? `device ${from}`;
    if (error) addMessage({ body: error, note: true });
    else addMessage({ body: text ?? hex(binary), from: sender, binary: Boolean(binary) });
  },
  members(list, own) {
    self = own;
    members.clear();
    for (const { id, address } of list) members.set(id, address);
    paintMembers();
  },
  joined({ id, address }) {
    members.set(id, address);
    paintMembers();
  },
  left({ id }) {
    members.delete(id);
    paintMembers();
  },
};

function join() {
  room?.leave();
  // As the address line would write it; a second slash in front would name a host.
  const path = new URL($('path').value.trim().replace(/^\/*/, '/'), location.origin).pathname;
  $('path').value = path;
  history.replaceState(null, '', `#${path}`);
  if (path !== joined) $('messages').replaceChildren();
  joined = path;
  $('empty').hidden = $('messages').children.length > 0;
  $('presence').hidden = !$('enveloped').checked;
  room = new Room(path, $('enveloped').checked, events);
}

function addMessage({ body, from = '', own = false, binary = false, note = false }) {
  const row = $('message').content.firstElementChild.cloneNode(true);
  fill(row, { body, from });
  row.querySelector('time').textContent = new Date().toLocaleTimeString([], { timeStyle: 'short' });
  row.toggleAttribute('data-own', own);
  row.toggleAttribute('data-binary', binary);
  row.toggleAttribute('data-note', note);
  const list = $('messages');
  const main = list.parentElement;
  const atEnd = main.scrollHeight - main.scrollTop - main.clientHeight < 40;
  list.append(row);
  while (list.children.length > SHOWN_MESSAGES) list.firstElementChild.remove();
  $('empty').hidden = true;
  if (own || atEnd) main.scrollTop = main.scrollHeight;
}

function paintMembers() {
  $('member-count').textContent = members.size;
  $('members').replaceChildren(...[...members].map(([id, address]) => {
    const row = document.createElement('li');
    row.textContent = id === self ? `${address} (you)` : address;
    row.toggleAttribute('data-self', id === self);
    return row;
  }));
}

function fill(root, fields) {
  for (const element of root.querySelectorAll('[data-fill]')) {
    element.textContent = fields[element.dataset.fill];
  }
}

function hex(bytes) {
  const shown = [...bytes.subarray(0, SHOWN_BYTES)].map((byte) => byte.toString(16).padStart(2, '0'));
  return `${bytes.length} bytes: ${shown.join(' ')}${bytes.length > SHOWN_BYTES ? ' …' : ''}`;
}

$('room').addEventListener('submit', (event) => {
  event.preventDefault();
  join();
});
$('enveloped').addEventListener('change', join);
$('text').addEventListener('keydown', (event) => {
  if (event.key !== 'Enter' || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  $('compose').requestSubmit();
});
$('compose').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = $('text').value;
  if (text && room.send(text)) {
    addMessage({ body: text, own: true });
    $('text').value = '';
  }
});

if (location.hash.startsWith('#/')) $('path').value = location.hash.slice(1);
join();
