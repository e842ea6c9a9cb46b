// Finds records, shows a page of them and follows what changes there. The newest question wins; a row that is there stays the same
// element, so that focus and place are kept.

import { byName, toLabel, toShown } from './fields.js';
import { PAGE, toOptions } from './query.js';
import { copy, fill, say, setText } from './template.js';

const SHOWN_FIELDS = 24;
/** Longer values get a line of their own. */
const LONG_VALUE = 40;
/** Between two refreshes of records that change all the time. */
const REST_MS = 500;
/** A master, or a storage, that does not tell what changes. */
const CANNOT = 501;
/** What each row shows, so that one that is the same is not painted again. */
const painted = new WeakMap();

/** A list inside `root`: its form, its rows and its two buttons are found by `data-part`. */
export class RecordList {
  #root;
  #onopen;
  #database = null;
  #question;
  #skip = 0;
  #text = '';
  #asked = false;
  /** The query that is followed; null where the master does not tell what changes. */
  #live = null;
  #newest;
  #resting = null;
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
    this.#forget();
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

  /** Sees what has changed, where it was asked for and is not told by itself. Many such wishes at once are one. */
  refresh() {
    if (this.#live || !this.#asked) return undefined;
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
    this.#forget();
    const question = (this.#question = new AbortController());
    this.#asked = true;
    this.#root.setAttribute('aria-busy', 'true');
    setText(this.#part('error'), '');
    try {
      await this.#follow(question.signal);
    } catch (error) {
      if (!question.signal.aborted) this.#fail(error);
    } finally {
      if (this.#question === question) this.#root.removeAttribute('aria-busy');
    }
  }

  /** Is told the rows and what changes of them; where that cannot be, asks once. */
  async #follow(signal) {
    const { state, protocol } = this.#database.state ?? {};
    const ask = () => toOptions(this.#text, { skip: this.#skip, protocol: this.#database.state?.protocol });
    if (state === 'connected' && protocol === '') return this.#askOnce(ask(), signal);
    const live = this.#database.subscribe(toOptions(this.#text, { skip: this.#skip }), ({ rows }) => signal.aborted || this.#show(rows), { signal });
    this.#live = live;
    // The rows stay: they are what was known last.
    live.ended.catch((error) => {
      if (this.#live !== live) return;
      this.#live = null;
      if (this.#root.dataset.state !== 'unasked') setText(this.#part('error'), error.message);
    });
    try {
      await live.ready;
    } catch (error) {
      if (error.status_code !== CANNOT || signal.aborted) throw error;
      setText(this.#part('error'), '');
      await this.#askOnce(ask(), signal);
    }
  }

  async #askOnce(options, signal) {
    const { data } = await this.#database.allDocs({ ...options, signal });
    if (!signal.aborted) this.#paint(data.rows);
  }

  /** Paints rows, but not more often than a person can follow. */
  #show(rows) {
    this.#newest = rows;
    if (this.#resting) return;
    this.#paint(rows);
    this.#resting = setTimeout(() => {
      this.#resting = null;
      if (this.#newest !== rows) this.#show(this.#newest);
    }, REST_MS);
  }

  /** Hears no more of what was asked. */
  #forget() {
    this.#live = null;
    this.#question?.abort();
    clearTimeout(this.#resting);
    this.#resting = null;
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
    // Those that stay are not moved, so that focus and what is read stay where they are.
    const staying = new Set(rows);
    for (const row of [...list.children]) if (!staying.has(row)) row.remove();
    rows.forEach((row, at) => list.children[at] !== row && list.insertBefore(row, list.children[at]));
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
  if (painted.get(row) === record) return row;
  painted.set(row, record);
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
