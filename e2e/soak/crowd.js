// Hundreds of members that come, speak and go: plain and enveloped ones, with text and bytes, in a dozen rooms,
// from several addresses. Who is cut off comes back.

import { ENVELOPE, Member } from '../harness/member.js';
import { PORT } from '../harness/sharing.js';
import { Order } from './order.js';
import { Pause } from './pause.js';

const ROOMS = Array.from({ length: 16 }, (_, n) => `/soak-${n}`);
/** How long one stays, and is silent between two messages, in milliseconds. */
const STAY = [1_000, 20_000];
const SILENCE = [100, 2_500];
const AWAY = [50, 800];
/** For an answer at the door. */
const PATIENCE = 20_000;

export class Crowd {
  order = new Order();
  counts = { came: 0, notLetIn: 0, cutOff: 0 };
  /** Those who are in their rooms now. */
  #here = new Set();
  #visits;
  #pause = new Pause();
  /** Called when somebody is cut off, with the code: whether that is to be expected now. */
  #mayBeCutOff;

  constructor({ random, doors, size, mayBeCutOff }) {
    this.#mayBeCutOff = mayBeCutOff;
    this.#visits = Array.from({ length: size }, (_, n) => {
      const own = random.fork(`member ${n}`);
      return this.#visit(own, doors[n % doors.length], ROOMS[n % ROOMS.length]);
    });
  }

  /** Comes, stays and goes, again and again. */
  async #visit(random, door, room) {
    while (!this.#pause.isOver) {
      const visitor = await this.#come(random, door, room);
      if (visitor) await this.#stay(random, visitor);
      await this.#pause.for(random.between(...AWAY));
    }
  }

  async #come(random, { host, localAddress }, room) {
    const options = { localAddress, handshakeTimeout: PATIENCE, protocols: random.chance(0.5) ? [ENVELOPE] : [] };
    const member = new Member(`ws://${host}:${PORT}${room}`, options);
    try {
      await member.opened;
    } catch {
      this.counts.notLetIn += 1;
      return undefined;
    }
    this.counts.came += 1;
    const visitor = { member, session: this.order.open(room), isEnveloped: member.protocol === ENVELOPE, isLeaving: false, others: new Set() };
    this.#here.add(visitor);
    this.#listen(visitor);
    member.closed.then(({ code }) => this.#left(visitor, code));
    return visitor;
  }

  async #listen({ member, session, isEnveloped, others }) {
    try {
      for (;;) {
        const message = await member.next();
        if (!isEnveloped) session.hear(message.toString());
        else this.#read(JSON.parse(message), session, others);
        this.#onHeard?.();
      }
    } catch {
      // Closed: `#left` says how.
    }
  }

  #read({ kind, data, binary, members, member, ...rest }, session, others) {
    if (kind === 'message') session.hear(data ?? Buffer.from(binary, 'base64').toString());
    else if (kind === 'welcome') members.forEach(({ id }) => others.add(id));
    else if (kind === 'joined') others.add(member.id);
    else if (kind === 'left') others.delete(member.id);
    else if (rest.code !== 'no-such-member') this.order.complaints.push(`${session.key} was told: ${kind} ${rest.detail}`);
  }

  #left(visitor, code) {
    this.#here.delete(visitor);
    visitor.isGone = true;
    if (visitor.isLeaving) return;
    this.counts.cutOff += 1;
    if (!this.#mayBeCutOff()) this.order.complaints.push(`${visitor.session.key} was cut off with ${code}, and nothing had happened`);
  }

  async #stay(random, visitor) {
    const end = performance.now() + random.between(...STAY);
    while (!visitor.isGone && performance.now() < end) {
      await this.#say(random, visitor);
      await this.#pause.for(random.between(...SILENCE));
      if (this.#pause.isOver) return;
    }
    if (!visitor.isGone) await this.#go(random, visitor);
  }

  async #go(random, visitor) {
    visitor.isLeaving = true;
    if (random.chance(0.2)) return visitor.member.terminate();
    const { code } = await visitor.member.close();
    visitor.session.isWhole = code === 1005;
    return undefined;
  }

  async #say(random, { member, session, isEnveloped, others }) {
    const padding = 'x'.repeat(random.chance(0.01) ? random.between(50_000, 200_000) : random.between(0, 2_000));
    const words = session.words(padding);
    const isBinary = random.chance(0.2);
    const to = random.chance(0.2) && others.size > 0 ? random.pick([...others]) : undefined;
    const content = isBinary ? { binary: Buffer.from(words).toString('base64') } : { data: words };
    try {
      if (!isEnveloped) return await member.send(isBinary ? Buffer.from(words) : words);
      await member.sendJson({ kind: 'send', ...content });
      if (to) await member.sendJson({ kind: 'send', to, data: session.aside() });
    } catch {
      // Cut off: `#left` counts it.
    }
    return undefined;
  }

  /**
   * The end: all stop, whoever is here says one more word, and all others have to hear it. Then they go.
   * Behind those words nothing is under way, so that every end can be checked.
   */
  async disperse() {
    this.#pause.end();
    await Promise.all(this.#visits);
    const here = [...this.#here];
    const pairs = here.flatMap((one) => here.filter((other) => other !== one && other.session.room === one.session.room).map((other) => [one.session, other.session]));
    const haveHeard = () => pairs.every(([one, other]) => one.hasHeardAll(other));
    const heard = new Promise((resolve) => (this.#onHeard = () => haveHeard() && resolve()));
    await Promise.all(here.map(({ member, session, isEnveloped }) => (isEnveloped ? member.sendJson({ kind: 'send', data: session.words('') }) : member.send(session.words('')))));
    this.#onHeard();
    await heard;
    this.#onHeard = undefined;
    for (const { session } of here) session.checkEnds();
    await Promise.all(here.map((visitor) => ((visitor.isLeaving = true), visitor.member.close())));
  }
  #onHeard;
}
