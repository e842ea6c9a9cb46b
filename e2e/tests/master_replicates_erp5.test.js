// This browser's records in an ERP5 too: the part of them that a person has named, and the token that is said once.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Hal } from '../harness/hal/server.js';
import { Opened } from '../harness/opened.js';
import { serveRecords } from '../harness/records.js';
import { chooseStore, inStep, useStore } from '../harness/replicating.js';
import { openSharing, press, text } from '../harness/sharing.js';

const PICTURES = fileURLToPath(new URL('../screenshots/', import.meta.url));
const TOKEN = 'sesame';

describe('a master with an ERP5', { timeout: 300_000 }, () => {
  const opened = new Opened();
  let hal, master;
  before(async () => {
    hal = await opened.add(Hal.start());
    hal.token = TOKEN;
    make('Ada', '2026-11-22 10:00:00');
    make('Bob', '2026-11-22 10:00:01');
    master = await serveRecords(await opened.add(openSharing()));
  });
  after(() => opened.close());

  function make(title, now) {
    hal.records.now = now;
    hal.records.set(hal.records.add('Person', 'person_module'), { title });
  }

  test('a query that is none is told, and nothing changes', async () => {
    const fields = { 'store-type': 'erp5', 'store-url': hal.url, 'store-secret': TOKEN, 'store-query': 'title:(' };
    await chooseStore(master, 'replicated', fields);
    await master.screenshot({ path: `${PICTURES}master-choose-erp5.png` });
    assert.match(await text(master, 'store-error'), /^query: /);
  });

  test('fetches the records that the query finds, and no others', async () => {
    await master.evaluate(() => document.getElementById('store-dialog').close());
    const fields = { 'store-type': 'erp5', 'store-url': hal.url, 'store-secret': TOKEN, 'store-query': 'title:"A%"' };
    await useStore(master, 'replicated', fields);
    await inStep(master);
    const shown = await text(master, 'records', (text) => text.includes('Ada'));
    assert.doesNotMatch(shown, /Bob/);
  });

  test('another query needs no token again', async () => {
    await press(master, 'change-store');
    const before = await master.$eval('[data-testid="store-secret"]', ({ value, placeholder }) => [value, placeholder]);
    assert.deepEqual(before, ['', 'as before']);
    await master.evaluate(() => document.getElementById('store-dialog').close());
    await chooseStore(master, 'replicated', { 'store-query': 'title:"%b%"', 'store-date': 'indexation_timestamp' });
    await text(master, 'records', (text) => text.includes('Bob'));
    await inStep(master);
    assert.equal(hal.records.size, 2, 'no record that the new query does not find is made once more');
  });

  test('another server is given the records, and not the token', async () => {
    const other = await opened.add(Hal.start());
    const titles = () => other.records.catalog.map(({ title }) => title).sort();
    const given = new Promise((resolve) => {
      other.afterwards = () => void (titles().join() === 'Ada,Bob' && resolve());
    });
    await chooseStore(master, 'replicated', { 'store-url': other.url });
    await given;
    assert.ok(other.requests.every(({ login }) => login === null));
  });
});
