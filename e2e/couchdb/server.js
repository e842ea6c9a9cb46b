// A CouchDB for tests: PouchDB's server over records in memory, which speaks CouchDB's HTTP. Its packages are
// old, and have a folder of their own for that: nothing of them comes into the product, and here they are asked
// by tests alone, in a network without a way out.

import express from 'express';
import expressPouchDb from 'express-pouchdb';
import utils from 'express-pouchdb/lib/utils.js';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import memory from 'pouchdb-adapter-memory';
import PouchDbCore from 'pouchdb-core';

const PouchDb = PouchDbCore.plugin(memory).defaults({ adapter: 'memory' });
const SETTINGS = { inMemoryConfig: true, mode: 'minimumForPouchDB', logPath: join(tmpdir(), 'lan-broadcaster-couchdb.log') };

// A body that did not come whole is not stored, as at CouchDB; PouchDB's server takes it for an empty one.
const parse = utils.parseRawBody;
utils.parseRawBody = (request, response, next) =>
  parse(request, response, (error) => (error ? request.destroy() : next()));

/** Gives the part of an attachment that is asked for, as CouchDB does and PouchDB's server does not. */
function ranged(request, response) {
  const asked = request.method === 'GET' && /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (!asked) return;
  const [from, to] = asked.slice(1).map(Number);
  const send = response.send.bind(response);
  response.send = (body) => {
    response.send = send;
    if (!Buffer.isBuffer(body) || response.statusCode !== 200) return send(body);
    const part = body.subarray(from, to + 1);
    response.status(206).set('content-range', `bytes ${from}-${from + part.length - 1}/${body.length}`);
    return send(part);
  };
}

export class CouchDb {
  #server;
  #databases = 0;
  /** Each request as `METHOD path`, and the range that it asks for. */
  requests = [];
  /** What becomes of compressed requests: `taken`, `refused` (415), or `forbidden` to pages of other origins. */
  packing = 'taken';
  /** How many came compressed. */
  packed = 0;
  /** Name and password that are asked for; none lets everybody in. */
  login = null;
  /** Called before a request is answered; what it returns is sent instead: `{ status, body }`, or `'cut'`. */
  instead = () => undefined;
  /** Called after a request was executed: `'cut'` loses the answer. */
  afterwards = () => undefined;

  static async start() {
    const it = new CouchDb();
    const app = express();
    app.use((request, response, next) => it.#before(request, response, next));
    app.use(expressPouchDb(PouchDb, SETTINGS));
    it.#server = app.listen(0, '127.0.0.1');
    await once(it.#server, 'listening');
    it.origin = `http://127.0.0.1:${it.#server.address().port}`;
    return it;
  }

  /** The address of a new database. */
  async database() {
    const url = `${this.origin}/db${++this.#databases}`;
    const made = await fetch(url, { method: 'PUT', headers: this.login ? { authorization: this.#basic() } : {} });
    if (made.status !== 201) throw new Error(`no database: ${made.status}`);
    return url;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  #basic() {
    return `Basic ${Buffer.from(`${this.login.name}:${this.login.password}`).toString('base64')}`;
  }

  #allowed(headers) {
    const all = headers.split(',');
    return (this.packing === 'forbidden' ? all.filter((header) => header.trim() !== 'content-encoding') : all).join(',');
  }

  /** What CouchDB's own configuration does there: CORS, and who may ask. */
  #before(request, response, next) {
    response.set({
      'access-control-allow-origin': request.headers.origin ?? '*',
      'access-control-allow-credentials': 'true',
      'access-control-allow-headers': this.#allowed(request.headers['access-control-request-headers'] ?? ''),
      'access-control-allow-methods': 'GET, HEAD, POST, PUT, DELETE',
      'access-control-expose-headers': 'Content-Range, ETag',
      // How long a body was as it came, which an extension that was let in is told anyway.
      'timing-allow-origin': '*',
    });
    if (request.method === 'OPTIONS') return response.status(204).end();
    const { range } = request.headers;
    this.requests.push(`${request.method} ${request.url}${range ? ` ${range}` : ''}`);
    const isPacked = request.headers['content-encoding'] === 'gzip';
    if (isPacked) this.packed += 1;
    if (isPacked && this.packing === 'refused') return response.status(415).json({ error: 'bad_content_type' });
    const answer = this.instead(request.method, request.url);
    if (answer === 'cut') return request.socket.destroy();
    if (answer) return response.status(answer.status).json(answer.body ?? {});
    if (this.login && request.headers.authorization !== this.#basic()) {
      return response.status(401).json({ error: 'unauthorized', reason: 'Name or password is incorrect.' });
    }
    if (this.afterwards(request.method, request.url) === 'cut') {
      response.end = () => request.socket.destroy();
    }
    ranged(request, response);
    next();
  }
}
