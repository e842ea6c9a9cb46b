// Who has to be answered, in the master's window: devices that wait in the lobby, and devices that want to write
// for the first time. The words are in master.html.

import { $, copy, fill, say, setText } from '../pages/template.js';

/** How long a device that was let in may come back by itself, in seconds. */
const A_DAY = 86_400;
const TITLE = document.title;

export class Knocks {
  #link;
  #guests;
  /** What was shown last, by session: another page may take a device's id, but never its session. */
  #shown = new Map();
  /** What was said of a session, and the invitation made for it. */
  #answered = new Map();

  /** `link()` is the line to the master, `guests` that to the worker. */
  constructor({ link, guests }) {
    this.#link = link;
    this.#guests = guests;
    $('knocks').addEventListener('click', ({ target }) => {
      const button = target.closest('button');
      const asked = this.#shown.get(Number(button?.closest('li').dataset.session));
      if (asked && !this.#answered.has(asked.session)) this.#answer(asked, button.dataset.does === 'allow');
    });
  }

  /** Shows who waits, as the master tells it. */
  paint({ peers, questions = [] }) {
    const waiting = peers.filter(({ state }) => state === 'waiting');
    const writers = questions.map((question) => ({ ...question, state: 'writing' }));
    const shown = new Map([...waiting, ...writers].map((asked) => [asked.session, asked]));
    for (const [session, gone] of this.#shown) {
      const peer = peers.find((peer) => peer.session === session);
      if (!shown.has(session) && peer?.state !== 'connecting') this.#over(gone, peer);
      // A proof is under way: it is over when that is.
      else if (!shown.has(session)) shown.set(session, gone);
    }
    this.#shown = shown;
    const list = $('knocks');
    const before = new Map([...list.children].map((row) => [row.dataset.session, row]));
    const rows = [...shown.values()].map((asked) => this.#paintRow(before.get(String(asked.session)), asked));
    if (rows.length !== list.children.length || rows.some((row, at) => row !== list.children[at])) list.replaceChildren(...rows);
    $('door').hidden = rows.length === 0 && $('knock-said').textContent === '' && $('knock-error').textContent === '';
    document.title = rows.length > 0 ? `(${rows.length}) ${TITLE}` : TITLE;
  }

  /** Brings them into view. No button has the focus: a key that is pressed by chance answers nothing. */
  show() {
    $('door').scrollIntoView({ block: 'start' });
    $('door').focus({ preventScroll: true });
  }

  #paintRow(row, { session, state, address, signs }) {
    if (row?.dataset.asks !== state) row = copy(state === 'writing' ? 'writing' : 'knock');
    row.dataset.session = session;
    row.dataset.asks = state;
    fill(row, { address: nameOf(address), signs: signs?.pictures, names: signs?.names.join(' · ') });
    row.querySelector('.signs')?.setAttribute('aria-label', signs.names.join(', '));
    for (const button of row.querySelectorAll('button')) button.disabled = this.#answered.has(session);
    return row;
  }

  async #answer(asked, allowed) {
    this.#answered.set(asked.session, { allowed });
    for (const text of ['knock-said', 'knock-error']) setText($(text), '');
    for (const button of $('knocks').querySelectorAll(`[data-session="${asked.session}"] button`)) button.disabled = true;
    try {
      if (asked.state === 'writing') this.#link().answer(asked.session, allowed);
      else if (allowed) await this.#letIn(asked);
      else await this.#refuse(asked);
    } catch (error) {
      this.#answered.delete(asked.session);
      setText($('knock-error'), error.message);
    }
  }

  async #letIn({ session, address }) {
    const label = `Device at ${nameOf(address)}`;
    const expires = Math.floor(Date.now() / 1000) + A_DAY;
    const { id } = await this.#guests.command({ kind: 'invite', label, rights: 'ask-first', expires });
    const answered = this.#answered.get(session);
    // It has left in the meantime.
    if (!answered) return this.#guests.command({ kind: 'revoke', id });
    answered.invitation = id;
    this.#link().letIn(session, id);
  }

  /** The broadcaster closes the door; the master hears of it from there. */
  async #refuse({ id, member }) {
    if (member === null) this.#link().dismiss(id);
    else await this.#guests.command({ kind: 'refuse', member });
  }

  /** One that was shown waits no more. */
  #over({ session, state, address }, peer) {
    const { allowed, invitation } = this.#answered.get(session) ?? {};
    this.#answered.delete(session);
    const isHere = peer?.state === 'connected';
    if (state === 'writing' && isHere) return;
    if (invitation && !isHere) this.#guests.command({ kind: 'revoke', id: invitation }).catch(() => {});
    const words = isHere ? 'knock-in' : allowed === false ? 'knock-refused' : 'knock-left';
    say($('knock-said'), words, { address: nameOf(address) });
  }
}

const nameOf = (address) => address ?? $('address-unknown').content.textContent;
