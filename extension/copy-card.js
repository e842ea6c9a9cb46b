// The card *Keep a copy* of the master's window: copies as files, and those that the companion keeps.

import { saveAs } from '../pages/attachments.js';
import { $, say, setText } from '../pages/template.js';
import { KeptDialog } from './kept-dialog.js';
import { bytes } from './words.js';

/** `link`: the line to the master. */
export function openCopyCard({ link }) {
  const kept = new KeptDialog({
    link,
    onchosen: (copy, mode) => restore(() => link.restoreKept(copy, mode)),
  });
  $('copy-now').addEventListener('click', () => attempt('copy-keeping', keepCopy));
  $('restore-kept').addEventListener('click', () => kept.open());
  $('save-copy').addEventListener('click', () => attempt('copy-saving', saveCopy));
  $('restore').addEventListener('click', () => $('restore-file').click());
  $('restore-file').addEventListener('change', ({ target }) => {
    if (target.files.length === 0) return;
    setText($('restore-name'), target.files[0].name);
    $('restore-dialog').returnValue = '';
    $('restore-dialog').querySelector('form').reset();
    $('restore-dialog').showModal();
  });
  $('restore-dialog').addEventListener('close', ({ target }) => {
    const [file] = $('restore-file').files;
    $('restore-file').value = '';
    if (target.returnValue !== 'restore') return;
    const { mode } = target.querySelector('form').elements;
    restore(() => link.restore(file, mode.value));
  });

  async function keepCopy() {
    const { set, copies } = await link.keepCopy();
    const newest = copies.find((one) => one.set === set);
    say($('copy-outcome'), 'copy-kept', { size: bytes(newest.bytes) });
  }

  async function saveCopy() {
    const file = await link.saveCopy();
    saveAs(file, file.name);
    say($('copy-outcome'), 'copy-saved', { name: file.name });
  }

  async function restore(ask) {
    await attempt('copy-restoring', async () => say($('copy-outcome'), 'copy-restored', { records: await ask() }));
  }
}

/** Keeps, saves or restores one copy at a time. */
async function attempt(words, action) {
  if ($('copy-outcome').hasAttribute('aria-busy')) return;
  $('copy-outcome').setAttribute('aria-busy', 'true');
  setText($('copy-error'), '');
  say($('copy-outcome'), words);
  try {
    await action();
  } catch (error) {
    setText($('copy-outcome'), '');
    setText($('copy-error'), error.message);
  } finally {
    $('copy-outcome').removeAttribute('aria-busy');
  }
}
