// Ten thousand records come over a satellite's line for the first time; the bytes are counted on it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { CouchDb } from '../couchdb/server.js';
import { FarCouchDb, compared, here, put, replicate } from '../harness/far.js';
import { Opened } from '../harness/opened.js';
import { Browser, openSite } from '../harness/peer.js';
import { SATELLITE } from '../harness/shaped.js';
import { Random } from '../soak/random.js';

const RECORDS = 10_000;
/** Records that the server is asked for at once. */
const PORTION = 200;
/** One more finds that there is nothing more; and one who asks while it is under way has it asked once more. */
const CALLS = RECORDS / PORTION + 2;
const CUTS = 4;

describe(`the first ${RECORDS} records`, { timeout: 300_000 }, () => {
  const opened = new Opened();
  let far, browser, site, whole;
  before(async () => {
    const opening = [CouchDb.start(), Browser.open(), openSite({ servers: ['http://127.0.0.1:*'] })];
    let couch;
    [couch, browser, site] = await Promise.all(opening.map((one) => opened.add(one)));
    far = await opened.add(FarCouchDb.open(SATELLITE, couch));
    await far.colleague.putAll(Array.from({ length: RECORDS }, (_, at) => [`r-${at}`, { title: `r-${at}`, description: `the words of ${at}` }]));
  });
  after(() => opened.close());

  /** Replicates into a database of a page of its own; gives the page, and the calls and bytes that the line carried. */
  async function sync(database) {
    const [page, before] = [await browser.page(site.url), far.line.bytes];
    await replicate(page, far, { database });
    const { bytes, calls } = await compared(page);
    assert.equal((await here(page)).length, RECORDS);
    return { page, bytes, calls, line: far.line.bytes - before };
  }

  test('come in portions, each once, and are counted as they came: compressed', async () => {
    whole = await sync('whole');
    assert.ok(whole.calls <= CALLS, `${whole.calls} calls`);
    // What the browser says of itself in each request, and asks before it as a page must, is not seen.
    assert.ok(whole.bytes <= whole.line && whole.bytes > whole.line * 0.6, `${whole.bytes} of ${whole.line} bytes`);
  });

  test('cost no more by a cut than the portion that was in flight', async () => {
    const before = far.line.cuts;
    far.line.cutAtRandom(new Random(5), { bytes: whole.line / CUTS, ms: 200, times: CUTS });
    const cut = await sync('cut');
    far.line.spare();
    const cuts = far.line.cuts - before;
    assert.ok(cuts > 0 && cut.calls <= CALLS + cuts, `${cut.calls} calls with ${cuts} cuts`);
    assert.ok(cut.line <= whole.line + 2 * cuts * portion(), `${cut.line} bytes with ${cuts} cuts, ${whole.line} without`);
  });

  test('cost less than a portion when one of them has changed', async () => {
    const before = far.line.bytes;
    await put(whole.page, [['r-7', 'other words']]);
    await compared(whole.page);
    assert.ok(far.line.bytes - before < portion(), `${far.line.bytes - before} bytes`);
  });

  /** Bytes of a portion on the line. */
  const portion = () => whole.line / whole.calls;
});
