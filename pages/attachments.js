// The attachments of one stored record: a list of names to load down or remove, and files to add.

import { copy, fill, say, setText } from './template.js';

const HELD_MS = 60_000;

export class Attachments {
  #root;
  #database = null;
  #id = null;
  /** Ends what is under way when the record is left. */
  #visit = new AbortController();

  constructor(root) {
    this.#root = root;
    this.#part('list').addEventListener('click', ({ target }) => this.#press(target.closest('button')));
    this.#part('files').addEventListener('change', ({ target }) => this.#add(target));
  }

  /** Shows those of a record. */
  show(database, id) {
    this.hide();
    this.#database = database;
    this.#id = id;
    this.#visit = new AbortController();
    const { signal } = this.#visit;
    database.addEventListener?.('progress', ({ detail }) => detail.id === id && this.#progress(detail), { signal });
    this.#root.hidden = false;
    return this.#attempt(() => this.#load());
  }

  hide() {
    this.#visit.abort();
    this.#root.hidden = true;
    this.#part('list').replaceChildren();
    this.#rest();
  }

  async #load() {
    const { signal } = this.#visit;
    const names = Object.keys(await this.#database.allAttachments(this.#id, { signal }));
    if (signal.aborted) return;
    this.#part('list').replaceChildren(...names.map((name) => {
      const row = copy('attachment');
      row.dataset.name = name;
      fill(row, { name });
      return row;
    }));
  }

  #press(button) {
    if (!button) return;
    const { name } = button.closest('li').dataset;
    this.#attempt(() => (button.dataset.does === 'remove' ? this.#remove(name) : this.#save(name)));
  }

  async #add(input) {
    await this.#attempt(async () => {
      for (const file of input.files) {
        say(this.#part('status'), 'attachment-sending', { name: file.name });
        await this.#database.putAttachment(this.#id, file.name, file, { signal: this.#visit.signal });
      }
      await this.#load();
    });
    input.value = '';
  }

  async #save(name) {
    say(this.#part('status'), 'attachment-fetching', { name });
    const blob = await this.#database.getAttachment(this.#id, name, { signal: this.#visit.signal });
    saveAs(blob, name);
  }

  async #remove(name) {
    await this.#database.removeAttachment(this.#id, name, { signal: this.#visit.signal });
    await this.#load();
    this.#part('files').focus();
  }

  async #attempt(action) {
    const { signal } = this.#visit;
    setText(this.#part('error'), '');
    try {
      await action();
    } catch (error) {
      if (!signal.aborted) setText(this.#part('error'), error.message);
    } finally {
      if (!signal.aborted) this.#rest();
    }
  }

  #progress({ done, total }) {
    const bar = this.#part('progress');
    bar.hidden = false;
    bar.max = Math.max(total, 1);
    bar.value = done;
  }

  #rest() {
    this.#part('progress').hidden = true;
    setText(this.#part('status'), '');
  }

  #part(name) {
    return this.#root.querySelector(`[data-part="${name}"]`);
  }
}

/** Hands bytes to the browser as a file to keep. */
export function saveAs(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  // Some browsers look the bytes up only when the person has said where to keep them.
  setTimeout(() => URL.revokeObjectURL(link.href), HELD_MS);
}
