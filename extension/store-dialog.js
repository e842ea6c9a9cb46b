// The dialog in which a person says where the records live. Nothing changes before the server has been reached once,
// and the browser was allowed to.

import { $, say, setText } from '../pages/template.js';

const MEGABYTE = 1e6;

export class StoreDialog {
  #link;

  /** `link()` gives the line to the master. */
  constructor({ link }) {
    this.#link = link;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.#use();
    });
    this.#form.addEventListener('input', () => this.#show());
    $('store-cancel').addEventListener('click', () => $('store-dialog').close());
  }

  get #form() {
    return $('store-dialog').querySelector('form');
  }

  /** Opens with what holds now. */
  open({ kind, server, secret }) {
    const form = this.#form;
    form.reset();
    const fields = form.elements;
    fields.kind.value = kind;
    if (server) {
      for (const name of ['type', 'url', 'user', 'view', 'properties', 'query', 'date', 'conflicts', 'from', 'to']) {
        if (server[name] !== undefined && server[name] !== null) fields[name].value = server[name];
      }
      fields.keep.checked = secret.kept;
      if (server.budget) fields.budget.value = server.budget / MEGABYTE;
    }
    fields.secret.placeholder = server && secret.known ? $('store-as-before').content.textContent : '';
    setText($('store-error'), '');
    this.#show();
    $('store-dialog').showModal();
  }

  /** Shows the questions that what was chosen leaves open. */
  #show() {
    const { kind, type } = this.#form.elements;
    const chosen = [kind.value, type.value, kind.value === 'local' ? 'no server' : 'server'];
    for (const part of $('store-dialog').querySelectorAll('[data-of]')) part.hidden = !chosen.includes(part.dataset.of);
  }

  async #use() {
    if (this.#form.hasAttribute('aria-busy')) return;
    this.#form.setAttribute('aria-busy', 'true');
    setText($('store-error'), '');
    say($('store-said'), 'store-trying');
    try {
      await this.#link().useStore(await this.#asked());
      $('store-dialog').close();
    } catch (error) {
      setText($('store-error'), error.message);
    } finally {
      setText($('store-said'), '');
      this.#form.removeAttribute('aria-busy');
    }
  }

  /** What was filled in, once the browser may reach the server. */
  async #asked() {
    const { kind, type, url, user, secret, keep, view, properties, query, date, conflicts, budget, from, to } = this.#form.elements;
    if (kind.value === 'local') return { kind: 'local' };
    const server = { type: type.value, url: whole(url.value), user: user.value, conflicts: Number(conflicts.value) };
    if (type.value === 'erp5') {
      for (const field of [view, properties, query, date]) server[field.name] = field.value.trim();
    }
    if (budget.value) server.budget = Math.round(Number(budget.value) * MEGABYTE);
    if (from.value !== to.value) Object.assign(server, { from: from.value, to: to.value });
    const { origin } = new URL(server.url);
    // Asked for now, by the press on the button, and for this address alone.
    if (!(await chrome.permissions.request({ origins: [`${origin}/*`] }))) throw new Error($('store-not-allowed').content.textContent);
    return { kind: kind.value, server, secret: secret.value, keep: keep.checked };
  }
}

/** An address as a URL: who types a name alone means https. */
function whole(text) {
  const url = URL.parse(/^[a-z]+:\/\//i.test(text.trim()) ? text.trim() : `https://${text.trim()}`);
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error($('store-no-url').content.textContent);
  return url.href;
}
