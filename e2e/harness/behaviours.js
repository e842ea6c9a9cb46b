// What every storage does, whichever kind: run in a page, on `db`, by tests/storage_kinds.test.js. Records have the
// properties `title`, `reference`, `description` (texts) and `quantity` (a number), which each kind can hold.
//
// A behaviour is a function of `{ db, make, plain, fails }`: `make` gives a record what its kind needs besides,
// `plain` takes that away again, `fails` gives the status that a promise fails with. It throws where the storage
// behaves otherwise.

export const BEHAVIOURS = {
  'a posted record is read by the id it got': async ({ db, make, plain }) => {
    const id = await db.post(make({ title: 'Ada', quantity: 36 }));
    same(typeof id, 'string');
    same(plain(await db.get(id)), { title: 'Ada', quantity: 36 });
  },

  'each post makes a record of its own': async ({ db, make }) => {
    const ids = await Promise.all([1, 2, 3].map(() => db.post(make({ title: 'Ada' }))));
    same(new Set(ids).size, 3);
  },

  'put replaces the whole record': async ({ db, make, plain }) => {
    const id = await db.post(make({ title: 'Ada', reference: 'x', quantity: 36 }));
    same(await db.put(id, make({ title: 'Eve', description: 'two\nlines “é”' })), id);
    same(plain(await db.get(id)), { title: 'Eve', description: 'two\nlines “é”' });
  },

  'put under a new id makes that record': async ({ db, make, plain }) => {
    same(await db.put('new', make({ title: 'Ada' })), 'new');
    same(plain(await db.get('new')), { title: 'Ada' });
  },

  'ids are any texts': async ({ db, make, plain }) => {
    const ids = ['A', 'a', 'a?b#c%2F&d', 'é/b c'];
    // The last is not listed: PouchDB's server forgets ids beyond U+FFFF there.
    for (const id of [...ids, '😀']) {
      await db.put(id, make({ title: id }));
      same(plain(await db.get(id)), { title: id });
    }
    await db.remove('😀');
    same((await rows(db)).map(({ id }) => id).sort(), ids);
  },

  'records hold any JSON': async ({ db, make, plain }) => {
    const doc = { list: [1, null, { x: [] }], truth: false, nothing: null, number: 1.5e-7, 'odd key "\\': '' };
    const id = await db.post(make(doc));
    same(plain(await db.get(id)), doc);
  },

  'a missing record is told as 404': async ({ db, fails }) => {
    same([await fails(db.get('none/1')), await fails(db.allAttachments('none/1'))], [404, 404]);
  },

  'a removed record is gone, and removing it again is no error': async ({ db, make, fails }) => {
    const id = await db.post(make({ title: 'Ada' }));
    same([await db.remove(id), await db.remove(id), await fails(db.get(id))], [id, id, 404]);
    same(await rows(db), []);
  },

  'allDocs lists every record once': async ({ db, make }) => {
    const ids = [];
    for (let n = 0; n < 5; n += 1) ids.push(await db.post(make({ title: `t${n}` })));
    const listed = await db.allDocs({ select_list: ['title'] });
    same(listed.data.total_rows, 5);
    same(listed.data.rows.map(({ id }) => id).sort(), ids.sort());
  },

  'queries find by key, operator, pattern and their joining': async ({ db, make }) => {
    await people(db, make);
    const found = async (query) => (await rows(db, { query, sort_on: [['title', 'ascending']], select_list: ['title'] })).map(({ value }) => value.title);
    same(await found('title:"Ada"'), ['Ada']);
    same(await found('title:"%a%"'), ['Ada', 'Grace']);
    same(await found('title:"Ada" OR reference:"r2"'), ['Ada', 'Eve']);
    same(await found('quantity:>=36 AND NOT title:"Grace"'), ['Ada']);
    same(await found({ type: 'complex', operator: 'AND', query_list: [{ type: 'simple', key: 'quantity', operator: '<', value: '40' }, 'title:"E%"'] }), ['Eve']);
    same(await found('title:"none"'), []);
  },

  'a query quotes what a person types': async ({ db, make }) => {
    await db.post(make({ title: 'say "hey" (now) AND & 100%' }));
    const query = { type: 'simple', key: 'title', operator: '=', value: 'say "hey" (now) AND & 100%' };
    same((await rows(db, { query, select_list: [] })).length, 1);
  },

  'rows are sorted and limited': async ({ db, make }) => {
    await people(db, make);
    const titles = async (options) => (await rows(db, { select_list: ['title'], ...options })).map(({ value }) => value.title);
    same(await titles({ sort_on: [['title', 'descending']] }), ['Grace', 'Eve', 'Ada']);
    same(await titles({ sort_on: [['quantity', 'ascending']], limit: [1, 1] }), ['Ada']);
    same(await titles({ sort_on: [['title', 'ascending']], limit: [2] }), ['Grace']);
    same(await titles({ limit: [0, 2] }).then(({ length }) => length), 2);
    same(await titles({ limit: [7, 2] }), []);
  },

  'a row has the selected properties that its record has': async ({ db, make }) => {
    const id = await db.post(make({ title: 'Ada', quantity: 36 }));
    same(await rows(db, { select_list: ['quantity', 'reference'] }), [{ id, value: { quantity: 36 } }]);
  },

  'a row has no properties unless asked for': async ({ db, make }) => {
    const id = await db.post(make({ title: 'Ada' }));
    same(await rows(db), [{ id, value: {} }]);
  },

  'include_docs brings the whole records': async ({ db, make, plain }) => {
    const id = await db.post(make({ title: 'Ada', quantity: 36 }));
    const [row] = await rows(db, { query: 'title:"Ada"', include_docs: true });
    same([row.id, plain(row.doc)], [id, { title: 'Ada', quantity: 36 }]);
  },

  'what is wrong is told as 400, what is not offered as 501': async ({ db, fails }) => {
    same(await fails(db.post(null)), 400);
    same(await fails(db.post([])), 400);
    same(await fails(db.put('', {})), 400);
    same(await fails(db.allDocs({ query: '(' })), 400);
    same(await fails(db.allDocs({ group_by: ['title'] })), 501);
    same(await fails(db.call('bulk', [])), 501);
  },

  'attachments keep their bytes and type, and come in ranges': async ({ db, make }) => {
    const id = await db.post(make({ title: 'Ada' }));
    const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => (at * 7) % 251);
    await db.putAttachment(id, 'photo 1/é', new Blob([bytes], { type: 'image/png' }));
    await db.putAttachment(id, 'note', 'hey');
    same(await db.allAttachments(id), { 'photo 1/é': {}, note: {} });
    const blob = await db.getAttachment(id, 'photo 1/é');
    same([blob.type, blob.size, await hash(blob)], ['image/png', bytes.length, await hash(new Blob([bytes]))]);
    same(await db.getAttachment(id, 'note', { format: 'text' }), 'hey');
    const part = await db.getAttachment(id, 'photo 1/é', { start: 250_999, end: 251_003, format: 'array_buffer' });
    same([...new Uint8Array(part)], [...bytes.slice(250_999, 251_003)]);
  },

  'an attachment is replaced, removed, and missing as 404; its record stays': async ({ db, make, plain, fails }) => {
    const id = await db.post(make({ title: 'Ada' }));
    await db.putAttachment(id, 'note', 'one');
    await db.putAttachment(id, 'note', 'two');
    same(await db.getAttachment(id, 'note', { format: 'text' }), 'two');
    await db.removeAttachment(id, 'note');
    await db.removeAttachment(id, 'note');
    same([await fails(db.getAttachment(id, 'note')), await db.allAttachments(id)], [404, {}]);
    same(plain(await db.get(id)), { title: 'Ada' });
  },

  'a put keeps the attachments, a removal takes them along': async ({ db, make, fails }) => {
    const id = await db.post(make({ title: 'Ada' }));
    await db.putAttachment(id, 'note', 'hey');
    await db.put(id, make({ title: 'Eve' }));
    same(await db.getAttachment(id, 'note', { format: 'text' }), 'hey');
    await db.remove(id);
    same(await fails(db.getAttachment(id, 'note')), 404);
  },

  'repair looks again, and changes nothing': async ({ db, make }) => {
    await db.post(make({ title: 'Ada' }));
    same(await db.repair(), undefined);
    same((await rows(db)).length, 1);
  },
};

/** What ERP5 does in the place of some of them. */
export const OF_ERP5 = {
  'put under a new id makes that record': async ({ db, make, fails }) => same(await fails(db.put('person_module/99', make({}))), 404),
  'ids are any texts': async ({ db, make }) => same(/^person_module\/\d+$/.test(await db.post(make({ title: 'x' }))), true),
  'records hold any JSON': async ({ db, make, fails }) => {
    const id = await db.post(make({}));
    same([await fails(db.put(id, make({ title: [1] }))), await fails(db.put(id, make({ colour: 'red' })))], [400, 400]);
  },
  'a removed record is gone, and removing it again is no error': async ({ db, make, fails }) => {
    const id = await db.post(make({ title: 'Ada' }));
    same([await fails(db.remove(id)), (await rows(db)).length], [501, 1]);
  },
  'a row has no properties unless asked for': async ({ db, make }) => {
    const id = await db.post(make({ title: 'Ada', reference: 'r', quantity: 1 }));
    same(await rows(db), [{ id, value: { title: 'Ada', reference: 'r' } }]);
  },
  'attachments keep their bytes and type, and come in ranges': async ({ db, make, url }) => {
    const id = await db.post(make({ title: 'Ada' }));
    const file = { url: `data:text/plain;base64,${btoa('0123456789')}`, file_name: 'note.txt' };
    await db.putAttachment(id, `${url}files/note`, JSON.stringify({ kind: 'note', list: ['1', '2'], file }));
    const blob = await db.getAttachment(id, `${url}files/note`);
    same([blob.type, await blob.text()], ['text/plain', '0123456789']);
    same(await db.getAttachment(id, `${url}files/note`, { start: 2, end: 5, format: 'text' }), '234');
    same(await db.allAttachments(id), { view: {}, links: {} });
    same((await db.getAttachment(id, 'view', { format: 'json' }))._embedded._view.my_title.default, 'Ada');
    same((await db.getAttachment(id, 'links', { format: 'json' }))._links.type.name, 'Person');
  },
  'an attachment is replaced, removed, and missing as 404; its record stays': async ({ db, make, fails, url }) => {
    const id = await db.post(make({ title: 'Ada' }));
    same(await fails(db.removeAttachment(id, 'view')), 501);
    same(await fails(db.getAttachment(id, `${url}files/none`)), 404);
    same(await fails(db.getAttachment(id, 'https://elsewhere.example/x')), 400);
  },
  'a put keeps the attachments, a removal takes them along': async ({ db, make }) => {
    const id = await db.post(make({ title: 'Ada' }));
    await db.put(id, make({ title: 'Eve' }));
    same(await db.allAttachments(id), { view: {}, links: {} });
  },
};

async function people(db, make) {
  for (const [title, reference, quantity] of [['Ada', 'r1', 36], ['Grace', 'r3', 85], ['Eve', 'r2', 5]]) await db.post(make({ title, reference, quantity }));
}

async function rows(db, options) {
  return (await db.allDocs(options)).data.rows;
}

async function hash(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return bytes.reduce((sum, byte) => (sum * 31 + byte) % 4_294_967_291, 7);
}

/** Equality of JSON, members in any order. */
function same(found, wanted) {
  const [one, other] = [found, wanted].map((value) => JSON.stringify(value, sorted));
  if (one !== other) throw new Error(`${one} is not ${other}`);
}

const sorted = (_, value) => (value && typeof value === 'object' && !Array.isArray(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value);
