// A database's side of a message channel to a master of the same origin. Messages:
//   page → master  { to: 'master', page, kind: 'open' | 'close' } or { to: 'master', page, frame }
//   master → page  { to: page, kind: 'opened' } or { to: page, frame }
//   master → all   { to: 'pages', kind: 'here' | 'gone' }
// `page` is a random text; `frame` is a text or a Uint8Array.

export class Attached {
  #channel;
  #page = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join('-');
  #inner;

  constructor(Attachment, channel, page) {
    this.#channel = channel;
    const send = (frame) => this.#send({ frame });
    this.#inner = new Attachment({ sendText: send, sendBytes: (bytes) => send(bytes.slice()) }, page);
    channel.addEventListener('message', this.#hear);
    channel.start?.();
    this.#send({ kind: 'open' });
  }

  call(...call) {
    this.#inner.call(...call);
  }

  cancel(number) {
    this.#inner.cancel(number);
  }

  /** There is one master only, and it says when it is there. */
  choose() {}
  retry() {}
  wake() {}

  close() {
    this.#channel.removeEventListener('message', this.#hear);
    this.#send({ kind: 'close' });
    this.#inner.close();
  }

  #send(message) {
    this.#channel.postMessage({ to: 'master', page: this.#page, ...message });
  }

  #hear = ({ data }) => {
    if (data?.to === 'pages' && data.kind === 'here') this.#send({ kind: 'open' });
    if (data?.to === 'pages' && data.kind === 'gone') this.#inner.lost();
    if (data?.to !== this.#page) return;
    if (data.kind === 'opened') this.#inner.opened();
    else if (typeof data.frame === 'string') this.#inner.text(data.frame);
    else if (data.frame instanceof Uint8Array) this.#inner.bytes(data.frame);
  };
}
