// Attachments on two sides of a bad line: each that was said to be safe is on every side once, whatever is cut or killed;
// nothing that has come is fetched again, and nothing that is there is sent again.
//
// The line is harness/shaped.js's, on which time runs 20 times faster.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, test } from 'node:test';
import { CouchDb } from '../couchdb/server.js';
import { FarCouchDb, FarErp5, compared, put, replicate } from '../harness/far.js';
import { kill } from '../harness/killed.js';
import { Opened } from '../harness/opened.js';
import { Browser, openSite, prepare } from '../harness/peer.js';
import { SATELLITE, Shaped } from '../harness/shaped.js';
import { Random } from '../soak/random.js';

/** Five parts, the last one short. */
const LONG = 300_000;
const PART = 64 * 1024;

describe('attachments, replicated with a couchdb', { timeout: 300_000 }, () => {
  const opened = new Opened();
  let site, browser, couch;
  before(async () => {
    const opening = [openSite({ servers: ['http://127.0.0.1:*'] }), Browser.open(), CouchDb.start()];
    [site, browser, couch] = await Promise.all(opening.map((one) => opened.add(one)));
  });
  after(() => opened.close());

  /** A page of somebody else, who shares nothing with other pages. */
  async function person() {
    const page = await (await browser.browser.createBrowserContext()).newPage();
    await page.goto(site.url);
    await prepare(page);
    return page;
  }

  /** The same server by another line. */
  async function byAnother(far) {
    const line = await opened.add(Shaped.open(couch.origin, SATELLITE));
    return { ...far, line, needs: far.needs, description: { ...far.description, url: line.by(far.description.url) } };
  }

  /** How often the server was asked so. */
  const asked = (word) => couch.requests.filter((one) => one.includes(word)).length;

  test('what one attaches is at the server and at another master, over lines that are cut', async () => {
    const far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    const theirs = await byAnother(far);
    const [ann, ben] = await Promise.all([person(), person()]);
    await Promise.all([replicate(ann, far), replicate(ben, theirs)]);
    for (const [at, one] of [far, theirs].entries()) one.line.cutAtRandom(new Random(at), { bytes: 60_000, ms: 300, times: 4 });
    await Promise.all([put(ann, [['a', 'x']]), put(ben, [['b', 'x']])]);
    await Promise.all([attach(ann, 'a', 'photo', 1, 90_000), attach(ben, 'b', 'plan', 2, 90_000), attach(ann, 'a', 'note', 3, 10)]);
    for (const page of [ann, ben, ann, ben]) await compared(page);
    const wanted = { 'a photo': name(1, 90_000), 'b plan': name(2, 90_000), 'a note': name(3, 10) };
    for (const [what, hash] of Object.entries(wanted)) {
      const [id, file] = what.split(' ');
      assert.equal(hashed(await far.colleague.attachment(id, file)), hash, `${what}, at the server`);
      for (const page of [ann, ben]) assert.equal(await read(page, id, file), hash, what);
    }
    await ann.evaluate(() => db.removeAttachment('a', 'photo'));
    await far.colleague.attach('b', 'plan', null);
    for (const page of [ann, ben, ann]) await compared(page);
    assert.equal(await far.colleague.attachment('a', 'photo'), null);
    const names = (page, id) => page.evaluate(async (id) => Object.keys(await db.allAttachments(id)), id);
    for (const page of [ann, ben]) assert.deepEqual([await names(page, 'a'), await names(page, 'b')], [['note'], []]);
  });

  test('a large one is brought once, and changes no record', async () => {
    const far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    const page = await person();
    await replicate(page, far);
    await put(page, [['c', 'x']]);
    await compared(page);
    const before = far.line.bytes;
    await attach(page, 'c', 'large', 4, LONG);
    await compared(page);
    await compared(page);
    assert.equal(asked('PUT') && asked('/c/large'), 1);
    const cost = far.line.bytes - before;
    assert.ok(cost < LONG + 10_000, `${cost} bytes on the line`);
    assert.equal(couch.requests.filter((one) => one.includes('_bulk_docs') && one.includes(new URL(far.description.url).pathname)).length, 1);
  });

  test('a cut in the middle costs the part that was under way', async () => {
    const far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    const page = await person();
    await far.create('d', 'x');
    await far.colleague.attach('d', 'large', bytes(5, LONG));
    await replicate(page, far);
    await far.line.carried(150_000);
    far.line.cut();
    await page.evaluate(() => until(db, 'line', ({ state }) => state === 'offline'));
    // What has not come says that it comes, and its name is there.
    const told = await page.evaluate(async () => {
      const names = Object.keys(await db.allAttachments('d'));
      return db.getAttachment('d', 'large').catch(({ status_code, message }) => ({ names, status_code, message }));
    });
    assert.deepEqual([told.names, told.status_code], [['large'], 503]);
    assert.match(told.message, /comes when the line is there/);
    far.line.mend();
    await compared(page);
    assert.equal(await read(page, 'd', 'large'), name(5, LONG));
    const parts = couch.requests.filter((one) => one.includes('/d/large') && one.includes('bytes='));
    const again = parts.length - new Set(parts).size;
    assert.ok(again <= 1, parts.join('\n'));
    assert.equal(new Set(parts).size, Math.ceil(LONG / PART));
  });

  test('who reads one that has not come waits until it has', async () => {
    const far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    const page = await person();
    await far.create('e', 'x');
    for (let at = 0; at < 4; at += 1) await far.colleague.attach('e', `f${at}`, bytes(10 + at, LONG));
    await replicate(page, far);
    await page.evaluate(() => until(db, 'line', ({ attachments }) => attachments === 4));
    assert.equal(await read(page, 'e', 'f3'), name(13, LONG));
    const { attachments } = await page.evaluate(() => db.line);
    assert.ok(attachments >= 2, 'it came before the others');
  });

  test('a browser that is killed amid goes on where it was', async () => {
    const far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    await far.create('f', 'x');
    await far.colleague.attach('f', 'theirs', bytes(6, LONG));
    const victim = await Browser.open();
    try {
      for (let round = 0; round < 4; round += 1) {
        const page = await victim.page(site.url);
        await replicate(page, far);
        if (round === 0) await put(page, [['g', 'x']]);
        if (round === 0) await attach(page, 'g', 'ours', 7, 120_000);
        if (round === 3) {
          await compared(page);
          for (const [id, file, hash] of [['f', 'theirs', name(6, LONG)], ['g', 'ours', name(7, 120_000)]]) {
            assert.equal(await read(page, id, file), hash);
            assert.equal(hashed(await far.colleague.attachment(id, file)), hash);
          }
          assert.deepEqual(await page.evaluate(() => db.conflicts()), []);
        } else {
          await far.line.carried(80_000);
          await kill(victim);
        }
      }
      const parts = couch.requests.filter((one) => one.includes('/f/theirs') && one.includes('bytes='));
      // Each kill costs the part that was under way, and the note of the one before it.
      assert.ok(parts.length <= Math.ceil(LONG / PART) + 2 * 3, parts.join('\n'));
    } finally {
      await victim.close();
    }
  });

  test('two contents under one name wait for a person', async () => {
    const far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    const page = await person();
    await replicate(page, far);
    await put(page, [['h', 'x']]);
    for (const file of ['one', 'two']) await attach(page, 'h', file, 8, 100);
    await compared(page);
    far.line.cut();
    for (const file of ['one', 'two']) {
      await attach(page, 'h', file, 9, 200);
      await far.colleague.attach('h', file, bytes(10, 300));
    }
    far.line.mend();
    assert.equal((await compared(page)).conflicts, 2);
    const listed = await page.evaluate(() => db.conflicts());
    const sizes = listed.map(({ id, attachment, local_size, remote_size }) => [id, attachment, local_size, remote_size]);
    assert.deepEqual(sizes, [['h', 'one', 200, 300], ['h', 'two', 200, 300]]);
    await page.evaluate(() => Promise.all([db.resolve('h', 'local', 'one'), db.resolve('h', 'remote', 'two')]));
    await compared(page);
    for (const [file, hash] of [['one', name(9, 200)], ['two', name(10, 300)]]) {
      assert.equal(await read(page, 'h', file), hash);
      assert.equal(hashed(await far.colleague.attachment('h', file)), hash);
    }
  });
});

describe('attachments, replicated with an erp5', { timeout: 120_000 }, () => {
  test('stay here: it tells of none', async () => {
    const opened = new Opened();
    try {
      const [site, browser, far] = await Promise.all([
        opened.add(openSite({ servers: ['http://127.0.0.1:*'] })),
        opened.add(Browser.open()),
        opened.add(FarErp5.open(SATELLITE)),
      ]);
      const page = await browser.page(site.url);
      await replicate(page, far);
      await put(page, [['a', 'x']]);
      await attach(page, 'a', 'photo', 1, 1000);
      const { attachments } = await compared(page);
      assert.equal(attachments, 0);
      assert.equal(await read(page, 'a', 'photo'), name(1, 1000));
    } finally {
      await opened.close();
    }
  });
});

/** Bytes that no other number has. */
function bytes(number, length) {
  return Buffer.alloc(length, createHash('sha256').update(String(number)).digest());
}

const hashed = (content) => content && createHash('sha256').update(content).digest('hex');

const name = (number, length) => hashed(bytes(number, length));

/** Attaches such bytes in a page; resolves when they are safe. */
function attach(page, id, file, number, length) {
  return page.evaluate(async (id, file, base64) => {
    const content = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
    await db.putAttachment(id, file, new Blob([content], { type: 'image/png' }));
  }, id, file, bytes(number, length).toString('base64'));
}

/** What a page reads, by its hash. */
function read(page, id, file) {
  return page.evaluate(async (id, file) => {
    const content = await db.getAttachment(id, file, { format: 'array_buffer' });
    const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', content));
    return [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
  }, id, file);
}
