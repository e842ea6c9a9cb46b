// The most that hostile members can have the companion hold, and what docs/security.md says that this is.

import { randomBytes } from 'node:crypto';
import { Member } from '../harness/member.js';
import { here, LAN, PORT } from '../harness/sharing.js';

const KIB = 1024;
const MIB = 1024 * KIB;
/** Of broadcaster/src/limits.rs. */
const CONNECTIONS_PER_ADDRESS = 64;
const MESSAGE_BYTES = MIB;
const QUEUE_BYTES = 4 * MIB;
/** A head or a read buffer, what came before the hub's answer, and 32 Pong frames. */
const BUFFERS = 20 * KIB;
const LINK_QUEUE_BYTES = 4 * MIB;
const LINK_WINDOW_BYTES = 4 * MIB;
/** Rooms of receivers that never read, and how many in each. */
const ROOMS = 4;
const DEAF = 8;
/** One message to those who never read, in bytes. */
const FLOOD = 128 * KIB;

/** Connections of an attack, of which `ROOMS` of each send and read. */
const CONNECTIONS = CONNECTIONS_PER_ADDRESS + ROOMS * (DEAF + 2);

/** What the first of them have sent and the companion has read, in bytes: if it held less, this were no attack. */
export const SENT = CONNECTIONS_PER_ADDRESS * (MESSAGE_BYTES - 1);

/**
 * The sum of docs/security.md for these attackers. Each connection has its buffers; who stops in the middle has a
 * message and the fragments before it; a room holds one queue, since a broadcast is held once for all its receivers,
 * and the message that its sender is sending; and there is what is on the link, one way and the other.
 */
export const SUM =
  CONNECTIONS * BUFFERS +
  CONNECTIONS_PER_ADDRESS * 2 * MESSAGE_BYTES +
  ROOMS * (QUEUE_BYTES + 2 * MESSAGE_BYTES) +
  2 * (LINK_QUEUE_BYTES + LINK_WINDOW_BYTES);

export class Attack {
  #members = [];

  /** As many as one address may have, each with a message that lacks its last byte. */
  async stopInTheMiddle(localAddress) {
    const part = Buffer.alloc(MESSAGE_BYTES - 1, 7);
    for (let n = 0; n < CONNECTIONS_PER_ADDRESS; n += 1) {
      const member = await this.#open(`ws://${LAN}:${PORT}/stops`, { localAddress });
      await member.sendPart(part);
    }
  }

  /** Rooms of receivers that never read, filled until each has been given up: `slow` counts those. */
  async neverRead(chromium) {
    const { totals } = await chromium.state();
    const rooms = await Promise.all(Array.from({ length: ROOMS }, (_, n) => this.#deafRoom(here(`/deaf-${n}`))));
    let areGivenUp = false;
    const givenUp = chromium.state(({ totals }, slow) => totals.slow >= slow, totals.slow + ROOMS * DEAF).then(() => (areGivenUp = true));
    const flood = async ([sender, reader]) => {
      while (!areGivenUp) {
        await sender.send(randomBytes(FLOOD));
        await reader.next();
      }
    };
    await Promise.all([givenUp, ...rooms.map(flood)]);
  }

  async #deafRoom(url) {
    const [sender, reader, ...deaf] = await Promise.all(Array.from({ length: 2 + DEAF }, () => this.#open(url)));
    for (const member of deaf) member.pause();
    return [sender, reader];
  }

  async #open(url, options) {
    const member = await Member.open(url, options);
    this.#members.push(member);
    return member;
  }

  /** All leave, without a word. */
  end() {
    for (const member of this.#members) member.terminate();
  }
}
