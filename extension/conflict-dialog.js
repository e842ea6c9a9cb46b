// The dialog in which a person chooses, for each record or attachment that was changed here and at the server, which one
// stays.

import { toLabel, toShown } from '../pages/fields.js';
import { $, copy, fill, say, setText } from '../pages/template.js';
import { bytes } from './words.js';

export class ConflictDialog {
  #link;

  /** `link()` gives the line to the master. */
  constructor({ link }) {
    this.#link = link;
    $('conflicts').addEventListener('click', ({ target }) => {
      const keep = target.closest('button')?.dataset.keep;
      if (keep) this.#resolve(target.closest('li'), keep);
    });
  }

  async open() {
    $('conflicts').replaceChildren();
    setText($('conflict-error'), '');
    $('conflict-dialog').showModal();
    await this.#attempt(() => this.#list());
  }

  async #list() {
    const conflicts = await this.#link().conflicts();
    $('conflicts').replaceChildren(...conflicts.map((one) => (one.attachment ? attachmentRow(one) : row(one))));
    $('no-conflicts').hidden = conflicts.length > 0;
  }

  #resolve(row, keep) {
    return this.#attempt(async () => {
      await this.#link().resolve(row.dataset.id, keep, row.dataset.attachment);
      await this.#list();
    });
  }

  async #attempt(action) {
    setText($('conflict-error'), '');
    try {
      await action();
    } catch (error) {
      setText($('conflict-error'), error.message);
    }
  }
}

/** One record, with the fields that differ side by side. */
function row({ id, here, there, reason }) {
  const item = copy('conflict');
  item.dataset.id = id;
  fill(item, { label: toLabel(id, here ?? there ?? {}), reason: reason ?? '' });
  const table = item.querySelector('tbody');
  for (const key of differing(here, there)) {
    const line = copy('difference');
    fill(line, { key, here: shown(here, key), there: shown(there, key) });
    table.append(line);
  }
  for (const [side, record] of Object.entries({ here, there })) {
    // What the server refuses it has not removed.
    if (!record && !reason) say(item.querySelector(`th[data-side="${side}"]`), `removed-${side}`);
  }
  // Two of one that is gone would be one.
  item.querySelector('[data-keep="both"]').hidden = !here || !there;
  return item;
}

/** One attachment, with how large it is on either side. */
function attachmentRow({ id, attachment, sizes, reason }) {
  const item = copy('conflict');
  Object.assign(item.dataset, { id, attachment });
  fill(item, { label: `${id}: ${attachment}`, reason: reason ?? '' });
  const line = copy('difference');
  const [here, there] = [sizes.here, sizes.there].map((size) => (size === null ? '–' : bytes(size)));
  fill(line, { key: attachment, here, there });
  item.querySelector('tbody').append(line);
  for (const [side, size] of Object.entries(sizes)) {
    if (size === null && !reason) say(item.querySelector(`th[data-side="${side}"]`), `removed-${side}`);
  }
  // Two cannot have one name.
  item.querySelector('[data-keep="both"]').hidden = true;
  return item;
}

function differing(here, there) {
  const keys = new Set([...Object.keys(here ?? {}), ...Object.keys(there ?? {})]);
  return [...keys].filter((key) => JSON.stringify(here?.[key]) !== JSON.stringify(there?.[key]));
}

const shown = (record, key) => (record && Object.hasOwn(record, key) ? toShown(record[key]) : '–');
