// The document in which the master lives ends: by itself, or with the process of all of the extension.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { crash, documents, reload } from '../harness/extension.js';
import { Member } from '../harness/member.js';
import { Opened } from '../harness/opened.js';
import { Browser } from '../harness/peer.js';
import { connectSlave, create, query, serveRecords } from '../harness/records.js';
import { here, openSharing, press, text } from '../harness/sharing.js';
/** What the page says for as long as it is not connected. */
const isLost = (text) => /^the connection was lost|^reconnecting/i.test(text);

describe('the master’s document', { timeout: 240_000 }, () => {
  const opened = new Opened();
  let chromium, master, slave;
  before(async () => {
    const [sharing, other] = await Promise.all([opened.add(openSharing()), opened.add(Browser.open())]);
    chromium = sharing;
    master = await serveRecords(chromium);
    slave = await connectSlave(other);
    await create(slave, 'Ada', 'Lovelace');
  });
  after(() => opened.close());

  test('that is closed comes back by itself with its records, and so does its slave', async () => {
    const [before] = await documents(chromium);
    const lost = text(slave, 'status', isLost);
    await chromium.control.evaluate(() => chrome.offscreen.closeDocument());
    await lost;
    await back();
    await text(master, 'status', (text) => /serving these records/i.test(text));
    await text(master, 'peer-count', (text) => text === '1');
    const now = await documents(chromium);
    assert.equal(now.length, 1);
    assert.notEqual(now[0], before);
  });

  test('that reloads is not taken for one that ended', async () => {
    const isOffscreen = (target) => target.url() === chromium.url('extension/offscreen.html');
    // What a tab remembers goes with another document; one round alone went well by half.
    for (let round = 1; round <= 3; round += 1) {
      const lost = text(slave, 'status', isLost);
      const document = await (await chromium.browser.waitForTarget(isOffscreen)).asPage();
      const remembered = await document.evaluate((round) => {
        const before = Number(sessionStorage.round ?? 0);
        sessionStorage.round = round;
        setTimeout(() => location.reload());
        return before;
      }, round);
      assert.equal(remembered, round - 1);
      await lost;
      await back();
    }
  });

  test('that crashes takes the extension along: members are cut off, and the slave waits', async () => {
    const member = await Member.open(here());
    const lost = text(slave, 'status', isLost);
    await crash(chromium);
    // Chromium ends all of an extension of which one document crashed.
    assert.equal((await member.closed).code, 1001);
    await lost;
  });

  test('is there again with its records after the reload that Chromium offers and a press on Start', async () => {
    await reload(chromium);
    const popup = await chromium.popup();
    assert.equal(await text(popup, 'status', (text) => /sharing/i.test(text)), 'Not sharing. Nobody can connect.');
    assert.equal(
      await text(popup, 'detail'),
      'The browser was restarted, and sharing with anyone does not come back by itself. Press Start to share again.',
    );
    await press(popup, 'share-toggle');
    await text(popup, 'records-served', (text) => text === 'Your records are served: 1 device uses them.');
    await back();
  });

  async function back() {
    await text(slave, 'status', (text) => /^connected/i.test(text));
    assert.match(await query(slave, 'Lovelace'), /Ada/);
  }
});
