// The slave page's door: an address in, a database of the package out, records through it. Keeps nothing:
// at the same http address there may be somebody else's page tomorrow.

import { connect, load } from './peer/index.js';
import { ownBroadcasterUrl, toBroadcasterUrl } from './address.js';
import { paintConnection, paintMasters, tick } from './connection-view.js';
import { CreateForm } from './create-form.js';
import { RecordDialog } from './record-dialog.js';
import { RecordList } from './record-list.js';
import { $, say, setText } from './template.js';

const READY = { state: 'ready', step: null };

let database = null;
let state = READY;
/** The master that was connected last, by its id. */
let chosen = null;

const list = new RecordList($('find'), { onopen: (id) => dialog.edit(id) });
const dialog = new RecordDialog({
  database: () => database,
  onstored(id, record, isNew) {
    if (!isNew) return list.refresh();
    form.clear();
    form.created(id, record);
  },
  onremoved: () => list.refresh(),
});
const form = new CreateForm({
  database: () => database,
  oncreated: () => list.refresh(),
  onmore: (record) => dialog.create(record),
});

function open(url) {
  leave();
  const opened = connect(url);
  database = opened;
  // Why it failed is in its state.
  opened.ready.catch(() => {});
  // What a database still tells after it was left is not about the one that is shown.
  const on = (type, listener) => opened.addEventListener(type, ({ detail }) => database === opened && listener(detail));
  on('state', show);
  on('masters', (masters) => paintMasters(masters, chosen));
  list.database = opened;
  show(opened.state);
}

function leave() {
  const left = database;
  database = chosen = null;
  left?.close();
  list.database = null;
  form.clear();
  show(READY);
}

function show(next) {
  const hadFocus = document.activeElement;
  state = next;
  chosen = state.master?.id ?? chosen;
  if (database) paintMasters(database.masters, chosen);
  paintConnection(state, new URL(toBroadcasterUrl($('url').value) ?? location.href).host);
  setText($('address-error'), '');
  // Focus on what has just gone would be lost.
  if (hadFocus?.checkVisibility() === false) $($('leave').checkVisibility() ? 'leave' : 'connect').focus();
}

$('connect-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const url = toBroadcasterUrl($('url').value);
  if (url === null) {
    say($('address-error'), 'no-address');
    return $('url').focus();
  }
  $('url').value = url;
  open(url);
});
$('masters').addEventListener('click', ({ target }) => {
  const row = target.closest('button')?.closest('li');
  if (row) database.choose(row.dataset.id);
});
$('retry-now').addEventListener('click', () => database.retry());
$('leave').addEventListener('click', leave);

// The broadcaster may be away when Connect is pressed. Whether this failed is seen then.
load().catch(() => {});
$('url').value = ownBroadcasterUrl(location);
$('console').hidden = location.protocol !== 'http:';
show(READY);
setInterval(() => tick(state), 1000);
