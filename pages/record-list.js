// Finds records and shows a page of them. The newest question wins; a row that is there stays the same
// element, so that focus and place are kept.

import { byName, toLabel, toShown } from './fields.js';
import { PAGE, toOptions } from './query.js';
import { copy, fill, say, setText } from './template.js';

const SHOWN_FIELDS = 24;
/** Longer values get a line of their own. */
const LONG_VALUE = 40;
/** Between two refreshes of records that change all the time. */
const REST_MS = 500;

/** A list inside `root`: its form, its rows and its two buttons are found by `data-part`. */
export class RecordList {
  #root;
  #onopen;
  #database = null;
  #question;
  #skip = 0;
  #text = '';
  #asked = false;
  #isStale = false;
  #refreshing = null;

  /** `onopen(id)` opens the record that a person wants to see whole. */
  constructor(root, { onopen }) {
    this.#root = root;
    this.#onopen = onopen;
    this.#part('form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.find();
    });
    this.#part('previous').addEventListener('click', () => this.#turn(-PAGE));
    this.#part('next').addEventListener('click', () => this.#turn(PAGE));
    this.#part('rows').addEventListener('click', (event) => {
      const button = event.target.closest('button');
      if (button) this.#open(button.closest('li').dataset.id);
    });
  }

  /** The records to look into from now on; null for none. */
  set database(database) {
    this.#question?.abort();
    this.#database = database;
    this.#asked = false;
    this.#part('rows').replaceChildren();
    this.#root.dataset.state = 'unasked';
    setText(this.#part('count'), '');
  }

  /** Asks for what stands in the search field, from the first page on. */
  find() {
    this.#text = this.#part('search').value;
    this.#skip = 0;
    return this.#ask();
  }

  /** Asks the same again, where anything was asked. While that goes on, many more wishes are one. */
  refresh() {
    this.#isStale = true;
    return (this.#refreshing ??= this.#renew());
  }

  async #open(id) {
    setText(this.#part('error'), '');
    try {
      await this.#onopen(id);
    } catch (error) {
      setText(this.#part('error'), error.message);
    }
  }

  async #renew() {
    while (this.#isStale && this.#asked) {
      this.#isStale = false;
      await this.#ask();
      if (this.#isStale) await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    this.#refreshing = null;
  }

  async #turn(by) {
    this.#skip = Math.max(0, this.#skip + by);
    await this.#ask();
    const rows = this.#part('rows');
    if (rows.getBoundingClientRect().top < 0) rows.scrollIntoView();
  }

  async #ask() {
    if (!this.#database) return;
    this.#question?.abort();
    const question = (this.#question = new AbortController());
    this.#asked = true;
    this.#root.setAttribute('aria-busy', 'true');
    setText(this.#part('error'), '');
    try {
      const { protocol } = this.#database.state ?? {};
      const options = { ...toOptions(this.#text, { skip: this.#skip, protocol }), signal: question.signal };
      const { data } = await this.#database.allDocs(options);
      if (!question.signal.aborted) this.#paint(data.rows);
    } catch (error) {
      if (!question.signal.aborted) this.#fail(error);
    } finally {
      if (this.#question === question) this.#root.removeAttribute('aria-busy');
    }
  }

  #paint(found) {
    const hasMore = found.length > PAGE;
    const shown = found.slice(0, PAGE).map(({ id, doc, value }) => [id, doc ?? value ?? {}]);
    // Many records stay in the master's order, which costs it nothing: sorting them all for each page would.
    if (!hasMore && this.#skip === 0) shown.sort(byName);
    this.#root.dataset.state = shown.length > 0 ? 'found' : 'empty';
    this.#paintRows(shown);
    this.#paintCount(shown.length, hasMore);
    this.#paintPages(hasMore);
    // The last page's only record was removed: there is one page less.
    if (shown.length === 0 && this.#skip > 0) this.#turn(-PAGE);
  }

  #paintRows(found) {
    const list = this.#part('rows');
    const before = new Map([...list.children].map((row) => [row.dataset.id, row]));
    const rows = found.map(([id, record]) => paintRow(before.get(id) ?? copy('record'), id, record));
    const isSame = rows.length === list.children.length && rows.every((row, at) => row === list.children[at]);
    if (!isSame) list.replaceChildren(...rows);
  }

  #paintCount(count, hasMore) {
    const count_ = this.#part('count');
    const fields = { from: this.#skip + 1, to: this.#skip + count, count, text: this.#text.trim() };
    if (count === 0) say(count_, this.#text.trim() ? 'found-nothing' : 'found-no-records', fields);
    else if (hasMore || this.#skip > 0) say(count_, 'found-page', fields);
    else say(count_, count === 1 ? 'found-one' : 'found-many', fields);
  }

  #paintPages(hasMore) {
    const [previous, next] = [this.#part('previous'), this.#part('next')];
    const focused = document.activeElement;
    previous.disabled = this.#skip === 0;
    next.disabled = !hasMore;
    previous.parentElement.hidden = previous.disabled && next.disabled;
    // Focus on a button that can no longer be pressed would be lost.
    if (focused === previous && previous.disabled) next.focus();
    if (focused === next && next.disabled) previous.focus();
  }

  #fail(error) {
    this.#root.dataset.state = 'failed';
    this.#part('rows').replaceChildren();
    this.#part('previous').parentElement.hidden = true;
    setText(this.#part('count'), '');
    setText(this.#part('error'), error.message);
  }

  #part(name) {
    return this.#root.querySelector(`[data-part="${name}"]`);
  }
}

function paintRow(row, id, record) {
  row.dataset.id = id;
  const fields = Object.entries(record);
  const more = fields.length - SHOWN_FIELDS;
  const pairs = fields.slice(0, SHOWN_FIELDS).map(([key, value]) => {
    const pair = copy('field');
    const shown = toShown(value);
    fill(pair, { key: toShown(key), value: shown });
    pair.toggleAttribute('data-long', shown.length > LONG_VALUE);
    return pair;
  });
  row.querySelector('dl').replaceChildren();
  fill(row, { label: toLabel(id, record), more });
  row.querySelector('dl').append(...pairs);
  row.querySelector('[data-more]').hidden = more <= 0;
  return row;
}
