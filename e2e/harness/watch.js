// What a page said and did meanwhile: watched from before the first step on.

/** Every text that an element shows, in order; `said()` gives them. */
export async function watchText(page, id) {
  await page.evaluate(`(() => {
    const element = document.querySelector('[data-testid="${id}"]');
    const said = (globalThis.said = []);
    new MutationObserver(() => said.push(element.textContent.trim())).observe(element, { childList: true, characterData: true, subtree: true });
  })()`);
  return () => page.evaluate('globalThis.said');
}

/** Requests and WebSockets of a page of Chromium, from now on; `silent` resolves when no WebSocket is open any more. */
export async function watchNetwork(page) {
  const session = await page.createCDPSession();
  const seen = { requests: [], sockets: 0, open: 0 };
  seen.silent = new Promise((resolve) => {
    session.on('Network.webSocketClosed', () => (seen.open -= 1) === 0 && resolve());
  });
  session.on('Network.webSocketCreated', () => {
    seen.sockets += 1;
    seen.open += 1;
  });
  session.on('Network.requestWillBeSent', ({ request }) => seen.requests.push(request.url));
  await session.send('Network.enable');
  return seen;
}
