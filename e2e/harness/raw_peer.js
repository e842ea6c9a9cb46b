// Peers that do not use the package: written from the 2016 wire, with raw WebSocket and RTCPeerConnection.
// Each function runs inside a page.

/** A slave of 2016: a complete offer, its own channel, calls by hand. Leaves `channel` and `ask` behind. */
export async function slave2016(url) {
  const id = `${Math.random()}`.slice(2);
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const connection = new RTCPeerConnection({ iceServers: [] });
  globalThis.connection = connection;
  globalThis.channel = connection.createDataChannel(id);
  const opened = new Promise((resolve) => (channel.onopen = resolve));
  const gathered = new Promise((resolve) => (connection.onicecandidate = ({ candidate }) => candidate || resolve()));
  await connection.setLocalDescription(await connection.createOffer());
  await gathered;
  const answered = new Promise((resolve) => {
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.action === 'answer' && message.to === id) resolve(JSON.parse(message.data));
    };
  });
  socket.send(JSON.stringify({ from: id, action: 'offer', data: JSON.stringify(connection.localDescription) }));
  await connection.setRemoteDescription(await answered);
  await opened;
  socket.close();
  const pending = new Map();
  let last = 0;
  globalThis.ask = (method, list) =>
    new Promise((resolve) => {
      pending.set((last += 1), resolve);
      channel.send(JSON.stringify({ id: last, type: 'jio_query', method_name: method, argument_list: list }));
    });
  globalThis.heard = [];
  channel.onmessage = ({ data }) => {
    heard.push(data);
    const message = JSON.parse(data);
    pending.get(message.id)?.(message);
  };
}

/** A master of 2016: answers complete offers with complete answers, publishes post, get and allDocs. */
export async function master2016(url) {
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const records = new Map();
  const methods = {
    post: (doc) => {
      const id = `id-${records.size}`;
      records.set(id, doc);
      return id;
    },
    get: (id) => {
      if (!records.has(id)) throw { message: `Cannot find document: ${id}`, status_code: 404 };
      return records.get(id);
    },
    allDocs: () => ({ data: { rows: [...records.keys()].map((id) => ({ id, value: {} })), total_rows: records.size } }),
  };
  globalThis.connections = [];
  const serve = (channel) => {
    channel.onmessage = ({ data }) => {
      const { id, method_name, argument_list } = JSON.parse(data);
      let reply;
      try {
        if (!methods[method_name]) throw {};
        reply = { id, result: methods[method_name](...(argument_list ?? [])), type: 'jio_response' };
      } catch (error) {
        reply = { id, result: error, type: 'error' };
      }
      channel.send(JSON.stringify(reply));
    };
  };
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    if (message.action !== 'offer') return;
    const connection = new RTCPeerConnection({ iceServers: [] });
    connections.push(connection);
    connection.ondatachannel = ({ channel }) => serve(channel);
    await connection.setRemoteDescription(JSON.parse(message.data));
    const gathered = new Promise((resolve) => (connection.onicecandidate = ({ candidate }) => candidate || resolve()));
    await connection.setLocalDescription(await connection.createAnswer());
    await gathered;
    socket.send(JSON.stringify({ to: message.from, action: 'answer', data: JSON.stringify(connection.localDescription) }));
  };
}

/** A slave of our order, by hand, through a plain WebSocket: waits for the offer, takes the channel. */
export async function rawSlave(url, protocol = 'jio.2') {
  const id = `raw-${Math.random()}`;
  const socket = new WebSocket(url);
  await new Promise((resolve, reject) => Object.assign(socket, { onopen: resolve, onerror: reject }));
  const connection = new RTCPeerConnection({ iceServers: [] });
  globalThis.connection = connection;
  const say = (message) => socket.send(JSON.stringify({ from: id, id: 1, ...message }));
  const opened = new Promise((resolve) => {
    connection.ondatachannel = ({ channel }) => {
      globalThis.channel = channel;
      channel.binaryType = 'arraybuffer';
      globalThis.heard = [];
      // The server speaks first.
      channel.onmessage = ({ data }) => resolve(heard.push(data));
    };
  });
  let chain = Promise.resolve();
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.to !== id) return;
    chain = chain.then(async () => {
      if (message.action === 'offer') {
        connection.onicecandidate = ({ candidate }) => say({ action: 'candidate', to: message.from, data: candidate?.candidate ? JSON.stringify(candidate) : '' });
        await connection.setRemoteDescription(JSON.parse(message.data));
        await connection.setLocalDescription();
        say({ action: 'answer', to: message.from, data: JSON.stringify(connection.localDescription) });
      } else if (message.action === 'candidate' && message.data) await connection.addIceCandidate(JSON.parse(message.data));
    });
  };
  say({ action: 'request', protocols: [protocol] });
  await opened;
  socket.close();
}
