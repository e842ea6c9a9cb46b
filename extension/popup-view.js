// Paints a state: shows what belongs to it, fills in its fields. Words stand in popup.html.

import { addressLabel, age, retry, traffic } from './words.js';

const CHOSEN = 'address';
const LONG_URL = 26;
const UNDER_WAY = ['starting', 'sharing', 'no-address'];
const $ = (id) => document.getElementById(id);

/** What the switch is for: to end what runs, to ask for the start, or to try again what was asked for. */
export function purpose({ status, wanted }) {
  if (status === 'loading' || status === 'unreachable') return status;
  if (UNDER_WAY.includes(status)) return 'run';
  return wanted ? 'retry' : 'ask';
}

/** Shows `state`; elements and rows that did not change are left alone. */
export function paint(state) {
  const { status } = state;
  const use = purpose(state);
  document.body.dataset.status = status;
  document.body.dataset.sharingMode = state.mode ?? '';
  for (const element of document.querySelectorAll('[data-when]')) {
    // Not `hidden =`: icons are SVG, which has the attribute only.
    const { when, mode = state.mode } = element.dataset;
    const isMeant = [status, use].some((word) => when.split(' ').includes(word));
    element.toggleAttribute('hidden', !isMeant || mode !== state.mode);
  }
  const sentence = $(`sentence-${status}`).content.cloneNode(true);
  fill(sentence, state);
  setText($('status'), sentence.textContent);
  const toggle = $('share-toggle');
  toggle.hidden = use === 'loading';
  // Where something else comes first, it has a button of its own.
  const isNext = state.next === undefined && status !== 'app-away';
  toggle.classList.toggle('primary', use !== 'run' && isNext);
  $('free-port').hidden = state.next === undefined;
  fill($('free-port'), state);
  setText($('detail'), state.detail ?? '');
  if (state.detail) $('first').hidden = true;
  $('refusal').hidden = true;
  setText($('command'), state.command ?? '');
  paintChoice(state);
  paintWaiting(state);
  paintApp(state);
  paintAddresses(status === 'sharing' ? state.urls ?? [] : []);
  tick(state);
}

/** Shows again what changes with the clock alone. */
export function tick(state) {
  const elapsed = (Date.now() - state.at) / 1000;
  $('retry-in').hidden = state.retry_in === undefined;
  setText($('retry-in'), retry((state.retry_in ?? 0) - elapsed));
  if (state.status === 'sharing') paintMembers(state.members ?? [], elapsed);
}

/** Shows why a command was refused, until the next state. */
export function refuse(detail) {
  $('refusal').hidden = false;
  setText($('refusal'), detail);
}

/** Remembers which address is shown, for this popup and the next. */
export function chooseAddress(url) {
  localStorage.setItem(CHOSEN, new URL(url).hostname);
}

function paintChoice({ mode }) {
  $('open').checked = mode === 'open';
  $('open-means').hidden = mode !== 'open';
  $('invited-means').hidden = mode === 'open';
}

function paintWaiting({ waiting = 0, writing = 0 }) {
  const count = waiting + writing;
  const what = writing === 0 ? 'waiting' : waiting === 0 ? 'writing' : 'both';
  const words = $(`${what}-${count === 1 ? 'one' : 'many'}`).content.cloneNode(true);
  fill(words, { count });
  $('waiting').hidden = count === 0;
  setText($('waiting').querySelector('[role]'), words.textContent);
}

function paintApp({ status, app, companion }) {
  $('app-asks').hidden = !app || app.accepted;
  setText($('app-origin'), app?.origin ?? '');
  $('by-app').hidden = status !== 'sharing' || companion?.carrier !== 'app';
}

function paintAddresses(urls) {
  if (urls.length === 0) return;
  const chosen = localStorage.getItem(CHOSEN);
  const shown = urls.find(({ url }) => new URL(url).hostname === chosen) ?? urls[0];
  setText($('url'), shown.url);
  $('url').toggleAttribute('data-long', shown.url.length > LONG_URL);
  setText($('page'), shown.page);
  $('page').href = shown.page;
  const { invitation } = shown;
  setText($('invitation'), invitation?.link ?? '');
  paintQr(invitation ? invitation.qr : shown.qr, invitation ? 'invited' : 'open');
  paintPicker(urls, shown);
  performance.mark('url-shown');
}

// An address too long for a code has none.
function paintQr(qr, of) {
  $('qr').setAttribute('aria-label', $(`code-${of}`).content.textContent);
  $('qr').toggleAttribute('hidden', !qr);
  if (!qr) return;
  $('qr').setAttribute('viewBox', `0 0 ${qr.size} ${qr.size}`);
  $('qr').firstElementChild.setAttribute('d', qr.path);
}

function paintPicker(urls, shown) {
  const select = $('address');
  const labels = urls.map(addressLabel);
  $('picker').hidden = urls.length < 2;
  if (labels.join() !== [...select.options].map(({ text }) => text).join()) {
    select.replaceChildren(...urls.map(({ url }, index) => new Option(labels[index], url)));
  }
  select.value = shown.url;
}

function paintMembers(members, elapsed) {
  setText($('member-count'), String(members.length));
  $('nobody').hidden = members.length > 0;
  const list = $('members');
  const rows = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const kept = members.map((member) => {
    const row = rows.get(String(member.id)) ?? newRow(member);
    fill(row, { ...member, age: age(member.since + elapsed), traffic: traffic(member) });
    return row;
  });
  if (kept.length !== rows.size || kept.some((row, index) => row !== list.children[index])) {
    list.replaceChildren(...kept);
  }
}

function newRow(member) {
  const row = $('member').content.firstElementChild.cloneNode(true);
  row.dataset.id = member.id;
  return row;
}

export function fill(root, fields) {
  for (const element of root.querySelectorAll('[data-fill]')) {
    setText(element, String(fields[element.dataset.fill] ?? ''));
  }
}

// Writing the same text again would make a screen reader say it again.
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
