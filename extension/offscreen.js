// The master's door: the records of this browser, served from a document that outlives the worker. What is
// heard on LINE:
//   look                    answered with `status`
//   dismiss{peer}, rights{peer, rights}, retry
//   let-in{session, invitation}  lets in who waits in that session
//   answer{session, allowed}     says whether a device may write that asks first
//   save{call}              answered with `done{call, result: File}` or `failed{call, detail}`
//   restore{call, file, mode}  answered with `done{call, result: number of records}` or `failed{call, detail}`
//   keep{call}, copies{call}   answered with `done{call, result: { set, copies }}`, what there is and which
//                              set is ours, or `failed{call, detail}`
//   restore-kept{call, copy, mode}  as `restore`
//   use-store{call, store}     keeps the records where a person has chosen, see store.js; answered with `failed` or,
//                              by the document that follows, with a status
//   sync                       compares with the server now
//   accept-removals            removes here what the server has no more, as `missing` of the line counts
//   conflicts{call}            answered with `done{call, result}`: the records that wait for a choice
//   resolve{call, id, keep, attachment}  keeps one side of such a record, here, there or both; or of an attachment of it
// and what is said there:
//   status{status}          at the start, and on each change: the package's MasterState, with the states
//                           `starting` until the records are open, and `failed` where they cannot be;
//                           { name, sharing, peers, questions, store, copied_at, kept_at, keep_failure }

import { serve } from '../pages/peer/index.js';
import { Asking } from './asking.js';
import { Gathering } from './addresses.js';
import { Copying } from './copying.js';
import { ownId } from './identity.js';
import { LINE, RECORDS } from './line.js';
import { MasterPort } from './master-port.js';
import { Questions } from './questions.js';
import { Reopening } from './reopening.js';
import { Store } from './store.js';

const CLOSED = 'The browser closed them, most likely because this computer’s disk is full. Free space on it.';

const line = new BroadcastChannel(LINE);
const asking = new Asking();
let brief = { name: '', sharing: true };
let failure;

const gathering = new Gathering();
const reopening = new Reopening();
const [id, choice] = await Promise.all([ownId(), Store.chosen()]).catch(refuse);
const port = new MasterPort({ onbrief: take, onlost: () => master.retry() });
const store = new Store(choice, { ontold: tell });
const { storage } = store;
const questions = new Questions({ setRights: (peer, rights) => master.setRights(peer, rights), onchange: tell });
const master = serve(() => port.open(), storage, { id, ask: (call) => questions.ask(call) });
master.attach(new BroadcastChannel(RECORDS));
master.addEventListener('state', tell);
master.addEventListener('peers', () => (questions.drop(master.peers), tell()));
master.addEventListener('change', () => store.isHere && copying.onChange());
const copying = new Copying({ storage, id, ontold: tell });
storage.addEventListener('standing', ({ detail: { standing } }) => {
  if (standing === 'open') {
    reopening.onOpen();
    copying.onOpen();
  }
  if (standing === 'gone') reopening.onGone();
  tell();
});
storage.ready.catch((error) => {
  failure = error.message;
  reopening.onFailed(error);
  tell();
});

const answers = {
  look: tell,
  dismiss: ({ peer }) => master.dismiss(peer),
  rights: ({ peer, rights }) => master.setRights(peer, rights),
  'let-in': ({ session, invitation }) => master.letIn({ session }, invitation),
  answer: ({ session, allowed }) => questions.answer(session, allowed),
  retry,
  save: (asked) => reply(asked, () => copying.save()),
  restore: (asked) => reply(asked, () => copying.restore(asked)),
  keep: (asked) => reply(asked, () => copying.keep()),
  copies: (asked) => reply(asked, () => copying.copies()),
  'restore-kept': (asked) => reply(asked, () => copying.restoreKept(asked)),
  'use-store': (asked) => reply(asked, () => store.use(asked.store)),
  sync: () => store.sync(),
  'accept-removals': () => store.acceptRemovals(),
  conflicts: (asked) => reply(asked, () => store.conflicts()),
  resolve: (asked) => reply(asked, () => store.resolve(asked.id, asked.keep, asked.attachment)),
};
line.onmessage = ({ data }) => answers[data?.kind]?.(data);
tell();

/** Without an id the records would be another master's: all is left to the next document. */
function refuse() {
  reopening.onGone();
  const status = { state: 'failed', detail: CLOSED, retry_at: reopening.at };
  const answers = { look: () => line.postMessage({ kind: 'status', status }), retry: () => reopening.hurry() };
  line.onmessage = ({ data }) => answers[data?.kind]?.();
  answers.look();
  return new Promise(() => {});
}

/** What the worker says. Sharing that begins is not waited for. */
function take({ name, sharing, addresses, ...guests }) {
  gathering.wanted = addresses;
  if (guests.identity) master.host(guests);
  if (name !== brief.name) master.name = name;
  brief = { name, sharing };
  if (sharing) master.retry();
  tell();
  asking.tell({ peers: master.peers, questions: questions.all }, true);
}

function tell() {
  const status = { ...standing(), ...brief, ...copying.status, peers: master.peers, questions: questions.all, store: store.status };
  line.postMessage({ kind: 'status', status });
  asking.tell(status);
}

function retry() {
  reopening.hurry();
  master.retry();
}

function standing() {
  const { standing, detail } = store.standing;
  if (failure || standing === 'gone') return { state: 'failed', detail: failure ?? CLOSED, retry_at: reopening.at };
  if (standing !== 'open') return { state: 'starting', detail, retry_at: null };
  if (brief.sharing) return master.state;
  return { state: 'away', detail: 'Sharing is off. Start it from the icon in the toolbar, and other devices find these records.', retry_at: null };
}

async function reply({ call }, action) {
  try {
    line.postMessage({ kind: 'done', call, result: await action() });
  } catch (error) {
    line.postMessage({ kind: 'failed', call, detail: error.message });
  }
}
