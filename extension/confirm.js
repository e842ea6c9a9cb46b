// One question before what cannot be taken back. Its words are in the page: a template for each.

import { $, say, setText } from '../pages/template.js';

/** Asks `confirm-WHAT`; resolves with whether the person agreed, and had the box ticked where there is one. */
export function confirm(what, fields, { box = false } = {}) {
  const dialog = $('confirm-dialog');
  dialog.returnValue = '';
  say($('confirm-words'), `confirm-${what}`, fields);
  setText($('really'), $(`really-${what}`).content.textContent);
  $('confirm-box').hidden = !box;
  $('also-renew').checked = false;
  dialog.showModal();
  return new Promise((resolve) => {
    const ended = () => resolve(dialog.returnValue === 'yes' && { also: $('also-renew').checked });
    dialog.addEventListener('close', ended, { once: true });
  });
}
