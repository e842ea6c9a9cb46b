// Where a person says which broadcaster is meant: by its address, or by the whole link of an invitation. The
// invitation is held and not shown: what stands in the field is an address.

import { ownBroadcasterUrl, readAddress, toBroadcasterUrl } from './address.js';
import { held, hold, onArrival } from './invitation.js';
import { $, say, setText } from './template.js';

export class ConnectForm {
  #onconnect;

  /** `onconnect(link)` is called with the address, and with the invitation after `#` where one is held. */
  constructor({ onconnect }) {
    this.#onconnect = onconnect;
    $('connect-form').addEventListener('submit', (event) => {
      event.preventDefault();
      this.#read();
    });
    $('forget').addEventListener('click', () => {
      hold('');
      this.#paint();
      $('url').focus();
    });
    onArrival(() => this.begin());
  }

  /** Fills the field in; who comes with an invitation is connected. */
  begin() {
    $('url').value = held() ? readAddress(held()).url : ownBroadcasterUrl(location);
    this.#paint();
    if (held()) this.#connect();
  }

  /** Holds an invitation that came over the connection that there is. */
  take(link) {
    hold(link);
    this.#paint();
  }

  /** The broadcaster's host, as the field has it. */
  get host() {
    return new URL(toBroadcasterUrl($('url').value) ?? location.href).host;
  }

  #read() {
    const read = readAddress($('url').value, ownBroadcasterUrl(location));
    if (read === null) {
      say($('address-error'), 'no-address');
      return $('url').focus();
    }
    const invitation = read.fragment || readAddress(held())?.fragment;
    if (invitation) hold(`${read.url}#${invitation}`);
    $('url').value = read.url;
    this.#paint();
    this.#connect();
  }

  #connect() {
    this.#onconnect(held() || $('url').value);
  }

  #paint() {
    $('invited').hidden = !held();
    $('url-hint').hidden = Boolean(held());
    setText($('address-error'), '');
  }
}
