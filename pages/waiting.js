// Shows what was written and is not stored yet, and what becomes of it: by itself once there is a connection, or as a
// person says where it was refused.

import { toLabel } from './fields.js';
import { $, copy, fill, say } from './template.js';

export class Waiting {
  #database;

  /** `database()` has what waits. */
  constructor({ database }) {
    this.#database = database;
    $('waiting').addEventListener('click', ({ target }) => {
      const button = target.closest('button');
      if (button) this.#database()[button.dataset.does](Number(button.closest('li').dataset.number));
    });
  }

  /** Whether something would be lost with this page. */
  get isNeeded() {
    return (this.#database()?.waiting ?? []).some(({ error }) => !error);
  }

  paint() {
    const { waiting = [], state } = this.#database() ?? {};
    // What is stored in a moment is not worth a word.
    const isWorth = state?.state !== 'connected' || waiting.some(({ error }) => error);
    const shown = isWorth ? waiting : [];
    $('waiting').hidden = shown.length === 0;
    const list = $('waiting-list');
    const before = new Map([...list.children].map((row) => [row.dataset.number, row]));
    const rows = shown.map((write) => paintRow(before.get(String(write.number)) ?? copy('waiting-row'), write));
    for (const row of [...list.children]) if (!rows.includes(row)) row.remove();
    rows.forEach((row, at) => list.children[at] !== row && list.insertBefore(row, list.children[at]));
    globalThis.onbeforeunload = this.isNeeded ? (event) => event.preventDefault() : null;
  }
}

function paintRow(row, { number, method, id, name, doc, error }) {
  row.dataset.number = number;
  row.toggleAttribute('data-refused', Boolean(error));
  fill(row, { why: error?.message });
  say(row.querySelector('[data-part="what"]'), `waiting-${method}`, { label: doc ? toLabel(id, doc) : id, name });
  return row;
}
