// jIO's storage type `webrtc`.

import type { Database } from './index.js';

/** A storage's specification, as `jIO.createJIO` takes it. */
export type WebRTCSpecification = { type: string } & ({ url: string; master?: string } | { database: Database });

/** The part of jIO's global that is used. */
export interface JIO {
  addStorage(type: string, constructor: Function): void;
  util: { jIOError: new (message: string, status_code: number) => Error };
}

/** Adds the storage type to a jIO, `webrtc` unless named otherwise. */
export declare function register(jIO: JIO, type?: string): void;
