// Who is connected, in the master's window: what each may do, and how to be rid of one. The words are in master.html.

import { $, copy, fill, setText } from '../pages/template.js';
import { confirm } from './confirm.js';
import { age } from './words.js';

export class Peers {
  #link;
  #guests;
  #isShared;
  #peers = [];

  /** `link()` is the line to the master, `guests` that to the worker; `isShared(id)` knows invitations. */
  constructor({ link, guests, isShared }) {
    this.#link = link;
    this.#guests = guests;
    this.#isShared = isShared;
    $('peers').addEventListener('click', ({ target }) => {
      const button = target.closest('button');
      const peer = this.#of(button);
      if (peer && button.dataset.does === 'dismiss') link().dismiss(peer.id);
      if (peer && button.dataset.does === 'ban') this.#ban(peer);
    });
    $('peers').addEventListener('change', ({ target }) => {
      const peer = this.#of(target);
      if (peer) link().setRights(peer.id, target.value);
    });
    $('strangers').addEventListener('change', ({ target }) => link().setStrangers(target.value || null));
  }

  /** Shows what a state of the session says of strangers, who come in open mode only. */
  paintStrangers({ mode, strangers }) {
    $('strangers-line').hidden = mode !== 'open';
    const value = strangers ?? '';
    if ($('strangers').value !== value) $('strangers').value = value;
  }

  /** Shows them as the master tells them. */
  paint(all) {
    // Who waits is answered elsewhere.
    const peers = all.filter(({ state }) => state !== 'waiting');
    this.#peers = peers;
    setText($('peer-count'), String(peers.filter(({ state }) => state === 'connected').length));
    $('nobody').hidden = peers.length > 0;
    const list = $('peers');
    const before = new Map([...list.children].map((row) => [row.dataset.id, row]));
    const rows = peers.map((peer) => paintPeer(before.get(peer.id) ?? copy('peer'), peer));
    const isSame = rows.length === list.children.length && rows.every((row, at) => row === list.children[at]);
    if (!isSame) list.replaceChildren(...rows);
  }

  #of(control) {
    const row = control?.closest('li');
    return row && this.#peers.find(({ id }) => id === row.dataset.id);
  }

  async #ban({ id, address, invitation }) {
    const isShared = invitation !== null && this.#isShared(invitation.id);
    const what = invitation && !isShared ? 'ban-guest' : 'ban';
    const agreed = await confirm(what, { address: nameOf(address), label: invitation?.label }, { box: isShared });
    if (!agreed) return;
    setText($('peers-error'), '');
    try {
      // First, so that who is cut off does not come back in between.
      await this.#guests.command({ kind: 'ban', address: address ?? undefined, invitation: invitation?.id });
      this.#link().dismiss(id);
      if (agreed.also) await this.#guests.command({ kind: 'renew', id: invitation.id });
    } catch (error) {
      setText($('peers-error'), error.message);
    }
  }
}

function paintPeer(row, { id, address, state, since, rights, invitation, relayed }) {
  row.dataset.id = id;
  row.dataset.state = state === 'connecting' ? state : invitation ? 'guest' : 'stranger';
  row.querySelector('.relayed').hidden = !relayed;
  fill(row, { address: nameOf(address), age: age((Date.now() - since) / 1000), label: invitation?.label });
  const select = row.querySelector('select');
  if (select.value !== rights) select.value = rights;
  return row;
}

const nameOf = (address) => address ?? $('address-unknown').content.textContent;
