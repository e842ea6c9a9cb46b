// What happens to the extension as a whole: its master's document, a crash, and the reload that follows.

/** The ids of the offscreen documents. */
export function documents(chromium) {
  return chromium.control.evaluate(async () => {
    const found = await chrome.runtime.getContexts({ contextTypes: ['OFFSCREEN_DOCUMENT'] });
    return found.map(({ documentId }) => documentId);
  });
}

/** A debugger's session with the master's document. */
export function debug(chromium) {
  const target = chromium.browser.targets().find((target) => target.url() === chromium.url('extension/offscreen.html'));
  return target.createCDPSession();
}

/** Crashes the process of the master's document. */
export async function crash(chromium) {
  const session = await debug(chromium);
  // It cannot answer any more.
  session.send('Page.crash').catch(() => {});
}

/** Reloads the extension, as a press on Chromium's word that it has crashed does. */
export async function reload(chromium) {
  const page = await chromium.browser.newPage();
  await page.goto('chrome://extensions');
  // Else Chromium would keep one that was loaded unpacked from coming back.
  await page.evaluate(() => chrome.developerPrivate.updateProfileConfiguration({ inDeveloperMode: true }));
  await page.evaluate((id) => new Promise((resolve, reject) => {
    chrome.developerPrivate.onItemStateChanged.addListener(({ item_id, event_type }) => {
      if (item_id === id && event_type === 'LOADED') resolve();
    });
    chrome.developerPrivate.reload(id, { failQuietly: false }).catch(reject);
  }), chromium.id);
  await chromium.takeControl();
  await page.close();
}
