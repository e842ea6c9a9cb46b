// What was asked of one master, and what became of it: the book that its database is held against.

/** What lies under one key: the last content that was acknowledged, and those of which nobody knows. */
class Cell {
  #acknowledged;
  #possible = new Set();

  begin(content) {
    this.#possible.add(content);
  }

  acknowledge(content) {
    this.#acknowledged = content;
    // It came after those: whatever became of them, this one lies there now.
    this.#possible.clear();
  }

  refuse(content) {
    this.#possible.delete(content);
  }

  fits(content) {
    return content === this.#acknowledged || this.#possible.has(content);
  }

  get isAcknowledged() {
    return this.#acknowledged !== undefined;
  }

  toString() {
    return `${brief(this.#acknowledged)}${[...this.#possible].map((content) => ` or ${brief(content)}`).join('')}`;
  }
}

export class Ledger {
  /** Posts by their content: the id that was acknowledged, or undefined. */
  #posts = new Map();
  #postsOf = new Map();
  /** Records of known ids, and attachments by id and name. */
  #cells = { record: new Map(), attachment: new Map() };
  counts = { acknowledged: 0, lost: 0, reads: 0 };
  complaints = [];

  constructor(name) {
    this.name = name;
  }

  beginPost(doc) {
    const content = JSON.stringify(doc);
    this.#posts.set(content, undefined);
    const acknowledge = (id) => {
      this.#posts.set(content, id);
      this.#postsOf.set(doc.by, this.postsOf(doc.by) + 1);
    };
    return this.#outcome({ acknowledge, refuse: () => this.#posts.delete(content) });
  }

  /** `kind`: `record` or `attachment`; no two writes of one key at once. */
  begin(kind, key, content) {
    const cell = this.#cells[kind].get(key) ?? new Cell();
    this.#cells[kind].set(key, cell);
    cell.begin(content);
    return this.#outcome({ acknowledge: () => cell.acknowledge(content), refuse: () => cell.refuse(content) });
  }

  /** What becomes of a write. With 503 its connection was lost, and nobody knows. */
  #outcome({ acknowledge, refuse }) {
    return ({ value, status_code, message }) => {
      if (status_code === undefined) {
        this.counts.acknowledged += 1;
        acknowledge(value);
      } else if (status_code === 503) {
        this.counts.lost += 1;
      } else {
        refuse();
        this.complaints.push(`refused with ${status_code}: ${message}`);
      }
    };
  }

  /** What was read by whoever alone writes it. */
  read(kind, key, { value, status_code, message }) {
    if (status_code === 503) return;
    this.counts.reads += 1;
    const cell = this.#cells[kind].get(key);
    const content = status_code === 404 ? undefined : value;
    if (status_code !== undefined && status_code !== 404) this.complaints.push(`not read: ${status_code} ${message}`);
    else if (!cell.fits(content)) this.complaints.push(`${kind} ${key} was read as ${brief(content)}, and is ${cell}`);
  }

  /** Whether something was written there, and whether that was acknowledged. */
  knows(kind, key) {
    return this.#cells[kind].has(key);
  }

  has(kind, key) {
    return Boolean(this.#cells[kind].get(key)?.isAcknowledged);
  }

  /** How many posts of one writer were acknowledged. */
  postsOf(by) {
    return this.#postsOf.get(by) ?? 0;
  }

  /** The attachments that must be there. */
  get attachments() {
    return [...this.#cells.attachment].filter(([, cell]) => cell.isAcknowledged).map(([key]) => key);
  }

  /** Holds an attachment as it was read against the book. */
  compareAttachment(key, { value, status_code, message }) {
    const cell = this.#cells.attachment.get(key);
    return status_code === undefined && cell.fits(value) ? [] : [`attachment ${key} is ${message ?? brief(value)}, and should be ${cell}`];
  }

  /** Holds what lies in the database, `[id, doc]`, against the book; gives what is wrong, in words. */
  compare(rows) {
    const wrong = [];
    const found = new Map();
    const known = this.#cells.record;
    for (const [id, doc] of rows) {
      const content = JSON.stringify(doc);
      if (known.has(id)) {
        if (!known.get(id).fits(content)) wrong.push(`record ${id} is ${brief(content)}, and should be ${known.get(id)}`);
      } else if (!this.#posts.has(content)) wrong.push(`record ${id}, ${brief(content)}, was written by nobody`);
      else if (found.has(content)) wrong.push(`${brief(content)} is there twice: as ${id} and ${found.get(content)}`);
      else found.set(content, id);
    }
    for (const [content, id] of this.#posts) {
      if (id !== undefined && found.get(content) !== id) wrong.push(`${brief(content)} was acknowledged as ${id}, and is ${found.get(content) ?? 'lost'}`);
    }
    const there = new Set(rows.map(([id]) => id));
    for (const [id, cell] of known) {
      if (cell.isAcknowledged && !there.has(id)) wrong.push(`record ${id}, ${cell}, is lost`);
    }
    return wrong;
  }
}

const brief = (content) => (content === undefined ? 'absent' : content.slice(0, 60));
