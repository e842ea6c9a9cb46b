// jIO's methods, over one function that makes a call: arguments checked and written as jIO wants them,
// results given in the form that is asked for.

import { JioError } from './error.js';
import { Live } from './live.js';

const CAPACITIES = ['list', 'include', 'query', 'sort', 'limit', 'select'];
const METHODS = [
  'post', 'put', 'get', 'remove', 'allDocs', 'putAttachment', 'getAttachment', 'removeAttachment',
  'allAttachments', 'repair',
];
const TEXT = 'text/plain;charset=utf-8';

/** Adds jIO's methods to a class that has `call(method, args, { signal, content })`, and `subscribe` to one that has `follow(json, on)`. */
export const Records = (Base) =>
  class extends Base {
    post(doc, options) {
      return this.call('post', [doc], options);
    }

    put(id, doc, options) {
      return this.call('put', [id, doc], options);
    }

    get(id, options) {
      return this.call('get', [id], options);
    }

    remove(id, options) {
      return this.call('remove', [id], options);
    }

    allDocs({ signal, ...options } = {}) {
      return this.call('allDocs', [options], { signal });
    }

    subscribe(options = {}, callback, { signal } = {}) {
      return new Live(this, options, callback, signal);
    }

    async putAttachment(id, name, content, { signal, _content_type, _mimetype } = {}) {
      await this.call('putAttachment', [id, name], { signal, content: toBlob(content, _content_type || _mimetype || TEXT) });
    }

    async getAttachment(id, name, { signal, format = 'blob', start, end } = {}) {
      if (!Object.hasOwn(FORMATS, format)) throw new JioError(`${format} is not one of ${Object.keys(FORMATS).join(', ')}`, 400);
      const blob = await this.call('getAttachment', [id, name, { start, end }], { signal });
      return FORMATS[format](start === undefined && end === undefined ? blob : blob.slice(0, blob.size, 'application/octet-stream'));
    }

    async removeAttachment(id, name, options) {
      await this.call('removeAttachment', [id, name], options);
    }

    allAttachments(id, options) {
      return this.call('allAttachments', [id], options);
    }

    async repair(options) {
      await this.call('repair', [], options);
    }

    hasCapacity(name) {
      if (CAPACITIES.includes(name) || METHODS.includes(name)) return true;
      throw new JioError(`Capacity '${name}' is not implemented`, 501);
    }
  };

const FORMATS = {
  blob: (blob) => blob,
  text: (blob) => blob.text(),
  json: async (blob) => JSON.parse(await blob.text()),
  array_buffer: (blob) => blob.arrayBuffer(),
  data_url: (blob) =>
    new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.onerror = () => reject(reader.error);
      reader.readAsDataURL(blob);
    }),
};

function toBlob(content, type) {
  if (content instanceof Blob) return content;
  if (typeof content === 'string') return new Blob([content], { type });
  throw new JioError('an attachment must be a Blob or a text', 400);
}

/** Arguments as JSON. What JSON cannot hold, or holds as something else, is refused. */
export function toJson(args) {
  try {
    return JSON.stringify(args);
  } catch (error) {
    throw new JioError(error.message, 400);
  }
}
