// Paints where a connection stands. The words are in slave.html: one template for each state, or state and step.

import { $, copy, fill, say, setText, showStatus } from './template.js';

/** Shows `state`, a ConnectionState of the package, or `{ state: 'ready' }` before there is one. */
export function paintConnection(state, host) {
  const { state: status, step, detail = '', master, verified, relayed, signs } = state;
  showStatus(status);
  const withStep = `status-${status}-${step}`;
  const way = relayed ? 'status-relayed' : `status-${status}`;
  const nameless = status === 'connected' && !master?.name ? `${way}-nameless` : way;
  say($('status'), $(withStep) ? withStep : nameless, { host, name: master?.name });
  say($('trust'), relayed ? 'trust-relayed' : verified ? 'trust-verified' : 'trust-unverified');
  setText($('detail'), detail);
  if (signs) paintSigns(signs);
  $('retry').hidden = step !== 'pausing';
  tick(state);
}

function paintSigns({ pictures, names }) {
  setText($('signs'), pictures);
  $('signs').setAttribute('aria-label', names.join(', '));
  setText($('sign-names'), names.join(' · '));
}

/** Says that a person decides about what was written, where it was: in the page or in the dialog upon it. */
export function paintAsked(isAsked) {
  const asked = $('asked');
  asked.hidden = !isAsked;
  if (isAsked && $('record-dialog').open) $('record-form').querySelector('.scroll').prepend(asked);
  else $('create-form').before(asked);
}

/** Shows again what changes with the clock alone. It is not read out: it would be each second. */
export function tick({ step, retry_at: at }) {
  if (step !== 'pausing' || !at) return;
  const seconds = Math.ceil((at - Date.now()) / 1000);
  say($('pause'), seconds > 0 ? 'pause-on' : 'pause-over', { seconds });
}

/** Lists the masters to choose from; those of one name are told apart by their ids. `chosen` is an id. */
export function paintMasters(masters, chosen) {
  $('choice').toggleAttribute('data-others', masters.some(({ id }) => id !== chosen));
  const list = $('masters');
  const before = new Map([...list.children].map((row) => [row.dataset.id, row]));
  const rows = masters.map((master) => paintMaster(before.get(master.id) ?? copy('master'), master, masters));
  // Those that stay are not moved, so that focus stays on them.
  for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
  rows.forEach((row, at) => list.children[at] !== row && list.insertBefore(row, list.children[at]));
}

function paintMaster(row, { id, name }, masters) {
  const isAlone = masters.filter((other) => other.name === name).length === 1;
  row.dataset.id = id;
  row.toggleAttribute('data-nameless', !name);
  fill(row, { name, id: isAlone ? '' : id.slice(0, 8) });
  return row;
}
