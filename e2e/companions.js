// Which companions each test file is run by, and why not by both: one list, which test.js follows.
//
// `program` is the native companion, `app` the Direct Sockets app. What differs between them for people stands in
// docs/direct-sockets.md.

const BOTH = ['program', 'app'];
const PROGRAM = ['program'];
const APP = ['app'];

const PAGES = 'pages alone, upon stand-ins: no port is opened';
const SERVE = 'the port is opened by `serve`, which is the program';
const STORE = 'the storage alone: no port is opened';
const SERVER = 'a server beyond the line is what is tested: who opens the port makes no difference to it';

/** Name of each file → who opens the port in it; where that is not both, with the reason. */
export const FILES = {
  app_companion: [APP, 'what only the app has: it is let in, chosen, closed, crashes, and gives way to the program'],
  appearance: [PROGRAM, PAGES],
  copies_kept: [PROGRAM, 'the app keeps no copies: a page has no folder'],
  extension_policy: [PROGRAM, PAGES],
  fault_attachment: [BOTH],
  fault_browser: [BOTH],
  fault_clock: [BOTH],
  fault_companion: [BOTH],
  fault_disk: [BOTH],
  fault_document: [BOTH],
  fault_network: [BOTH],
  fault_refresh: [BOTH],
  fault_silence: [BOTH],
  firefox: [BOTH],
  hostile: [BOTH],
  http: [BOTH],
  lifetime: [BOTH],
  limits: [BOTH],
  master_copies: [BOTH],
  master_replicates: [PROGRAM, SERVER],
  master_replicates_erp5: [PROGRAM, SERVER],
  master_serves: [BOTH],
  messages: [BOTH],
  neighbour: [BOTH],
  net_extension: [BOTH],
  net_pages: [PROGRAM, SERVE],
  net_reconnect: [BOTH],
  net_relay: [BOTH],
  net_routed: [PROGRAM, SERVE],
  pages_appearance: [PROGRAM, PAGES],
  pages_master: [PROGRAM, PAGES],
  pages_slave: [PROGRAM, PAGES],
  peer_2016: [PROGRAM, SERVE],
  peer_calls: [PROGRAM, SERVE],
  peer_foreign: [PROGRAM, SERVE],
  peer_hostile: [PROGRAM, SERVE],
  peer_jio: [PROGRAM, SERVE],
  peer_kept: [PROGRAM, SERVE],
  peer_lifetime: [PROGRAM, SERVE],
  peer_live: [PROGRAM, SERVE],
  peer_many: [PROGRAM, SERVE],
  peer_memory: [PROGRAM, SERVE],
  peer_store: [PROGRAM, SERVE],
  popup: [BOTH],
  remote_servers: [PROGRAM, STORE],
  replication: [PROGRAM, SERVER],
  replication_attachments: [PROGRAM, SERVER],
  replication_chain: [PROGRAM, SERVER],
  replication_first_sync: [PROGRAM, STORE],
  run: [BOTH],
  states: [BOTH],
  storage_kinds: [PROGRAM, STORE],
  store_attachments: [PROGRAM, STORE],
  store_commits: [PROGRAM, STORE],
  store_copies: [PROGRAM, STORE],
  store_records: [PROGRAM, STORE],
  trust_channels: [PROGRAM, SERVE],
  trust_lobby: [BOTH],
  trust_open: [BOTH],
  trust_pages: [BOTH],
  trust_restart: [BOTH],
  trust_sharing: [BOTH],
  tutorial: [BOTH],
};

const REOPENED = 'nobody but a person opens the app again, which app_companion.test.js does';
const INSTALLED = 'the app is not registered with the system: a person lets it in';
const SCRIPT = 'a script takes the program’s place, which it cannot take of a page';

/** Single tests of those files that cannot hold by the app: file and name → why. harness/listed.js skips them. */
export const NOT_BY_APP = {
  'fault_companion: that hangs for good is noticed, said, killed and replaced': REOPENED,
  'fault_companion: whose port is stolen while it is started again says by whom, and offers another': REOPENED,
  'fault_network: has one address more: it is offered beside the first': 'WebRTC tells one address of each network',
  'lifetime: a companion that is killed is started again, and the popup says so': REOPENED,
  'lifetime: a companion that is not installed is named with the command that installs it': INSTALLED,
  'states: a port taken by a broadcaster of ours is told apart': 'Chromium does not say who has the port',
  'states: a companion installed for another extension is forbidden: the command says how to allow this one': INSTALLED,
  'states: a companion of another version is outdated, with both numbers': SCRIPT,
  'states: a companion that ends at once is started again, with growing pauses': SCRIPT,
  'states: a companion that talks nonsense ends nothing but itself': SCRIPT,
};
