// The tutorial's steps, as a person does them: serve records, connect to them, create and query.

import { basename } from 'node:path';
import { LAN, PORT, press, text, when } from './sharing.js';

/** Presses *Serve my records* in the popup; gives the window that comes up. */
export async function serveRecords(chromium) {
  const url = chromium.url('extension/master.html');
  const window = chromium.browser.waitForTarget((target) => target.url() === url);
  await press(await chromium.popup(), 'serve-records');
  const page = await (await window).page();
  // A tab has its address before it has its page.
  await page.waitForSelector('[data-testid="status"]', { timeout: 0 });
  await text(page, 'status', (text) => /serving|network/i.test(text));
  return page;
}

/** Opens the slave page, the one on the port, in another browser. */
export async function openSlave(browser, url = `http://${LAN}:${PORT}/`) {
  const page = await browser.browser.newPage();
  await page.goto(url);
  return page;
}

/** `openSlave`, and connects. */
export async function connectSlave(browser, url) {
  const page = await openSlave(browser, url);
  await press(page, 'connect');
  await text(page, 'status', (text) => /^connected/i.test(text));
  return page;
}

/** Creates a record, and waits until the master has stored it. */
export async function create(page, first, last) {
  await page.type('[data-testid="first-name"]', first);
  await page.type('[data-testid="last-name"]', last);
  await press(page, 'create');
  await text(page, 'created', `(text) => text.includes(${JSON.stringify(last)})`);
}

/** Queries; gives the text of what was found. */
export async function query(page, words) {
  await page.$eval('[data-testid="search"]', (input, words) => (input.value = words), words);
  await press(page, 'query');
  await when(page, () => document.getElementById('find').getAttribute('aria-busy') !== 'true');
  return text(page, 'results', `(text) => text.includes(${JSON.stringify(words)})`);
}

/** Opens the record that has a word in it, in the master's window. */
export async function openRecord(page, word) {
  await text(page, 'records', `(text) => text.includes(${JSON.stringify(word)})`);
  await page.evaluate((word) => {
    const rows = [...document.querySelectorAll('[data-testid="records"] > li')];
    rows.find((row) => row.textContent.includes(word)).querySelector('button').click();
  }, word);
  await when(page, () => document.querySelector('dialog[open]'));
}

/** Attaches a file to the record that has a word in it; closes the record again. */
export async function attach(page, word, file) {
  await openRecord(page, word);
  await (await page.$('#files')).uploadFile(file);
  await attached(page, basename(file));
  // One that takes the place of another was in the list before: the field is empty when it is stored.
  await when(page, () => document.getElementById('files').value === '');
  await page.click('#cancel');
}

/** Waits until the record that is open has this attachment. */
export function attached(page, name) {
  return when(page, (name) => document.querySelector('#attachments [data-part="list"]').textContent.includes(name), name);
}

/** What was found last. */
export function results(page) {
  return text(page, 'results');
}

/** Stops sharing by the popup. */
export async function stopSharing(chromium) {
  const popup = await chromium.popup();
  await press(popup, (await popup.$('[data-testid="give-up"]:not([hidden])')) ? 'give-up' : 'share-toggle');
  await chromium.state((state) => !state.wanted);
  await popup.close();
}
