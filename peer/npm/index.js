// The face of the package; index.d.ts describes it.

import { Database } from './database.js';
import { Master } from './master.js';
import { DATABASE, Indexed, Replicated, Storage } from './storage.js';
import { load as loadWasm } from './wasm.js';

export { JioError } from './error.js';

export const connect = (to, options) => new Database(to, options);

export const serve = (to, storage, options) => new Master(to, storage, options);

export const indexedDB = (name = DATABASE) => new Indexed(name);

export const memory = () => new Storage(({ Store }) => Store.memory());

export const openRemote = (description) => new Storage(({ Store }) => Store.remote(JSON.stringify(description)));

export const replicated = (description) => new Replicated(description);

/** Only that it is done is told. */
export const load = () => loadWasm().then(() => {});
