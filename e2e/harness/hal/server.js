// An ERP5 as far as jIO's storage `erp5` sees one: its HAL over HTTP, from the specification of that storage.
// Made for the tests, and of nothing of the product: what a record is, is in records.js, what a search says in
// search.js.

import { createServer } from 'node:http';
import { once } from 'node:events';
import { Records } from './records.js';
import { search } from './search.js';
import { readForm } from './form.js';

const HAL = 'application/hal+json';
const EXPOSED = 'X-Location, Content-Range';

export class Hal {
  #server;
  records = new Records();
  /** Each request as `METHOD path`, and the login it came with. */
  requests = [];
  /** The token that is asked for; none lets everybody in. */
  token = null;
  /** Called before a request is answered; what it returns is sent instead: `{ status, headers, body }`, or `'cut'`. */
  instead = () => undefined;
  /** Called after a request was executed: `'cut'` loses the answer. */
  afterwards = () => undefined;

  static async start() {
    const it = new Hal();
    it.#server = createServer((request, response) => it.#serve(request, response)).listen(0, '127.0.0.1');
    await once(it.#server, 'listening');
    it.origin = `http://127.0.0.1:${it.#server.address().port}`;
    it.url = `${it.origin}/hateoas/`;
    return it;
  }

  close() {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(resolve));
  }

  async #serve(request, response) {
    const body = await readAll(request);
    const url = new URL(request.url, this.origin);
    const login = request.headers['x-access-token'] ?? null;
    const origin = request.headers.origin ?? '*';
    const cors = {
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-expose-headers': EXPOSED,
    };
    if (request.method === 'OPTIONS') {
      const asked = request.headers['access-control-request-headers'] ?? '';
      response.writeHead(204, { ...cors, 'access-control-allow-headers': asked, 'access-control-allow-methods': 'GET, POST' }).end();
      return;
    }
    this.requests.push({ line: `${request.method} ${url.pathname}`, query: url.searchParams, login });
    const other = this.instead(request.method, url);
    const answer = other ?? (this.token && login !== this.token ? { status: 401 } : this.#answer(request, url, body));
    if (answer === 'cut' || this.afterwards(request.method, url) === 'cut') {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body: content = '' } = answer;
    response.writeHead(status, { ...cors, ...headers }).end(content);
  }

  #answer(request, url, body) {
    const [, , kind, ...rest] = url.pathname.split('/');
    const found = ROUTES[`${request.method} ${kind}`];
    if (!found) return { status: 404 };
    try {
      return found(this, { url, rest: rest.map(decodeURIComponent), body, request });
    } catch (error) {
      return { status: 500, body: String(error.stack) }; // Shown by whoever asks, and no test waits for an answer.
    }
  }
}

const ROUTES = {
  'GET ': (hal) =>
    json({
      _links: {
        self: { href: hal.url },
        traverse: { href: `${hal.url}traverse{?relative_url,view}`, templated: true },
        raw_search: {
          href: `${hal.url}search{?query,select_list*,limit*,sort_on*,group_by*,local_roles*,selection_domain*}`,
          templated: true,
        },
      },
      _actions: { add: { href: `${hal.url}add`, method: 'POST' } },
    }),

  'GET traverse': (hal, { url }) => {
    const id = url.searchParams.get('relative_url');
    const shown = hal.records.show(id, url.searchParams.get('view'), `${hal.url}edit/${encodeURIComponent(id)}`);
    return shown ? json(shown) : { status: 404 };
  },

  'GET search': (hal, { url }) => {
    const rows = search(hal.records, url.searchParams);
    const contents = rows.map(({ id, ...row }) => ({ _links: { self: { href: `urn:jio:get:${id}` } }, ...row }));
    return json({ _embedded: { contents } });
  },

  'POST add': (hal, { request, body }) => {
    const { portal_type, parent_relative_url } = readForm(request, body).fields;
    const id = hal.records.add(portal_type?.[0], parent_relative_url?.[0]);
    return id ? { status: 201, headers: { 'x-location': `urn:jio:get:${id}` } } : { status: 400 };
  },

  'POST edit': (hal, { request, rest, body }) => {
    const done = hal.records.edit(rest[0], readForm(request, body).fields);
    return { status: done ? 204 : 404 };
  },

  'GET files': (hal, { rest, request }) => {
    const file = hal.records.files.get(rest[0]);
    if (!file) return { status: 404 };
    const [, start, end] = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '') ?? [];
    if (start === undefined) return { headers: { 'content-type': file.type }, body: file.content };
    const part = file.content.subarray(Number(start), end ? Number(end) + 1 : undefined);
    const range = `bytes ${start}-${Number(start) + part.length - 1}/${file.content.length}`;
    return { status: 206, headers: { 'content-type': file.type, 'content-range': range }, body: part };
  },

  'POST files': (hal, { rest, request, body }) => {
    const { file } = readForm(request, body);
    if (file) hal.records.files.set(rest[0], file);
    return { status: file ? 201 : 400 };
  },
};

const json = (value) => ({ headers: { 'content-type': HAL }, body: JSON.stringify(value) });

async function readAll(request) {
  const parts = [];
  for await (const part of request) parts.push(part);
  return Buffer.concat(parts);
}
