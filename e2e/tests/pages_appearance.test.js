// Every state of the pages, light and wide, dark and narrow: nothing overflows, every control has a name, every
// text can be read, Tab reaches everything in order and shows where it is. The pictures are left in
// e2e/screenshots/ for people to look at. (The popup's and the options' are made by appearance.test.js.)

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { faults } from '../harness/looks.js';
import { done, Pages, put } from '../harness/pages.js';
import { press, text, when } from '../harness/sharing.js';

const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url));
const NARROW = 400;
const LOOKS = [['light', 1180, 800], ['dark', 360, 740]];

const CONNECTED = { state: 'connected', step: null, master: { id: 'm', name: 'Library' }, protocol: 'jio.2' };
const SIGNS = { pictures: '🐟🚲🌵🔔', names: ['fish', 'bicycle', 'cactus', 'bell'] };
const FAILED = { state: 'failed', step: null };
const RECORDS = {
  a: { first: 'Ada', last: 'Lovelace' },
  b: { first: 'Grace', last: 'Hopper', born: 1906, rank: 'Rear admiral' },
  c: { title: 'On the motion of bodies in an orbit', tags: ['astronomy', 'history'], lent: false, shelf: { room: 3, row: 'B' } },
  d: { first: 'Катерина', last: 'Ющенко' },
};
const MANY = Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`r${n}`, { first: `First ${n}`, last: `Last ${String(n).padStart(3, '0')}` }]));
const NEVER = Date.parse('2100-01-01');

/** Picture → what is done on a slave page, which is given as it opens. */
const SLAVE = {
  ready: () => {},
  'wrong-address': async (page) => {
    await put(page, 'broadcaster-url', 'my neighbour');
    await press(page, 'connect');
    await when(page, () => document.getElementById('address-error').textContent);
  },
  reaching: (page) => connect(page, { state: 'connecting', step: 'reaching' }),
  asking: (page) => connect(page, { state: 'connecting', step: 'asking' }),
  connecting: (page) => connect(page, { state: 'connecting', step: 'connecting' }),
  choosing: async (page) => {
    await connect(page, { state: 'connecting', step: 'asking' });
    await page.evaluate(() => {
      fake.database.answer([{ id: 'aaaaaaaa-1', name: 'Library' }, { id: 'bbbbbbbb-2', name: 'Library' }, { id: 'c', name: 'Anna’s laptop' }, { id: 'd', name: '' }]);
      fake.database.tell({ state: 'choosing', step: 'choosing' });
    });
  },
  waiting: (page) => connect(page, { state: 'waiting', step: 'waiting', signs: SIGNS }),
  kept: async (page) => {
    await connect(page, CONNECTED);
    await press(page, 'query');
    await page.evaluate((state) => {
      fake.database.tell(state);
      fake.database.wait([
        { number: 1, method: 'post', id: 'x', name: null, doc: { first: 'Ada', last: 'Lovelace' }, error: null },
        { number: 2, method: 'put', id: 'b', name: null, doc: { first: 'Grace', last: 'Hopper' }, error: { status_code: 403, message: 'you may read these records, not change them; ask for an invitation that allows writing' } },
        { number: 3, method: 'putAttachment', id: 'b', name: 'portrait with a long name.jpeg', doc: null, error: null },
      ]);
    }, { state: 'reconnecting', step: 'reaching', detail: 'The connection was lost.' });
    await when(page, () => document.querySelectorAll('#waiting-list li').length === 3);
  },
  connected: (page) => connect(page, CONNECTED),
  'connected-2016': (page) => connect(page, { ...CONNECTED, master: null, protocol: '' }),
  verified: (page) => connect(page, { ...CONNECTED, verified: true }),
  invited: async (page) => {
    await put(page, 'broadcaster-url', 'http://192.168.1.5:9999/#AQabc');
    await connect(page, CONNECTED);
    await press(page, 'leave');
  },
  created: async (page) => {
    await connect(page, CONNECTED);
    await put(page, 'first-name', 'Ada');
    await put(page, 'last-name', 'Lovelace');
    await press(page, 'create');
    await text(page, 'created', (text) => text.startsWith('Stored'));
  },
  asked: async (page) => {
    await connect(page, CONNECTED);
    await page.evaluate(() => fake.database.ask(1));
    await put(page, 'first-name', 'Ada');
  },
  'asked-in-dialog': async (page) => {
    await connect(page, CONNECTED);
    await press(page, 'more-fields');
    await page.evaluate(() => fake.database.ask(1));
  },
  'not-created': async (page) => {
    await connect(page, CONNECTED);
    await page.evaluate(() => (fake.failures.post = 'The master’s disk is full: nothing was stored. Make room there and try again.'));
    await put(page, 'first-name', 'Ada');
    await press(page, 'create');
    await text(page, 'create-error');
  },
  'found-nothing': async (page) => {
    await connect(page, CONNECTED);
    await put(page, 'search', 'Babbage');
    await ask(page);
  },
  results: [RECORDS, async (page) => {
    await connect(page, CONNECTED);
    await ask(page);
  }],
  'many-results': [MANY, async (page) => {
    await connect(page, CONNECTED);
    await ask(page);
    await press(page, 'next');
    await text(page, 'count', (text) => text.startsWith('Records 51'));
  }],
  record: [RECORDS, async (page) => {
    await connect(page, CONNECTED);
    await lay(page);
    await ask(page);
    await open(page, 'results', 'c');
  }],
  'record-json': [RECORDS, async (page) => {
    await connect(page, CONNECTED);
    await ask(page);
    await open(page, 'results', 'c');
    await page.click('#as-json');
  }],
  'record-mistake': async (page) => {
    await connect(page, CONNECTED);
    await put(page, 'first-name', 'Ada');
    await put(page, 'last-name', 'Lovelace');
    await press(page, 'more-fields');
    await page.keyboard.type('first');
    await press(page, 'store');
    await when(page, () => document.getElementById('record-error').textContent);
  },
  'record-removing': [RECORDS, async (page) => {
    await connect(page, CONNECTED);
    await ask(page);
    await open(page, 'results', 'a');
    await page.click('#remove');
  }],
  reconnecting: [RECORDS, async (page) => {
    await connect(page, CONNECTED);
    await ask(page);
    await page.evaluate((retry_at) => fake.database.tell({
      state: 'reconnecting', step: 'pausing', retry_at,
      detail: 'The connection was lost: the network path is gone. It comes back by itself as soon as the master can be reached again.',
    }), NEVER);
  }],
  'reconnecting-elsewhere': async (page) => {
    await connect(page, CONNECTED);
    await page.evaluate(() => {
      fake.database.answer([{ id: 'n', name: 'Workshop' }]);
      fake.database.tell({ state: 'reconnecting', step: 'asking', detail: 'The chosen master did not answer. Others did: Workshop. Start that master again, or choose one of the others.' });
    });
  },
  'failed-unreachable': (page) => connect(page, { ...FAILED,
    detail: 'The broadcaster could not be reached. Tried 5 times. Check that sharing is on, that the address is typed right, and that both devices are on the same network.' }),
  'failed-no-master': (page) => connect(page, { ...FAILED,
    detail: 'The broadcaster is there, but nobody serves records. Asked 5 times. On the sharing computer, press Serve my records.' }),
  'failed-no-path': (page) => connect(page, { ...FAILED,
    detail: '“Library” answered, but no path to it was found. Tried twice, from this device at fd12:3456:789a:1:a1b2:c3d4:e5f6:789a, 192.168.1.23 to the master at 192.168.1.5. Check that both devices are on the same network, that no firewall or VPN is in the way, and that the Wi-Fi lets devices talk to each other (no guest network).' }),
  'failed-refused': (page) => connect(page, { ...FAILED,
    detail: 'The broadcaster closed the connection: too many connections from this address. Ask the person who shares to look at the broadcaster.' }),
  'failed-not-let-in': (page) => connect(page, { ...FAILED,
    detail: 'The person there has not let you in. Talk to the person at the broadcaster\'s computer, then connect again.' }),
  closed: (page) => connect(page, { state: 'closed', step: null }),
};

const peer = (id, more) => ({ id: `p${id}`, address: `192.168.1.${20 + id}`, state: 'connected', since: Date.now() - 60_000 * id, protocol: 'jio.2', rights: 'read-write', invitation: null, ...more });
const SHARED = { id: 'AAAAAAAAAAA', label: 'Everyone' };
const ANN = { id: 'BBBBBBBBBBB', label: 'Ann’s tablet in the workshop' };
const PEERS = [
  peer(1, { invitation: SHARED }),
  peer(2, { invitation: ANN, rights: 'remove-allowed', address: 'fd12:3456:789a:1:a1b2:c3d4:e5f6:789a' }),
  peer(3, { state: 'connecting' }),
  peer(4, { address: null }),
];
const ROWS = [
  { ...SHARED, kind: 'shared', rights: 'read-write', issued: 1_600_000_000, expires: null },
  { ...ANN, kind: 'personal', rights: 'remove-allowed', issued: 1_700_000_000, expires: 4_000_000_000 },
  { id: 'C', label: 'The inspector', kind: 'personal', rights: 'read-only', issued: 1_700_000_001, expires: 1_700_003_600 },
];
const COPIED = Date.now() - 3 * 86_400_000;

/** A status's `store`: here and at an ERP5. */
const replicated = (line) => ({
  kind: 'replicated',
  server: { type: 'erp5', url: 'https://erp5.example.org/hateoas', user: 'ann', view: 'view', properties: 'title, reference', query: 'portal_type:"Person"', date: '', conflicts: 0, budget: 5_000_000, from: '22:00', to: '06:00' },
  secret: { known: true, kept: false },
  line: { state: 'idle', detail: '', next_at: null, waiting: 0, conflicts: 0, missing: 0, synced_at: Date.now() - 180_000, bytes: 1_234_567, calls: 34, budget: null, ...line },
});

/** Picture → what is done in a master’s window, which has heard that it serves. */
const MASTER = {
  'first-run': () => {},
  starting: (page) => tell(page, { state: 'starting' }),
  'other-window': (page) => tell(page, { state: 'starting', detail: 'Another window has the records open. This one goes on when that one is closed.' }),
  connecting: (page) => tell(page, { state: 'connecting' }),
  serving: [RECORDS, (page) => tell(page, { state: 'serving', peers: PEERS, copied_at: COPIED })],
  knocks: [RECORDS, (page) => tell(page, { state: 'serving', questions: [{ session: 1, address: '192.168.1.21' }], peers: [
    ...PEERS,
    peer(5, { state: 'waiting', session: 5, member: 9, signs: SIGNS }),
    peer(6, { state: 'waiting', session: 6, member: 10, address: 'fd12:3456:789a:1:a1b2:c3d4:e5f6:789a', signs: { pictures: '🚂⛵👓📚', names: ['locomotive', 'sailing boat', 'glasses', 'books'] } }),
  ] })],
  'knock-left': [RECORDS, async (page) => {
    await tell(page, { state: 'serving', peers: [peer(5, { state: 'waiting', session: 5, member: 9, signs: SIGNS })] });
    await tell(page, { state: 'serving', peers: [] });
  }],
  open: [RECORDS, async (page) => {
    await page.evaluate(() => fakeGuests.tell({ mode: 'open', strangers: 'ask-first' }));
    await tell(page, { state: 'serving', questions: [{ session: 1, address: '192.168.1.21' }], peers: [peer(1, { session: 1, rights: 'ask-first' }), peer(2, { session: 2 })] });
  }],
  crowd: [MANY, (page) => tell(page, { state: 'serving', peers: Array.from({ length: 60 }, (_, id) => peer(id)), copied_at: COPIED })],
  invitations: [RECORDS, async (page) => {
    await tell(page, { state: 'serving', peers: PEERS });
    await page.evaluate((rows) => fakeGuests.tell({ invitations: rows }), ROWS);
    await page.click('summary');
    await press(page, 'invite');
  }],
  invitation: async (page) => {
    await page.evaluate((rows) => fakeGuests.tell({ invitations: rows }), ROWS);
    await page.click('[data-testid="invitations"] li:nth-child(2) [data-does="show"]');
    await text(page, 'invitation');
  },
  revoking: async (page) => {
    await page.evaluate((rows) => fakeGuests.tell({ invitations: rows }), ROWS);
    await page.click('[data-testid="invitations"] li:nth-child(2) [data-does="revoke"]');
  },
  banning: async (page) => {
    await tell(page, { state: 'serving', peers: PEERS });
    await page.evaluate((rows) => fakeGuests.tell({ invitations: rows }), ROWS);
    await page.click('[data-testid="peers"] li:nth-child(1) [data-does="ban"]');
  },
  away: [RECORDS, (page) => tell(page, { state: 'away', peers: PEERS, retry_at: NEVER, detail: 'The broadcaster is gone. Connected devices go on.' })],
  'sharing-off': [RECORDS, (page) => tell(page, { state: 'away', detail: 'Sharing is off. Start it from the icon in the toolbar, and other devices find these records.' })],
  off: (page) => tell(page, { state: 'off' }),
  failed: (page) => tell(page, { state: 'failed', detail: 'They did not answer. Reload the extension at chrome://extensions, then this page.' }),
  'found-nothing': [RECORDS, async (page) => {
    await put(page, 'search', 'Babbage');
    await ask(page);
  }],
  add: async (page) => {
    await press(page, 'add');
    await when(page, () => document.querySelector('dialog[open] #fields li'));
  },
  record: [RECORDS, async (page) => {
    await lay(page);
    await open(page, 'records', 'b');
  }],
  'disk-full': [RECORDS, async (page) => {
    await open(page, 'records', 'a');
    await page.evaluate(() => (fake.failures.put = 'The disk is full: nothing was stored. Make room and try again.'));
    await press(page, 'store');
    await when(page, () => document.getElementById('record-error').textContent);
  }],
  removing: [RECORDS, async (page) => {
    await open(page, 'records', 'a');
    await page.click('#remove');
  }],
  'copy-saved': [RECORDS, async (page) => {
    await page.evaluate(() => (HTMLAnchorElement.prototype.click = () => {}));
    await press(page, 'save-copy');
    await text(page, 'copy-outcome', (text) => text.startsWith('Saved'));
  }],
  kept: [RECORDS, (page) => tell(page, { state: 'serving', peers: PEERS, copied_at: COPIED, kept_at: COPIED })],
  'keep-failed': [RECORDS, (page) => tell(page, { state: 'serving', kept_at: COPIED, keep_failure: "this computer's disk is full: free space on it, and copy again" })],
  'kept-looking': [RECORDS, (page) => chooseKept(page, 'looking', () => new Promise(() => {}))],
  'kept-none': [RECORDS, (page) => chooseKept(page, 'none')],
  'kept-some': [RECORDS, (page) => chooseKept(page, 'found', (set) => Array.from({ length: 10 }, (_, at) => ({
    set: at < 7 ? set : 'theirs', number: (at % 7) + 1, at: Date.UTC(2026, 0, 31 - at, 17, at), bytes: 48_123_456 - 1_000_000 * at,
  })))],
  'kept-failed': [RECORDS, (page) => chooseKept(page, 'failed', () => {
    fakeLink.keepFailure = 'The companion is not installed for this browser. Run the command in a terminal. The popup of the icon in the toolbar shows it.';
  })],
  replicated: [RECORDS, (page) => tell(page, { state: 'serving', store: replicated({ waiting: 12, conflicts: 2, missing: 40, budget: 5_000_000 }) })],
  'line-down': [RECORDS, (page) => tell(page, { state: 'serving', store: replicated({ state: 'offline', waiting: 1, detail: 'No answer from erp5.example.org. It is tried again in a minute.', synced_at: null }) })],
  'log-in': [RECORDS, (page) => tell(page, { state: 'serving', store: replicated({ state: 'login' }) })],
  'store-local': [RECORDS, (page) => press(page, 'change-store')],
  'store-server': [RECORDS, async (page) => {
    await tell(page, { state: 'serving', store: replicated({}) });
    await press(page, 'change-store');
  }],
  'store-refused': [RECORDS, async (page) => {
    await tell(page, { state: 'serving', store: replicated({}) });
    await page.evaluate(() => {
      globalThis.chrome = { permissions: { request: async () => true } };
      fakeLink.storeFailure = 'erp5.example.org answered, and is no ERP5 server. Check the address.';
    });
    await press(page, 'change-store');
    await press(page, 'use-store');
    await text(page, 'store-error');
  }],
  conflicts: [RECORDS, async (page) => {
    await page.evaluate(() => (fakeLink.conflicts = [
      { id: 'a', here: { first: 'Ada', last: 'Lovelace', born: 1815 }, there: { first: 'Augusta Ada', last: 'King', born: 1815 } },
      { id: 'b', here: { first: 'Grace', last: 'Hopper', note: 'A line that is rather long, as a person writes one who has something to say about another person' }, there: null },
    ]));
    await tell(page, { state: 'serving', store: replicated({ conflicts: 2 }) });
    await press(page, 'show-conflicts');
    await when(page, () => document.querySelectorAll('#conflicts li').length === 2);
  }],
  'disk-closed': (page) => tell(page, { state: 'failed', retry_at: NEVER, detail: 'The browser closed them, most likely because this computer’s disk is full. Free space on it.' }),
  restore: [RECORDS, (page) => choose(page, 'records-2026-01-31.tar')],
  'restore-failed': [RECORDS, async (page) => {
    await choose(page, 'broken.tar');
    await press(page, 'really-restore');
    await when(page, () => document.getElementById('copy-error').textContent);
  }],
};

const CONSOLE = {
  joined: async (page) => {
    await page.evaluate(() => {
      socket.onopen();
      document.getElementById('enveloped').click();
      document.querySelector('[data-testid="join"]').click();
      socket.onopen();
      const hear = (message) => socket.onmessage({ data: JSON.stringify(message) });
      hear({ kind: 'welcome', id: 1, address: '192.168.1.23', members: [{ id: 2, address: '192.168.1.5' }] });
      hear({ kind: 'message', from: 2, data: 'Is somebody in the workshop?' });
      hear({ kind: 'message', from: 2, binary: 'AAECAwQ=' });
      hear({ kind: 'error', detail: 'The message is too long for a member of this room.' });
    });
    await put(page, 'text', 'Yes: two of us, until six.');
    await press(page, 'send');
  },
  waiting: (page) => page.evaluate(() => socket.onclose({ code: 1013, reason: 'the room is full' })),
  refused: (page) => page.evaluate(() => socket.onclose({ code: 4403, reason: 'this origin may not join' })),
};

describe('pages', { timeout: 400_000 }, () => {
  let pages;
  before(async () => (pages = await Pages.open()));
  after(() => pages?.close());

  scenes('slave', SLAVE, (options) => pages.page('/', options));
  scenes('master', MASTER, async (options) => {
    const page = await pages.page('/extension/master.html', options);
    await when(page, () => globalThis.fakeLink && document.getElementById('find').dataset.state !== 'unasked');
    await tell(page, { state: 'serving' });
    return page;
  });
  scenes('console', CONSOLE, (options) => pages.page('/console.html', { ...options, prepare: stubSocket }));
});

function scenes(name, all, opened) {
  for (const [scene, given] of Object.entries(all)) {
    const [records, act] = Array.isArray(given) ? given : [{}, given];
    for (const [scheme, width, height] of LOOKS) {
      test(`${name}, ${scene}: ${scheme}, ${width} wide`, async () => {
        const page = await opened({ records, scheme, width, height });
        await act(page);
        const isDialog = await page.evaluate(() => Boolean(document.querySelector('dialog[open]')));
        await page.screenshot({ path: `${PICTURES}${name}-${scene}-${scheme}.png`, fullPage: !isDialog });
        // The narrowest that text must flow in (WCAG 2.2 §1.4.10).
        if (width < NARROW) await page.setViewport({ width: 320, height });
        assert.deepEqual(await faults(page), []);
        await done(page);
      });
    }
  }
}

async function connect(page, state) {
  await press(page, 'connect');
  await page.evaluate((state) => fake.database.tell(state), state);
}

/** Asks, and waits for the answer. */
async function ask(page) {
  await press(page, 'query');
  await when(page, () => !document.getElementById('find').hasAttribute('aria-busy') && document.querySelector('[data-testid="count"]').textContent);
}

/** Opens a record that is listed, with its attachments. */
async function open(page, list, id) {
  await page.click(`[data-testid="${list}"] [data-id="${id}"] button`);
  await when(page, () => document.querySelector('dialog[open]') && !document.getElementById('attachments').hidden);
}

/** Lays attachments at the records. */
function lay(page) {
  return page.evaluate(() => {
    for (const id of fake.records.keys()) {
      fake.attachments.set(id, new Map([['portrait.jpg', new Blob()], ['a report with quite a long name, scanned twice because of the coffee.pdf', new Blob()]]));
    }
  });
}

function tell(page, status) {
  return page.evaluate((status) => fakeLink.tell(status), status);
}

/** Opens the dialog of the copies that are kept: what `kept(set)` gives, in the page. */
async function chooseKept(page, state, kept = () => []) {
  // Not waited for: it may never come.
  await page.evaluate(`void (fakeLink.kept = (${kept})('ours'))`);
  await press(page, 'restore-kept');
  await when(page, `(state) => document.getElementById('kept-dialog').dataset.state === state`, state);
}

/** Gives the page a file to restore, as its file dialog would. */
async function choose(page, name) {
  await page.$eval('#restore-file', (input, name) => {
    const files = new DataTransfer();
    files.items.add(new File(['x'], name));
    input.files = files.files;
    input.dispatchEvent(new Event('change'));
  }, name);
  await when(page, () => document.getElementById('restore-dialog').open);
}

/** A WebSocket that the test speaks for: `globalThis.socket` is the newest. */
function stubSocket() {
  globalThis.WebSocket = class {
    static OPEN = 1;
    readyState = 1;
    constructor() {
      globalThis.socket = this;
    }
    send() {}
    close() {}
  };
}
