// The invitations in the master's window: which there are, a new one, its link and code, and their end. The words are
// in master.html.

import { $, copy, fill, say, setText } from '../pages/template.js';
import { confirm } from './confirm.js';

/** Calls the worker: `command` as guests-link.js gives it. */
export class Invitations {
  #command;
  #shown = [];

  constructor(command) {
    this.#command = command;
    $('invitations').addEventListener('click', ({ target }) => {
      const button = target.closest('button');
      const shown = this.#shown.find(({ id }) => id === button?.closest('li').dataset.id);
      if (shown) this.#act(button.dataset.does, shown);
    });
    $('invite-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#invite();
    });
    $('copy-link').addEventListener('click', () => this.#copy());
  }

  /** Shows the invitations of a state of the session. */
  paint({ invitations = [] }) {
    this.#shown = [...invitations].sort((a, b) => (a.kind === b.kind ? a.issued - b.issued : a.kind === 'shared' ? -1 : 1));
    $('no-invitations').hidden = this.#shown.length > 0;
    const list = $('invitations');
    const before = new Map([...list.children].map((row) => [row.dataset.id, row]));
    const rows = this.#shown.map((shown) => paintRow(before.get(shown.id) ?? copy('invitation'), shown));
    const isSame = rows.length === list.children.length && rows.every((row, at) => row === list.children[at]);
    if (!isSame) list.replaceChildren(...rows);
  }

  isShared(id) {
    return this.#shown.some((shown) => shown.id === id && shown.kind === 'shared');
  }

  async #act(what, { id, label }) {
    if (what === 'show') return this.#attempt(async () => show(label, await this.#command({ kind: 'show', id })));
    if (await confirm(what, { label })) await this.#attempt(() => this.#command({ kind: what, id }));
  }

  #invite() {
    const { label, rights, span } = $('invite-form').elements;
    const name = label.value.trim();
    if (name === '') {
      say($('invite-error'), 'label-missing');
      return label.focus();
    }
    const expires = span.value ? Math.floor(Date.now() / 1000) + Number(span.value) : undefined;
    return this.#attempt(async () => {
      const made = await this.#command({ kind: 'invite', label: name, rights: rights.value, expires });
      $('invite-form').reset();
      if (made.link) show(name, made);
    });
  }

  async #attempt(action) {
    setText($('invite-error'), '');
    try {
      await action();
    } catch (error) {
      setText($('invite-error'), error.message);
    }
  }

  // The text stays selected: where the clipboard refuses, Ctrl+C does it.
  async #copy() {
    getSelection().selectAllChildren($('link'));
    await navigator.clipboard.writeText($('link').textContent);
    say($('link-copied'), 'link-is-copied');
  }
}

function paintRow(row, { id, kind, label, rights, expires }) {
  row.dataset.id = id;
  row.dataset.kind = kind;
  const ends = expires && new Date(expires * 1000);
  row.toggleAttribute('data-ended', Boolean(ends) && ends < Date.now());
  const date = ends && ends.toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' });
  fill(row, { label, rights: $(`rights-${rights}`).content.textContent });
  say(row.querySelector('.ends'), ends ? (ends < Date.now() ? 'ends-ended' : 'ends-at') : 'ends-never', { date });
  return row;
}

function show(label, { link, qr }) {
  setText($('invitation-label'), label);
  setText($('link'), link);
  setText($('link-copied'), '');
  $('link-code').toggleAttribute('hidden', !qr);
  if (qr) {
    $('link-code').setAttribute('viewBox', `0 0 ${qr.size} ${qr.size}`);
    $('link-code').firstElementChild.setAttribute('d', qr.path);
  }
  $('invitation-dialog').showModal();
}
