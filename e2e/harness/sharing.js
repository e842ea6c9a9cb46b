// A browser that shares: what most tests start from.

import { APP_PORT, BY_APP } from './app.js';
import { Chromium } from './chromium.js';

export const PORT = BY_APP ? APP_PORT : 9999;
export const LAN = '10.77.0.1';

/** Open mode, where everybody may do all: what a test grants that is not about rights. */
export const OPEN = { mode: 'open', port: PORT, strangers: 'remove-allowed' };

/** Opens Chromium, writes the settings and presses Start in the real popup. */
export async function openSharing({ settings = {}, ...options } = {}) {
  const chromium = await Chromium.open(options);
  try {
    await chromium.store({ settings: { ...OPEN, ...settings } });
    await pressStart(chromium);
  } catch (error) {
    await chromium.close();
    throw error;
  }
  return chromium;
}

/** Presses Start in the popup and waits until this browser shares. */
export async function pressStart(chromium) {
  const popup = await chromium.popup();
  await start(chromium, popup);
  await chromium.state((state) => state.status === 'sharing');
  return popup;
}

/** Presses Start. The popup paints what it knew last first: with whom to share has to be what is set. */
export async function start(chromium, popup) {
  const mode = await chromium.control.evaluate(async () => (await chrome.storage.local.get('settings')).settings?.mode);
  await when(popup, (isOpen) => {
    const open = document.querySelector('[data-testid="open-mode"]');
    return open.checkVisibility() && open.checked === isOpen;
  }, mode === 'open');
  await press(popup, 'share-toggle');
}

/** Presses a control of a page by its test id, as soon as it is shown. Not where it was a moment ago: what is
 * found out as the popup opens moves its controls. */
export function press(page, id) {
  return when(page, `(id) => {
    const control = document.querySelector('[data-testid="' + id + '"]');
    const isReady = control?.checkVisibility() && !control.disabled;
    if (!isReady) return false;
    control.focus(); // as a finger or a mouse does
    control.click();
    return true;
  }`, id);
}

/** The text of an element by its test id, once it is shown and has one that fits. */
export function text(page, id, fits = (text) => text !== '') {
  return when(page, `(id) => {
    const element = document.querySelector('[data-testid="' + id + '"]');
    const text = (element?.value ?? element?.textContent ?? '').trim();
    return element?.checkVisibility() && (${fits})(text) && text;
  }`, id);
}

/** Waits until a function gives something true inside a page; it is asked again whenever the page changes. */
export function when(page, fits, ...more) {
  return page.evaluate(`new Promise((resolve) => {
    const fits = ${fits}, more = ${JSON.stringify(more)};
    const look = () => {
      const found = fits(...more);
      if (!found) return;
      observer.disconnect();
      resolve(found);
    };
    const observer = new MutationObserver(look);
    observer.observe(document, { attributes: true, characterData: true, childList: true, subtree: true });
    look();
  })`);
}

export const here = (path = '/') => `ws://127.0.0.1:${PORT}${path}`;
