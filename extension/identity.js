// Who the master of this browser is: an id that is made once. It is on the disk before anybody hears it, so that
// devices find the same master again, whatever ends the browser.

import { own } from './own.js';

/** The id, made at the first call. Rejects where the disk refuses. */
export const ownId = () => own('id', () => crypto.randomUUID());
