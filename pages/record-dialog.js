// One record, whole, in a dialog: to make it, to change it, to remove it. Its fields are rows, or one text
// of JSON; which of them is shown is `data-form` of the dialog.

import { Attachments } from './attachments.js';
import { fromJson, fromRows, Mistake, toJson, toRows } from './fields.js';
import { $, copy, setText } from './template.js';

export class RecordDialog {
  #dialog = $('record-dialog');
  #rows = $('fields');
  #json = $('json');
  #attachments = new Attachments($('attachments'));
  #database;
  #onstored;
  #onremoved;
  #id = null;

  /**
   * `database()` is asked for whenever it is needed. Told afterwards: `onstored(id, record, isNew)` and
   * `onremoved(id)`.
   */
  constructor({ database, onstored, onremoved }) {
    this.#database = database;
    this.#onstored = onstored;
    this.#onremoved = onremoved;
    const on = (id, listener) => $(id).addEventListener('click', listener);
    on('add-field', () => this.#addField());
    on('as-json', () => this.#attempt(() => this.#showJson(this.#read())));
    on('as-fields', () => this.#attempt(() => this.#showRows(this.#read())));
    on('cancel', () => this.#dialog.close());
    on('remove', () => this.#ask('removing', 'keep'));
    on('keep', () => this.#ask('editing', 'remove'));
    on('really-remove', () => this.#attempt(() => this.#remove()));
    this.#rows.addEventListener('click', (event) => this.#removeField(event.target.closest('button')));
    $('record-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#attempt(() => this.#store());
    });
    this.#dialog.addEventListener('close', () => this.#attachments.hide());
  }

  /** Opens on a record that is not stored yet, for more fields where its own are filled in. */
  create(record) {
    this.#open(null, record);
    const empty = [...this.#rows.querySelectorAll('textarea')].find(({ value }) => value === '');
    if (empty) empty.focus();
    else this.#addField();
  }

  /** Opens on a stored record, as it is now. */
  async edit(id) {
    const record = await this.#database().get(id);
    this.#open(id, record);
    this.#attachments.show(this.#database(), id);
  }

  #open(id, record) {
    this.#id = id;
    $('record-title').dataset.kind = id === null ? 'new' : 'stored';
    setText($('record-id'), id ?? '');
    setText($('record-error'), '');
    $('remove').hidden = id === null;
    this.#ask('editing');
    this.#showRows(record);
    this.#dialog.showModal();
  }

  #ask(what, focused) {
    this.#dialog.dataset.state = what;
    if (focused) $(focused).focus();
  }

  #showRows(record) {
    this.#dialog.dataset.form = 'fields';
    this.#rows.replaceChildren(...toRows(record).map(newRow));
  }

  #showJson(record) {
    this.#dialog.dataset.form = 'json';
    this.#json.value = toJson(record);
    this.#json.focus();
  }

  #addField() {
    const row = newRow({ key: '', text: '', isJson: false });
    this.#rows.append(row);
    row.querySelector('input').focus();
  }

  #removeField(button) {
    if (!button) return;
    const row = button.closest('li');
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (next?.querySelector('input') ?? $('add-field')).focus();
  }

  /** The record as it stands in the dialog. */
  #read() {
    if (this.#dialog.dataset.form === 'json') return fromJson(this.#json.value);
    return fromRows([...this.#rows.children].map((row) => ({
      key: row.querySelector('input').value.trim(),
      text: row.querySelector('textarea').value,
      isJson: row.hasAttribute('data-json'),
    })));
  }

  async #store() {
    const record = this.#read();
    const database = this.#database();
    const isNew = this.#id === null;
    const stored = isNew ? database.post(record) : database.put(this.#id, record);
    await this.#close(stored, (id) => this.#onstored(id, record, isNew));
  }

  async #remove() {
    const id = this.#id;
    await this.#close(this.#database().remove(id), () => this.#onremoved(id));
  }

  /** Closes when it is done, or waits for a connection to be done: then it is listed, and `tell` is called later. */
  async #close(doing, tell) {
    const done = doing.then(tell);
    await Promise.race([done, this.#away()]);
    done.catch(() => {});
    this.#dialog.close();
  }

  /** Resolves when the database will do later what it is asked for. */
  #away() {
    const database = this.#database();
    return new Promise((resolve) => {
      const look = () => {
        if (!database.waiting?.length || database.state.state === 'connected') return;
        database.removeEventListener('state', look);
        resolve();
      };
      database.addEventListener('state', look);
      look();
    });
  }

  /** Does one thing at a time; what goes wrong is said beside it. */
  async #attempt(action) {
    if (this.#dialog.hasAttribute('aria-busy')) return;
    this.#dialog.setAttribute('aria-busy', 'true');
    setText($('record-error'), '');
    try {
      await action();
    } catch (error) {
      setText($('record-error'), error.message);
      if (error instanceof Mistake) this.#focusMistake(error.row);
    } finally {
      this.#dialog.removeAttribute('aria-busy');
    }
  }

  #focusMistake(row) {
    if (this.#dialog.dataset.form === 'json') this.#json.focus();
    else this.#rows.children[row]?.querySelector('input').focus();
  }
}

function newRow({ key, text, isJson }) {
  const row = copy('field-row');
  row.querySelector('input').value = key;
  row.querySelector('textarea').value = text;
  row.toggleAttribute('data-json', isJson);
  row.querySelector('.kind').hidden = !isJson;
  return row;
}
