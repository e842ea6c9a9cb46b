// Records as ERP5 has them: of a portal type, in a module, with the fields of a form; numbered by the server.

/** Fields of each portal type's form: what ERP5 calls a kind, and whether it may be edited. */
const FORMS = {
  Person: {
    my_title: 'StringField',
    my_reference: 'StringField',
    my_default_email_text: 'EmailField',
    my_description: 'TextAreaField',
    my_quantity: 'IntegerField',
    my_birthday: 'DateTimeField',
    your_note: 'StringField',
  },
};
const MODULES = { Person: 'person_module' };
/** The form of those that nobody may edit. */
const READ_ONLY = 'view_only';

export class Records {
  #records = new Map();
  #indexed = new Map();
  #waiting = new Set();
  #last = 0;
  /** Whether the catalog learns of changes only when `index` is called, as that of a busy ERP5 does later. */
  indexesLate = false;
  files = new Map();
  /** Who is logged in has made it, unless told otherwise. */
  owner = 'me';
  /** What the clock says: dates have whole seconds, and several changes may have one. */
  now = '2026-11-22 10:00:00';

  /** All of them as the catalog has them. */
  get catalog() {
    return [...this.#indexed.values()];
  }

  /** The catalog learns of what changed, with the dates of the changes and that of now. */
  index(ids = this.#waiting) {
    for (const id of ids) {
      const { uid, portal_type, owner, date, values } = this.#records.get(id);
      const dates = { modification_date: date, indexation_timestamp: this.now };
      this.#indexed.set(id, { id, uid, portal_type, owner, relative_url: id, ...dates, ...values });
      this.#waiting.delete(id);
    }
  }

  #changed(id) {
    if (this.indexesLate) this.#waiting.add(id);
    else this.index([id]);
  }

  get size() {
    return this.#records.size;
  }

  add(portal_type, parent) {
    if (MODULES[portal_type] !== parent) return null;
    const uid = ++this.#last;
    const id = `${parent}/${uid}`;
    this.#records.set(id, { uid, portal_type, parent, owner: this.owner, date: this.now, values: {} });
    this.#changed(id);
    return id;
  }

  edit(id, fields) {
    const record = this.#records.get(id);
    if (!record) return false;
    for (const [key, [text]] of Object.entries(fields)) {
      const name = key.replace(/^field_/, '');
      const kind = FORMS[record.portal_type][name];
      if (kind) record.values[name.replace(/^(my|your)_/, '')] = kind === 'IntegerField' && text !== '' ? Number(text) : text;
    }
    record.date = this.now;
    this.#changed(id);
    return true;
  }

  /** Somebody else's change, in ERP5 itself. */
  set(id, values) {
    const record = this.#records.get(id);
    Object.assign(record.values, values);
    record.date = this.now;
    this.#changed(id);
  }

  delete(id) {
    for (const all of [this.#records, this.#indexed, this.#waiting]) all.delete(id);
  }

  clear() {
    for (const all of [this.#records, this.#indexed, this.#waiting]) all.clear();
    this.files.clear();
  }

  show(id, view, put) {
    const record = this.#records.get(id);
    if (!record) return null;
    const form = { form_id: { key: 'form_id', default: `${record.portal_type}_${view}`, type: 'StringField' } };
    for (const [name, type] of Object.entries(FORMS[record.portal_type])) {
      const value = record.values[name.replace(/^(my|your)_/, '')] ?? '';
      form[name] = { key: `field_${name}`, default: value, editable: name.startsWith('my_') ? 1 : 0, type };
    }
    if (view !== READ_ONLY) form._actions = { put: { href: put, method: 'POST' } };
    return {
      _links: {
        self: { href: `urn:jio:get:${id}` },
        type: { href: `urn:jio:get:portal_types/${record.portal_type}`, name: record.portal_type },
        parent: { href: `urn:jio:get:${record.parent}` },
      },
      _embedded: { _view: form },
      title: record.values.title ?? '',
    };
  }
}
