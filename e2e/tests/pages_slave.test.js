// The slave page alone, upon a stand-in of the package: its states, its keyboard, and what hostile peers
// write. The way over WebRTC is for other tests, and so is how it looks.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { done, Pages, put } from '../harness/pages.js';
import { press, text, when } from '../harness/sharing.js';

const HOSTILE = '<img src=x onerror="document.title=1"><script>document.title=2</script>"\' & \u202Egnp.';
const INVITATION = `AQ${'a-_1'.repeat(18)}bc`;
const CONNECTED = { state: 'connected', step: null, master: { id: 'm', name: 'Library' }, protocol: 'jio.2' };
const RECORDS = { a: { first: 'Ada', last: 'Lovelace' }, b: { first: 'Grace', last: 'Hopper' }, c: { title: 'Orbit', born: 1918, tags: ['x'] } };

/** Name → what the connection says, and the words that the status then has. */
const STATES = {
  ready: [null, /press Connect/],
  reaching: [{ state: 'connecting', step: 'reaching' }, /^reaching 127\.0\.0\.1:\d+ …/],
  asking: [{ state: 'connecting', step: 'asking' }, /^asking/],
  connecting: [{ state: 'connecting', step: 'connecting' }, /^connecting/],
  choosing: [{ state: 'choosing', step: 'choosing' }, /choose/i],
  connected: [CONNECTED, /^connected to “Library”$/],
  relayed: [{ ...CONNECTED, verified: true, relayed: true }, /^connected to “Library” through the broadcaster$/],
  'relayed-nameless': [{ ...CONNECTED, master: null, verified: true, relayed: true }, /^connected through the broadcaster$/],
  'connected-2016': [{ ...CONNECTED, master: null, protocol: '' }, /^connected$/],
  reconnecting: [{ state: 'reconnecting', step: 'reaching', detail: 'The connection was lost.' }, /^reconnecting/],
  pausing: [{ state: 'reconnecting', step: 'pausing', retry_at: 4e12 }, /^reconnecting/],
  failed: [{ state: 'failed', step: null, detail: 'Nobody answered. Check that sharing is on.' }, /^no connection/],
  closed: [{ state: 'closed', step: null }, /ended/],
};

describe('slave page', { timeout: 180_000 }, () => {
  let pages;
  before(async () => (pages = await Pages.open()));
  after(() => pages?.close());

  for (const [name, [state, words]] of Object.entries(STATES)) {
    test(`${name}: its words`, async () => {
      const page = await pages.page('/');
      const status = await text(page, 'status', (text) => !text.startsWith('starting'));
      if (state) {
        await press(page, 'connect');
        await page.evaluate((state) => fake.database.tell(state), state);
      }
      assert.match(await text(page, 'status'), words, status);
      if (state?.detail) assert.equal(await text(page, 'detail'), state.detail);
      if (!state?.state.startsWith('connected')) assert.doesNotMatch(await text(page, 'status'), /connected/);
      await done(page);
    });
  }

  test('the address of the port it came from is filled in; what else people type is understood', async () => {
    const page = await pages.page('/');
    assert.equal(await text(page, 'broadcaster-url'), `${pages.origin.replace('http', 'ws')}/`);
    await put(page, 'broadcaster-url', '192.168.1.5');
    await press(page, 'connect');
    assert.equal(await page.evaluate(() => fake.database.to), 'ws://192.168.1.5:9999/');
    await press(page, 'leave');
    await put(page, 'broadcaster-url', 'no address');
    await press(page, 'connect');
    await when(page, () => document.getElementById('address-error').textContent.includes('ws://'));
    assert.equal(await page.evaluate(() => fake.databases.length), 1);
    await done(page);
  });

  test('that a person is asked about what was written is said where it was written, and no longer than that', async () => {
    const page = await pages.page('/');
    await press(page, 'connect');
    await page.evaluate(() => fake.database.tell({ state: 'connected', step: null }));
    const said = () => page.$eval('[data-testid="asked"]', (asked) => [asked.checkVisibility(), asked.closest('dialog') !== null]);
    assert.deepEqual(await said(), [false, false]);
    await page.evaluate(() => fake.database.ask(2));
    assert.deepEqual(await said(), [true, false]);
    await page.evaluate(() => fake.database.ask(0));
    assert.deepEqual(await said(), [false, false]);
    await press(page, 'more-fields');
    await page.evaluate(() => fake.database.ask(1));
    assert.deepEqual(await said(), [true, true]);
    await page.click('#cancel');
    await press(page, 'leave');
    assert.deepEqual(await said(), [false, false]);
    await done(page);
  });

  test('of several masters a person chooses; those of one name are told apart', async () => {
    const page = await pages.page('/');
    await press(page, 'connect');
    await page.evaluate((hostile) => {
      fake.database.answer([{ id: 'aaaaaaaa-1', name: 'Library' }]);
      fake.database.tell({ state: 'choosing', step: 'choosing' });
      document.querySelector('[data-testid="masters"] button').focus();
      fake.database.answer([{ id: '99999999-0', name: 'Library' }, { id: 'aaaaaaaa-1', name: 'Library' }, { id: 'b', name: hostile }, { id: 'c', name: '' }]);
    }, HOSTILE);
    const names = await page.$$eval('[data-testid="masters"] button', (all) => all.map((button) => button.innerText.trim().replaceAll('\n', ' ')));
    assert.deepEqual(names, ['Library 99999999', 'Library aaaaaaaa', HOSTILE, 'No name']);
    assert.ok((await page.evaluate(() => document.activeElement.innerText)).includes('aaaaaaaa'), 'focus stays where it was');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => fake.database.chosen), 'aaaaaaaa-1');
    await done(page);
  });

  test('the keyboard alone connects, creates and queries', async () => {
    const page = await pages.page('/');
    await page.focus('[data-testid="broadcaster-url"]');
    await page.keyboard.press('Enter');
    assert.equal(await focused(page), 'leave', 'the button that was pressed is gone: focus goes to its successor');
    await page.evaluate((state) => fake.database.tell(state), CONNECTED);
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'first-name');
    await page.keyboard.type('Ada');
    await page.keyboard.press('Tab');
    await page.keyboard.type('Lovelace');
    await page.keyboard.press('Enter');
    assert.equal(await text(page, 'created', (text) => text.startsWith('Stored:')), 'Stored: Ada Lovelace');
    assert.equal(await focused(page), 'first-name', 'ready for the next record');
    for (let tabs = 0; tabs < 4; tabs += 1) await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'search');
    await page.keyboard.type('love');
    await page.keyboard.press('Enter');
    assert.match(await text(page, 'results'), /Ada[\s\S]*Lovelace/);
    assert.equal(await text(page, 'count'), '1 record');
    await done(page);
  });

  test('a record is stored as {first, last}, and found in one call with its fields', async () => {
    const page = await connected(pages);
    await put(page, 'first-name', 'Jean');
    await put(page, 'last-name', 'Bartik "x" OR');
    await press(page, 'create');
    await text(page, 'created', (text) => text.startsWith('Stored:'));
    await put(page, 'search', 'bartik "x"');
    await press(page, 'query');
    await text(page, 'results');
    const calls = await page.evaluate(() => fake.calls);
    assert.deepEqual(calls.map(([method]) => method), ['post', 'subscribe']);
    assert.deepEqual(calls[0][1], { first: 'Jean', last: 'Bartik "x" OR' });
    assert.equal(calls[1][1].include_docs, true);
    await done(page);
  });

  test('what could not be stored comes back to its fields, with the reason', async () => {
    const page = await connected(pages);
    await page.evaluate(() => (fake.failures.post = 'The connection was lost.'));
    await put(page, 'first-name', 'Jean');
    await press(page, 'create');
    assert.equal(await text(page, 'create-error'), 'Jean was not stored. The connection was lost.');
    assert.equal(await text(page, 'first-name'), 'Jean');
    await done(page);
  });

  test('hostile names and records are text', async () => {
    const records = { [HOSTILE]: { [HOSTILE]: HOSTILE, ['__proto__']: 'x', deep: { a: [HOSTILE] }, nothing: null } };
    const page = await connected(pages, { records });
    await page.evaluate((name) => fake.database.tell({ state: 'connected', master: { id: 'x', name }, protocol: 'jio.2' }), HOSTILE);
    assert.equal(await text(page, 'status'), `connected to “${HOSTILE}”`);
    await press(page, 'query');
    assert.ok((await text(page, 'results')).includes(HOSTILE));
    await page.click('[data-testid="results"] button');
    await when(page, () => document.querySelector('dialog[open] #fields li'));
    assert.equal(await page.$eval('#fields input', (input) => input.value), HOSTILE);
    assert.equal(await page.evaluate(() => document.querySelectorAll('img:not([alt=""]), main script').length), 0);
    assert.doesNotMatch(await page.title(), /^[12]$/);
    await done(page);
  });

  test('any plain object is made and changed: fields, JSON, mistakes in words', async () => {
    const page = await connected(pages);
    await put(page, 'first-name', 'Ada');
    await put(page, 'last-name', 'Lovelace');
    await press(page, 'more-fields');
    await page.keyboard.type('first');
    await press(page, 'store');
    await when(page, () => document.getElementById('record-error').textContent.includes('two fields named first'));
    assert.equal(await page.evaluate(() => document.activeElement.value), 'first', 'focus is on the mistake');
    await page.keyboard.type('-flight');
    await page.keyboard.press('Tab');
    await page.keyboard.type('none');
    await page.click('#as-json');
    await page.$eval('#json', (json) => (json.value = json.value.replace('"none"', '{ "year": 1843 }')));
    await press(page, 'store');
    await text(page, 'created', (text) => text.startsWith('Stored:'));
    assert.deepEqual(await page.evaluate(() => [...fake.records.values()]), [{ first: 'Ada', last: 'Lovelace', 'first-flight': { year: 1843 } }]);
    await done(page);
  });

  test('a record is opened, changed and deleted; focus comes back', async () => {
    const page = await connected(pages, { records: RECORDS });
    await put(page, 'search', 'orbit');
    await press(page, 'query');
    await text(page, 'results');
    await page.click('[data-testid="results"] button');
    await when(page, () => document.querySelectorAll('dialog[open] #fields li').length === 3);
    await page.$eval('#fields textarea', (value) => (value.value = 'Orbit 2'));
    await press(page, 'store');
    await text(page, 'results', (text) => text.includes('Orbit 2'));
    assert.deepEqual(await page.evaluate(() => fake.records.get('c')), { ...RECORDS.c, title: 'Orbit 2' });
    assert.equal(await page.evaluate(() => document.activeElement.closest('li')?.dataset.id), 'c');
    await page.keyboard.press('Enter');
    await when(page, () => document.querySelector('dialog[open]'));
    await page.click('#remove');
    await page.click('#really-remove');
    await when(page, () => document.getElementById('find').dataset.state === 'empty');
    assert.equal(await page.evaluate(() => fake.records.has('c')), false);
    await done(page);
  });

  test('of a master that tells no changes they are asked for', async () => {
    const page = await connected(pages, { records: RECORDS });
    await page.evaluate((state) => fake.database.tell(state), { ...CONNECTED, master: null, protocol: '' });
    await press(page, 'query');
    await text(page, 'results', (text) => text.includes('Grace'));
    await put(page, 'first-name', 'Jean');
    await press(page, 'create');
    await text(page, 'results', (text) => text.includes('Jean'));
    const calls = await page.evaluate(() => fake.calls.map(([method]) => method));
    assert.deepEqual(calls, ['allDocs', 'post', 'allDocs']);
    await done(page);
  });

  test('what others change is there by itself, and nobody is disturbed by it', async () => {
    const page = await connected(pages, { records: RECORDS });
    await press(page, 'query');
    await text(page, 'results', (text) => text.includes('Grace'));
    await page.evaluate(() => {
      const [, second] = document.querySelectorAll('[data-testid="results"] li');
      second.querySelector('button').focus();
      getSelection().selectAllChildren(second.querySelector('dd'));
      globalThis.read = { element: second, text: String(getSelection()) };
      fake.records.set('0', { first: 'Alan', last: 'Aardvark' });
      fake.records.delete('c');
      fake.change();
    });
    assert.match(await text(page, 'results', (text) => text.includes('Aardvark') && !text.includes('Orbit')), /Ada/);
    const kept = await page.evaluate(() => [read.element.contains(document.activeElement), String(getSelection()) === read.text, read.text !== '']);
    assert.deepEqual(kept, [true, true, true]);
    await done(page);
  });

  test('what waits to be stored is listed while there is no connection, and leaving is asked about', async () => {
    const page = await connected(pages);
    const wait = { number: 3, method: 'post', id: 'x', name: null, doc: { first: HOSTILE }, error: null };
    await page.evaluate((wait) => fake.database.wait([wait]), wait);
    assert.equal(await page.$eval('#waiting', (it) => it.hidden), true, 'not for what is stored in a moment');
    await page.evaluate(() => fake.database.tell({ state: 'reconnecting', step: 'reaching' }));
    assert.match(await text(page, 'waiting'), /New: <img src=x/);
    assert.equal(await page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true }))), false);
    const asked = new Promise((resolve) => page.once('dialog', (dialog) => (resolve(dialog.message()), dialog.dismiss())));
    await press(page, 'leave');
    assert.match(await asked, /not stored yet/);
    assert.equal(await page.evaluate(() => fake.database.state.state), 'reconnecting');
    await page.evaluate((wait) => fake.database.wait([{ ...wait, error: { status_code: 403, message: 'You may not.' } }]), wait);
    assert.match(await text(page, 'waiting', (text) => text.includes('You may not.')), /Try again/);
    for (const does of ['resend', 'forget']) await page.click(`#waiting [data-does="${does}"]`);
    assert.deepEqual(await page.evaluate(() => fake.database.decided), [['resend', 3], ['forget', 3]]);
    assert.equal(await page.evaluate(() => dispatchEvent(new Event('beforeunload', { cancelable: true }))), true);
    await page.evaluate(() => fake.database.wait([]));
    assert.equal(await page.$eval('#waiting', (it) => it.hidden), true);
    await done(page);
  });

  test('the newest question wins', async () => {
    const page = await connected(pages, { records: RECORDS });
    await page.evaluate(() => {
      const asks = fake.database.subscribe.bind(fake.database);
      fake.database.subscribe = (options, callback, given) => {
        fake.database.subscribe = asks;
        const ready = new Promise((resolve) => (globalThis.letGo = () => (asks(options, callback, given), resolve())));
        return { ready, ended: ready.then(() => new Promise(() => {})) };
      };
    });
    await press(page, 'query');
    await put(page, 'search', 'grace');
    await press(page, 'query');
    await text(page, 'results', (text) => text.includes('Grace'));
    await page.evaluate(async () => {
      letGo();
      await new Promise(requestAnimationFrame);
    });
    assert.equal(await page.$$eval('[data-testid="results"] li', (rows) => rows.length), 1);
    await done(page);
  });

  test('leaving forgets the records and what the left connection still says', async () => {
    const page = await connected(pages, { records: RECORDS });
    await press(page, 'query');
    await text(page, 'results');
    await press(page, 'leave');
    await page.evaluate(() => fake.database.tell({ state: 'failed', step: null, detail: 'late' }));
    assert.match(await text(page, 'status'), /press Connect/);
    assert.equal(await page.$eval('[data-testid="results"]', (list) => list.children.length), 0);
    assert.equal(await page.evaluate(() => localStorage.length + sessionStorage.length), 0, 'nothing is kept');
    await done(page);
  });

  test('who comes with an invitation is connected by it, and it stands nowhere that is kept', async () => {
    const page = await pages.page(`/?x#${INVITATION}`);
    await when(page, () => fake.database);
    assert.deepEqual(await trace(page), { to: `${await own(page)}#${INVITATION}`, address: '/?x', local: 0, session: 1 });
    await page.evaluate((state) => fake.database.tell(state), { ...CONNECTED, verified: true });
    assert.match(await text(page, 'trust'), /^Verified/);
    await page.reload();
    await when(page, () => fake.database);
    assert.equal((await trace(page)).to, `${await own(page)}#${INVITATION}`, 'a page that is loaded again still has it');
    await done(page);
  });

  test('another invitation that is opened in the same tab takes the place of the first', async () => {
    const page = await pages.page(`/#${INVITATION}`);
    await when(page, () => fake.database);
    await page.evaluate(() => (location.hash = '#another'));
    await when(page, () => fake.databases.length === 2);
    assert.equal((await trace(page)).to, `${await own(page)}#another`);
    assert.equal((await trace(page)).address, '/');
    assert.equal(await page.evaluate(() => fake.databases[0].state.state), 'closed');
    await done(page);
  });

  test('an invitation is pasted into the address field, held, and forgotten when that is asked for', async () => {
    const page = await pages.page('/');
    await put(page, 'broadcaster-url', `Come in: <http://192.168.1.5:9999/#${INVITATION}>.`);
    await press(page, 'connect');
    assert.equal((await trace(page)).to, `ws://192.168.1.5:9999/#${INVITATION}`);
    await press(page, 'leave');
    assert.equal(await text(page, 'broadcaster-url'), 'ws://192.168.1.5:9999/', 'the secret is not shown');
    await text(page, 'invited');
    await put(page, 'broadcaster-url', '192.168.1.6');
    await press(page, 'connect');
    assert.equal((await trace(page)).to, `ws://192.168.1.6:9999/#${INVITATION}`, 'a broadcaster may have moved');
    await press(page, 'leave');
    await press(page, 'forget');
    assert.equal(await focused(page), 'broadcaster-url');
    assert.equal((await trace(page)).session, 0);
    await press(page, 'connect');
    assert.equal((await trace(page)).to, 'ws://192.168.1.6:9999/');
    await page.evaluate((state) => fake.database.tell(state), CONNECTED);
    assert.match(await text(page, 'trust'), /^Not verified: anyone/);
    await done(page);
  });

  test('a browser that keeps nothing for the page holds the invitation in memory', async () => {
    const page = await pages.page(`/#${INVITATION}`, {
      prepare: () => Object.defineProperty(globalThis, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } }),
    });
    await when(page, () => fake.database);
    assert.ok((await page.evaluate(() => fake.database.to)).endsWith(`#${INVITATION}`));
    await done(page);
  });

  test('while the connection is made again, the records stay and a try can be hastened', async () => {
    const page = await connected(pages, { records: RECORDS });
    await press(page, 'query');
    await text(page, 'results');
    await page.evaluate(() => fake.database.tell({ state: 'reconnecting', step: 'pausing', retry_at: Date.now() + 60_000 }));
    assert.match(await text(page, 'results'), /Ada/);
    await page.click('#retry-now');
    assert.equal(await page.evaluate(() => fake.database.retries), 1);
    await done(page);
  });

  test('where the chosen master does not come back, the others are offered', async () => {
    const page = await connected(pages);
    const tell = (state, masters) =>
      page.evaluate((state, masters) => (fake.database.answer(masters), fake.database.tell(state)), state, masters);
    const library = CONNECTED.master;
    await tell({ state: 'reconnecting', step: 'asking' }, [library]);
    assert.equal(await page.$eval('[data-testid="masters"]', (list) => list.checkVisibility()), false);
    await tell({ state: 'reconnecting', step: 'asking' }, [library, { id: 'n', name: 'Workshop' }]);
    assert.match(await text(page, 'masters'), /Library[\s\S]*Workshop/);
    await page.click('[data-testid="masters"] li:nth-child(2) button');
    assert.equal(await page.evaluate(() => fake.database.chosen), 'n');
    await done(page);
  });

  test('attachments are listed, added, loaded down and removed', async () => {
    const page = await connected(pages, { records: RECORDS });
    await press(page, 'query');
    await text(page, 'results');
    await page.click('[data-testid="results"] button');
    const files = await page.$('#files');
    await files.uploadFile(fileURLToPath(new URL('../package.json', import.meta.url)));
    await when(page, () => document.querySelector('#attachments li')?.dataset.name === 'package.json');
    await page.evaluate(() => (HTMLAnchorElement.prototype.click = function () {
      globalThis.saved = this.download;
    }));
    await page.click('#attachments [data-does="save"]');
    await when(page, () => document.querySelector('#attachments [data-part="status"]').textContent === '');
    assert.equal(await page.evaluate(() => saved), 'package.json');
    await page.click('#attachments [data-does="remove"]');
    await when(page, () => document.querySelectorAll('#attachments li').length === 0);
    await done(page);
  });
});

async function connected(pages, options) {
  const page = await pages.page('/', options);
  await press(page, 'connect');
  await page.evaluate((state) => fake.database.tell(state), CONNECTED);
  return page;
}

const own = (page) => page.evaluate(() => `ws://${location.host}/`);

/** Where the newest connection leads, and what the browser keeps of the way to it. */
const trace = (page) =>
  page.evaluate(() => ({
    to: fake.database.to,
    address: location.href.slice(location.origin.length),
    local: localStorage.length,
    session: sessionStorage.length,
  }));

const focused = (page) => page.evaluate(() => document.activeElement.dataset.testid);
