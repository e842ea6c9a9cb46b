// jIO's storage type `webrtc`: the records of a master, below jIO's own storages.
//
//   register(jIO);
//   const storage = jIO.createJIO({ type: 'webrtc', url: 'ws://192.168.1.5:9999/' });
//
// The specification has `url`, and optionally `master`, or a `database` that is connected already. Queries are
// answered by the master, so that `query` and `uuid` above it send one call each.

import { connect, JioError } from './index.js';

/** What the master does with a list; `include` besides, where jIO's `query` storage is not above. */
const CAPACITIES = ['list', 'include', 'query', 'sort', 'limit', 'select'];

/** Adds the storage type to a jIO. */
export function register(jIO, type = 'webrtc') {
  jIO.addStorage(type, toStorage(jIO.util.jIOError));
}

function toStorage(jIOError) {
  /** jIO tells failures by its own class. */
  const rethrow = (error) => {
    throw error instanceof JioError ? new jIOError(error.message, error.status_code) : error;
  };
  const options = ({ format, start, end } = {}) => ({ format, start, end });

  /** Connects with the first call. */
  function WebRTCStorage({ url, master, database }) {
    if (!database && typeof url !== 'string') throw new TypeError("the storage 'webrtc' needs the url of a broadcaster");
    let opened = database;
    this._call = (method, ...args) => {
      try {
        opened ??= connect(url, { master });
        return opened[method](...args).catch(rethrow);
      } catch (error) {
        return rethrow(error);
      }
    };
  }

  for (const method of ['get', 'put', 'post', 'remove', 'allAttachments', 'removeAttachment', 'putAttachment', 'repair']) {
    WebRTCStorage.prototype[method] = function (...args) {
      return this._call(method, ...(method === 'repair' ? [] : args));
    };
  }

  /** A blob: jIO makes the other formats of it. */
  WebRTCStorage.prototype.getAttachment = function (id, name, given) {
    return this._call('getAttachment', id, name, { ...options(given), format: 'blob' });
  };

  WebRTCStorage.prototype.hasCapacity = (name) => CAPACITIES.includes(name);

  /** Bare rows, as jIO's `allDocs` wraps them. */
  WebRTCStorage.prototype.buildQuery = function (query) {
    return this._call('allDocs', { ...query }).then(({ data }) => data.rows);
  };

  return WebRTCStorage;
}
