// The extension's own pages under their policy: no text becomes markup or code there, whoever wrote it.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Chromium } from '../harness/chromium.js';

const PAGES = ['popup.html', 'options.html', 'master.html', 'offscreen.html'];

describe('policy of the extension\'s pages', { timeout: 120_000 }, () => {
  let chromium;
  before(async () => {
    chromium = await Chromium.open();
  });
  after(() => chromium?.close());

  for (const name of PAGES) {
    test(`${name} takes no markup, no code and no frame of others`, async () => {
      const page = await chromium.tab(`extension/${name}`);
      assert.deepEqual(await page.evaluate(attacks), {
        'innerHTML': 'TypeError',
        'insertAdjacentHTML': 'TypeError',
        'document.write': 'TypeError',
        'srcdoc': 'TypeError',
        'text of a script': 'TypeError',
        'address of a script': 'TypeError',
        'eval': 'EvalError',
        'Function': 'EvalError',
        'a policy of one\'s own': 'TypeError',
        'a listener in markup': 'TypeError',
        'WASM': 'allowed',
      });
      await page.close();
    });
  }
});

/** What becomes of each, in the page; `eval` not where a debugger asks for it, which is allowed more. */
async function attacks() {
  const tries = {
    'innerHTML': () => (document.createElement('p').innerHTML = '<b>x</b>'),
    'insertAdjacentHTML': () => document.body.insertAdjacentHTML('beforeend', '<b>x</b>'),
    'document.write': () => document.write('<b>x</b>'),
    'srcdoc': () => (document.createElement('iframe').srcdoc = '<b>x</b>'),
    'text of a script': () => (document.createElement('script').text = 'window.ran = true'),
    'address of a script': () => (document.createElement('script').src = 'https://example.org/x.js'),
    'eval': () => window.eval('1'),
    'Function': () => new Function('return 1'),
    'a policy of one\'s own': () => trustedTypes.createPolicy('default', { createHTML: (text) => text }),
    'a listener in markup': () => document.body.setAttribute('onclick', 'window.ran = true'),
    'WASM': () => WebAssembly.compile(new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0])).then(() => 'allowed'),
  };
  await new Promise((resolve) => setTimeout(resolve));
  const came = {};
  for (const [name, attempt] of Object.entries(tries)) {
    try {
      const result = attempt();
      came[name] = result instanceof Promise ? await result : 'it ran';
    } catch (error) {
      came[name] = error.name;
    }
  }
  return came;
}
