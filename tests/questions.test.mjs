// What a device that asks before it writes is asked about, and once.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Questions } from '../extension/questions.js';

const peer = { id: 'S', session: 7, address: '192.168.1.23', rights: 'ask-first' };

function open() {
  const said = [];
  const questions = new Questions({ setRights: (...rights) => said.push(rights), onchange: () => said.push('changed') });
  return { questions, said };
}

test('a device is asked about once, whatever it wants to write, and the word holds for it', async () => {
  for (const [allowed, rights] of [[true, 'read-write'], [false, 'read-only']]) {
    const { questions, said } = open();
    const calls = [questions.ask({ peer }), questions.ask({ peer })];
    assert.deepEqual(questions.all, [{ session: 7, address: '192.168.1.23' }]);
    questions.answer(7, allowed);
    assert.deepEqual(await Promise.all(calls), [allowed, allowed]);
    assert.deepEqual(said, ['changed', ['S', rights], 'changed']);
    assert.deepEqual(questions.all, []);
  }
});

test('a word for another session answers nothing', () => {
  const { questions, said } = open();
  questions.ask({ peer });
  questions.answer(8, true);
  assert.deepEqual([said, questions.all.length], [['changed'], 1]);
});

test('a device that has left, or was given other rights, is not asked about any more', async () => {
  for (const peers of [[], [{ ...peer, rights: 'read-only' }], [{ ...peer, session: 8 }]]) {
    const { questions } = open();
    const call = questions.ask({ peer });
    questions.drop([peer]);
    assert.equal(questions.all.length, 1);
    questions.drop(peers);
    assert.equal(await call, false);
    assert.deepEqual(questions.all, []);
  }
});
