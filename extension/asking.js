// The master's document tells the worker how many devices wait for a person, for the badge and the popup. Each time by
// a port that is closed again: the worker may sleep while they wait.

export class Asking {
  #said = { waiting: 0, writing: 0 };

  /** Says it where it is another number than before; after a brief, when the worker may have begun anew, `always`. */
  tell({ peers, questions }, always = false) {
    const waiting = peers.filter(({ state }) => state === 'waiting').length;
    const said = { waiting, writing: questions.length };
    const isSame = said.waiting === this.#said.waiting && said.writing === this.#said.writing;
    this.#said = said;
    if (!isSame || (always && said.waiting + said.writing > 0)) say(said);
  }
}

function say(said) {
  const port = chrome.runtime.connect({ name: 'asking' });
  let isSent = false;
  port.onMessage.addListener(({ kind }) => {
    // A worker that has spoken can hear.
    if (!isSent) port.postMessage({ kind: 'asking', ...said });
    isSent = true;
    if (kind === 'done') port.disconnect();
  });
}
