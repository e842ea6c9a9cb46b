// The door of the master's window: the records of this browser, who is connected to them, copies of them.

import { saveAs } from '../pages/attachments.js';
import { RecordDialog } from '../pages/record-dialog.js';
import { RecordList } from '../pages/record-list.js';
import { $, say, setText } from '../pages/template.js';
import { openGuests } from './guests-link.js';
import { Invitations } from './invitations.js';
import { openLink } from './master-link.js';
import { paintStatus, tick } from './master-view.js';
import { Peers } from './peers.js';

/** What a new record begins with; every plain object may be stored. */
const NEW = { first: '', last: '' };

let status;
const list = new RecordList($('find'), { onopen: (id) => dialog.edit(id) });
const dialog = new RecordDialog({
  database: () => link.database,
  onstored: () => list.refresh(),
  onremoved: () => list.refresh(),
});
const guests = openGuests({ onstate: (state) => invitations.paint(state) });
const invitations = new Invitations(guests.command);
const peers = new Peers({ link: () => link, guests, isShared: (id) => invitations.isShared(id) });
const link = openLink({ onstatus: show, onchange: () => list.refresh() });

function show(next) {
  status = next;
  paintStatus(status);
  peers.paint(status.peers);
}

$('serve').addEventListener('click', () => link.serve(status.state === 'off'));
$('retry-now').addEventListener('click', () => link.retry());
$('add').addEventListener('click', () => dialog.create(NEW));

$('name-form').addEventListener('submit', (event) => {
  event.preventDefault();
  const name = $('name').value.trim();
  if (name) link.setName(name);
  say($('renamed'), name ? 'name-stored' : 'name-missing', { name });
});

$('save-copy').addEventListener('click', () => attempt('copy-saving', async () => {
  const file = await link.saveCopy();
  saveAs(file, file.name);
  say($('copy-outcome'), 'copy-saved', { name: file.name });
}));

$('restore').addEventListener('click', () => $('restore-file').click());
$('restore-file').addEventListener('change', ({ target }) => {
  if (target.files.length === 0) return;
  setText($('restore-name'), target.files[0].name);
  $('restore-dialog').returnValue = '';
  $('restore-dialog').querySelector('form').reset();
  $('restore-dialog').showModal();
});
$('restore-dialog').addEventListener('close', ({ target }) => {
  const [file] = $('restore-file').files;
  $('restore-file').value = '';
  if (target.returnValue !== 'restore') return;
  const { mode } = target.querySelector('form').elements;
  attempt('copy-restoring', async () => {
    const records = await link.restore(file, mode.value);
    say($('copy-outcome'), 'copy-restored', { records });
    await list.refresh();
  });
});

/** Saves or restores one copy at a time. */
async function attempt(words, action) {
  if ($('copy-outcome').hasAttribute('aria-busy')) return;
  $('copy-outcome').setAttribute('aria-busy', 'true');
  setText($('copy-error'), '');
  say($('copy-outcome'), words);
  try {
    await action();
  } catch (error) {
    setText($('copy-outcome'), '');
    setText($('copy-error'), error.message);
  } finally {
    $('copy-outcome').removeAttribute('aria-busy');
  }
}

list.database = link.database;
list.find();
setInterval(() => {
  tick(status);
  peers.paint(status.peers);
}, 1000);
