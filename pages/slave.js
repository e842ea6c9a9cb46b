// The slave page's door: an address or an invitation in, a database of the package out, records through it. Keeps
// nothing: at the same http address there may be somebody else's page tomorrow.

import { connect, load } from './peer/index.js';
import { ConnectForm } from './connect-form.js';
import { paintAsked, paintConnection, paintMasters, tick } from './connection-view.js';
import { CreateForm } from './create-form.js';
import { RecordDialog } from './record-dialog.js';
import { RecordList } from './record-list.js';
import { $ } from './template.js';
import { Waiting } from './waiting.js';

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
const waiting = new Waiting({ database: () => database });
const where = new ConnectForm({ onconnect: open });

function open(link) {
  leave();
  // What is written while the connection is away waits, in this tab alone.
  const opened = connect(link, { memory: 'tab', cache: true });
  database = opened;
  // Why it failed is in its state.
  opened.ready.catch(() => {});
  // What a database still tells after it was left is not about the one that is shown.
  const on = (type, listener) => opened.addEventListener(type, ({ detail }) => database === opened && listener(detail));
  on('state', show);
  // A page that is loaded again comes back with it.
  on('invited', ({ link }) => where.take(link));
  on('waiting', () => waiting.paint());
  on('asked', ({ calls }) => paintAsked(calls > 0));
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
  paintAsked(false);
  show(READY);
}

function show(next) {
  const hadFocus = document.activeElement;
  state = next;
  chosen = state.master?.id ?? chosen;
  if (database) paintMasters(database.masters, chosen);
  paintConnection(state, where.host);
  waiting.paint();
  if (state.state === 'connected') list.refresh();
  // Focus on what has just gone would be lost.
  if (hadFocus?.checkVisibility() === false) $($('leave').checkVisibility() ? 'leave' : 'connect').focus();
}

$('masters').addEventListener('click', ({ target }) => {
  const row = target.closest('button')?.closest('li');
  if (row) database.choose(row.dataset.id);
});
$('retry-now').addEventListener('click', () => database.retry());
$('leave').addEventListener('click', () => {
  if (!waiting.isNeeded || confirm($('leave-waiting').content.textContent)) leave();
});

// The broadcaster may be away when Connect is pressed. Whether this failed is seen then.
load().catch(() => {});
$('console').hidden = location.protocol !== 'http:';
show(READY);
where.begin();
setInterval(() => tick(state), 1000);
