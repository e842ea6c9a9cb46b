// The door of the master's window: the records of this browser, who is connected to them, copies of them.

import { RecordDialog } from '../pages/record-dialog.js';
import { RecordList } from '../pages/record-list.js';
import { $, say } from '../pages/template.js';
import { openCopyCard } from './copy-card.js';
import { openGuests } from './guests-link.js';
import { Invitations } from './invitations.js';
import { Knocks } from './knocks.js';
import { openLink } from './master-link.js';
import { paintStatus, tick } from './master-view.js';
import { Peers } from './peers.js';
import { StoreCard } from './store-card.js';

/** What a new record begins with; every plain object may be stored. */
const NEW = { first: '', last: '' };

let status;
const list = new RecordList($('find'), { onopen: (id) => dialog.edit(id) });
const dialog = new RecordDialog({
  database: () => link.database,
  // Where the storage tells nothing by itself: on a server alone.
  onstored: () => list.refresh(),
  onremoved: () => list.refresh(),
});
const guests = openGuests({ onstate: (state) => (invitations.paint(state), peers.paintStrangers(state)) });
const invitations = new Invitations(guests.command);
const peers = new Peers({ link: () => link, guests, isShared: (id) => invitations.isShared(id) });
const knocks = new Knocks({ link: () => link, guests });
const store = new StoreCard({ link: () => link });
const link = openLink({ onstatus: show, ondoor: () => knocks.show() });

function show(next) {
  status = next;
  paintStatus(status);
  peers.paint(status.peers);
  knocks.paint(status);
  store.paint(status);
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

openCopyCard({ link });

list.database = link.database;
list.find();
setInterval(() => {
  tick(status);
  peers.paint(status.peers);
  store.tick();
}, 1000);
