// What the soak's books notice: else a soak that passes would mean nothing.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Ledger } from '../e2e/soak/ledger.js';
import { Order } from '../e2e/soak/order.js';
import { Random } from '../e2e/soak/random.js';

const LOST = { status_code: 503, message: 'the connection to the master was lost' };

test('a record that was acknowledged has to be there, under its id and once', () => {
  const ledger = new Ledger('a master');
  const doc = { by: 'a', n: 1 };
  ledger.beginPost(doc)({ value: 'id-1' });
  assert.deepEqual(ledger.compare([['id-1', doc]]), []);
  assert.equal(ledger.compare([]).length, 1, 'lost');
  assert.equal(ledger.compare([['id-2', doc]]).length, 1, 'under another id');
  assert.equal(ledger.compare([['id-1', doc], ['id-2', doc]]).length > 0, true, 'twice');
  assert.equal(ledger.compare([['id-1', doc], ['id-3', { by: 'nobody' }]]).length, 1, 'written by nobody');
});

test('a post whose connection was lost may be there, and once at most', () => {
  const ledger = new Ledger('a master');
  const doc = { by: 'a', n: 1 };
  ledger.beginPost(doc)(LOST);
  assert.deepEqual(ledger.compare([]), []);
  assert.deepEqual(ledger.compare([['id-1', doc]]), []);
  assert.equal(ledger.compare([['id-1', doc], ['id-2', doc]]).length, 1);
});

test('a record that is written again is as it was acknowledged last, or as a write of which nobody knows', () => {
  const ledger = new Ledger('a master');
  const docs = [1, 2, 3].map((version) => ({ version }));
  const write = (doc, outcome) => ledger.begin('record', 'key', JSON.stringify(doc))(outcome);
  write(docs[0], LOST);
  assert.deepEqual(ledger.compare([]), [], 'it need not be there');
  write(docs[1], { value: 'key' });
  write(docs[2], LOST);
  const wrong = (rows) => ledger.compare(rows).length;
  assert.deepEqual([wrong([]), ...docs.map((doc) => wrong([['key', doc]]))], [1, 1, 0, 0]);
});

test('an attachment is held against the book too', () => {
  const ledger = new Ledger('a master');
  const write = (content, outcome) => ledger.begin('attachment', 'key', content)(outcome);
  write('one', LOST);
  assert.deepEqual(ledger.attachments, []);
  write('two', {});
  write('three', LOST);
  assert.deepEqual(ledger.attachments, ['key']);
  const wrong = (outcome) => ledger.compareAttachment('key', outcome).length;
  assert.deepEqual([{ value: 'one' }, { value: 'two' }, { value: 'three' }, LOST].map(wrong), [1, 0, 0, 1]);
});

test('what is read has to be what was written, and a refusal is told', () => {
  const ledger = new Ledger('a master');
  ledger.begin('attachment', 'key', 'content')({ value: undefined });
  ledger.read('attachment', 'key', { value: 'content' });
  ledger.read('attachment', 'key', LOST);
  assert.deepEqual(ledger.complaints, []);
  ledger.read('attachment', 'key', { value: 'else' });
  ledger.read('attachment', 'key', { status_code: 404, message: 'absent' });
  ledger.begin('record', 'other', '{}')({ status_code: 507, message: 'full' });
  assert.equal(ledger.complaints.length, 3);
});

/** What is wrong when a member hears these of the words that another one, who came later, has said. */
function heard(...numbers) {
  const order = new Order();
  const [receiver, sender] = [order.open('/'), order.open('/')];
  const words = Array.from({ length: 4 }, () => sender.words(''));
  for (const n of numbers) receiver.hear(words[n]);
  sender.isWhole = true;
  receiver.checkEnds();
  return order.complaints.length;
}

test('a gap, a message twice, one too late and a missing end are noticed', () => {
  assert.equal(heard(0, 1, 2, 3), 0);
  for (const numbers of [[1, 2, 3], [0, 2, 3], [0, 1, 1, 2, 3], [0, 2, 1, 3], [0, 1, 2], []]) assert.ok(heard(...numbers) > 0, `${numbers}`);
});

test('who comes later hears the rest; another room hears nothing', () => {
  const order = new Order();
  const [sender, stranger] = [order.open('/'), order.open('/other')];
  sender.words('');
  const late = order.open('/');
  late.hear(sender.words(''));
  late.hear(sender.aside());
  assert.deepEqual(order.complaints, []);
  stranger.hear(sender.words(''));
  assert.equal(order.complaints.length, 1);
});

test('an aside comes behind what was said before it', () => {
  const order = new Order();
  const [receiver, sender] = [order.open('/'), order.open('/')];
  const [first, second] = [sender.words(''), sender.words('')];
  receiver.hear(first);
  receiver.hear(sender.aside());
  receiver.hear(second);
  assert.equal(order.complaints.length, 1);
});

test('chance can be had again, and each actor has its own', () => {
  const draw = (random) => Array.from({ length: 5 }, () => random.between(1, 1000));
  assert.deepEqual(draw(new Random('7').fork('a')), draw(new Random('7').fork('a')));
  assert.notDeepEqual(draw(new Random('7').fork('a')), draw(new Random('7').fork('b')));
  assert.notDeepEqual(draw(new Random('7')), draw(new Random('8')));
  assert.deepEqual(new Random('7').shuffle([1, 2, 3, 4]).sort(), [1, 2, 3, 4]);
});
