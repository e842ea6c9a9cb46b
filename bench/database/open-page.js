// In a page: each way to a channel, as host and as the one who clicks. `host` waits for those who click;
// `click` resolves with the milliseconds from the call to a channel that takes messages, by name of what
// is in them; then everything is closed again.

import * as peer from '/index.js';

const { Peer, SimplePeer } = globalThis;
const CONFIG = { iceServers: [] };

const heard = (target, type, fits = () => true) =>
  new Promise((resolve) => {
    const hear = (event) => {
      if (!fits(event)) return;
      target.removeEventListener(type, hear);
      resolve(event);
    };
    target.addEventListener(type, hear);
  });

const emitted = (target, type) => new Promise((resolve, reject) => target.once(type, resolve).once('error', reject));

// ---- this project

const ours = {
  async host({ url }) {
    const master = peer.serve(url, peer.memory());
    await heard(master, 'state', ({ detail }) => detail.state === 'serving');
  },

  async click({ url }) {
    const began = performance.now();
    const db = peer.connect(url);
    let entered;
    db.addEventListener('state', ({ detail }) => {
      if (detail.step === 'asking') entered ??= performance.now();
    });
    await db.ready;
    const opened = performance.now();
    db.close();
    return { cold: opened - began, warm: opened - entered };
  },
};

/** By an invitation: proof at the broadcaster, Noise on the channel. */
const invited = {
  host: ({ master }) => ours.host({ url: master }),
  click: ({ invitation }) => ours.click({ url: invitation }),
};

// ---- simple-peer, with descriptions and candidates through a WebSocket that all share

const openSocket = async (url) => {
  const socket = new WebSocket(url);
  await heard(socket, 'open');
  return socket;
};

/** Joins a peer to a WebSocket, under the name of the attempt. */
function join(it, socket, attempt, from) {
  const hear = ({ data }) => {
    const message = JSON.parse(data);
    if (message.attempt === attempt && message.from !== from && !it.destroyed) it.signal(message.signal);
  };
  socket.addEventListener('message', hear);
  it.on('signal', (signal) => socket.send(JSON.stringify({ attempt, from, signal })));
  it.on('close', () => socket.removeEventListener('message', hear));
}

const simple = (trickle) => ({
  async host({ relay }) {
    const socket = await openSocket(relay);
    const known = new Set();
    socket.addEventListener('message', ({ data }) => {
      const { attempt, from, signal } = JSON.parse(data);
      if (from === 'host' || known.has(attempt) || signal.type !== 'offer' || attempt.startsWith('trickle') !== trickle) return;
      known.add(attempt);
      const it = new SimplePeer({ config: CONFIG, trickle });
      it.on('error', () => it.destroy());
      join(it, socket, attempt, 'host');
      it.signal(signal);
    });
  },

  async click({ relay }) {
    const began = performance.now();
    const socket = await openSocket(relay);
    const entered = performance.now();
    const it = new SimplePeer({ initiator: true, config: CONFIG, trickle });
    join(it, socket, `${trickle ? 'trickle' : 'whole'}-${crypto.getRandomValues(new Uint32Array(1))[0]}`, 'clicker');
    await emitted(it, 'connect');
    const opened = performance.now();
    it.destroy();
    socket.close();
    return { cold: opened - began, warm: opened - entered };
  },
});

// ---- PeerJS, with its own server

const peerJs = {
  async host({ peerJs: { host, port, id } }) {
    await emitted(new Peer(id, { host, port, path: '/', config: CONFIG }), 'open');
  },

  async click({ peerJs: { host, port, id } }) {
    const began = performance.now();
    const own = new Peer(`clicker-${crypto.getRandomValues(new Uint32Array(1))[0]}`, { host, port, path: '/', config: CONFIG });
    await emitted(own, 'open');
    const entered = performance.now();
    await emitted(own.connect(id, { reliable: true }), 'open');
    const opened = performance.now();
    own.destroy();
    return { cold: opened - began, warm: opened - entered };
  },
};

globalThis.ways = { ours, invited, peerJs, trickle: simple(true), whole: simple(false) };
