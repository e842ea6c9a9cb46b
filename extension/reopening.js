// Records that the disk refused, or that the browser closed, are opened again after a pause: by a new document,
// because the one that has lost them cannot.

/** The first pause; each is twice as long as the one before, up to the longest. */
const FIRST_MS = 2_000;
const LONGEST_MS = 60_000;
/** Records that stayed open so long are well: the next pause is the first again. */
const WELL_MS = 60_000;
/** The status of what a disk did not take. */
const FULL = 507;

export class Reopening {
  /** When the records are opened again, in milliseconds since 1970; null while nobody waits for that. */
  at = null;
  #openSince = null;

  /** They were opened. */
  onOpen() {
    this.#openSince = performance.now();
  }

  /** They could not be opened. Only what the disk refuses may be otherwise the next time. */
  onFailed({ status_code }) {
    if (status_code === FULL) this.onGone();
  }

  /** The browser closed them. */
  onGone() {
    if (this.at !== null) return;
    const isWell = this.#openSince !== null && performance.now() - this.#openSince >= WELL_MS;
    // The history's state outlives the document, and needs no disk.
    const times = isWell ? 0 : Number(history.state);
    const pause = Math.min(FIRST_MS * 2 ** times, LONGEST_MS);
    history.replaceState(times + 1, '');
    this.at = Date.now() + pause;
    setTimeout(() => location.reload(), pause);
  }

  /** Somebody does not want to wait. */
  hurry() {
    if (this.at !== null) location.reload();
  }
}
