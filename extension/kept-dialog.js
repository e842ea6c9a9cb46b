// The dialog in which a person chooses one of the copies that are kept on this computer, and how it is restored.

import { $, copy, fill, setText } from '../pages/template.js';
import { age, bytes } from './words.js';

export class KeptDialog {
  #copies = [];
  #link;
  #onchosen;

  /** `link`: the line to the master. `onchosen(copy, mode)` is called with what was chosen. */
  constructor({ link, onchosen }) {
    this.#link = link;
    this.#onchosen = onchosen;
    $('kept-dialog').addEventListener('close', ({ target }) => this.#close(target));
  }

  /** Opens at once; the copies come in as soon as the companion has told them. */
  async open() {
    this.#show('looking', []);
    $('kept-dialog').returnValue = '';
    $('kept-dialog').querySelector('form').reset();
    $('kept-dialog').showModal();
    try {
      const { set, copies } = await this.#link.copies();
      const own = copies.filter((one) => one.set === set);
      const others = copies.filter((one) => one.set !== set);
      this.#show(copies.length ? 'found' : 'none', [...own, ...others], own.length);
    } catch (error) {
      this.#show('failed', []);
      setText($('kept-error'), error.message);
    }
  }

  #show(state, copies, own = 0) {
    this.#copies = copies;
    $('kept-dialog').dataset.state = state;
    setText($('kept-error'), '');
    const rows = copies.map((one, at) => row(one, at));
    $('kept-own').replaceChildren(...rows.slice(0, own));
    $('kept-others').replaceChildren(...rows.slice(own));
    $('kept-others-title').hidden = own === rows.length;
    $('really-restore-kept').disabled = rows.length === 0;
    const [first] = rows;
    if (first) first.querySelector('input').checked = true;
  }

  #close({ returnValue }) {
    if (returnValue !== 'restore') return;
    const { copy, mode } = $('kept-dialog').querySelector('form').elements;
    this.#onchosen(this.#copies[copy.value], mode.value);
  }
}

function row({ at, bytes: size }, value) {
  const label = copy('kept-copy');
  const date = new Date(at).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  const since = age((Date.now() - at) / 1000);
  fill(label, { date, age: since === 'now' ? since : `${since} ago`, size: bytes(size) });
  label.querySelector('input').value = value;
  return label;
}
