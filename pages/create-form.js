// The form that makes a record of first and last name. Its fields are free for the next record at once; they get
// back what could not be stored.

import { toLabel } from './fields.js';
import { $, say, setText } from './template.js';

export class CreateForm {
  #database;
  #oncreated;

  /** `database()` stores; `oncreated()` is told afterwards, `onmore(record)` when a person wants more fields. */
  constructor({ database, oncreated, onmore }) {
    this.#database = database;
    this.#oncreated = oncreated;
    $('create-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#create();
    });
    $('more-fields').addEventListener('click', () => onmore(read()));
  }

  /** Says that a record which began here was stored. */
  created(id, record) {
    say($('created'), 'created-now', { label: toLabel(id, record) });
    this.#oncreated();
  }

  clear() {
    $('create-form').reset();
    setText($('created'), '');
    setText($('create-error'), '');
  }

  async #create() {
    const record = read();
    $('first-name').focus();
    if (!record.first && !record.last) return;
    this.clear();
    say($('created'), 'creating');
    const database = this.#database();
    const isAway = database.state?.state !== 'connected';
    if (isAway) say($('created'), 'created-later', { label: toLabel('', record) });
    try {
      this.created(await database.post(record), record);
    } catch (error) {
      // Leaving the database ends its calls: then nobody waits for a word about them.
      if (database === this.#database()) this.#giveBack(record, error);
    }
  }

  #giveBack(record, error) {
    setText($('created'), '');
    say($('create-error'), 'not-created', { label: toLabel('', record), why: error.message });
    const { first, last } = read();
    if (first || last) return;
    [$('first-name').value, $('last-name').value] = [record.first, record.last];
    // It is in its fields again, and need not be listed.
    this.#database().forget?.(error.waiting);
  }
}

const read = () => ({ first: $('first-name').value, last: $('last-name').value });
