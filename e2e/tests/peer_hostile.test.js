// A slave that means harm, by hand over a raw channel, while another one works on.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { Browser, connect, openBroadcaster, openSite, serve } from '../harness/peer.js';
import { rawSlave } from '../harness/raw_peer.js';

describe('a hostile slave', { timeout: 300_000 }, () => {
  let site, broadcaster, browser, master, good, bad;
  before(async () => {
    [site, broadcaster, browser] = await Promise.all([openSite(), openBroadcaster(), Browser.open()]);
    [master, good, bad] = await Promise.all([browser.page(site.url), browser.page(site.url), browser.page(site.url)]);
    await serve(master, broadcaster.url);
    await connect(good, broadcaster.url);
    await good.evaluate(() => db.put('a', { n: 1 }));
    await bad.evaluate(rawSlave, broadcaster.url);
    // The reply to a call with an id of its own comes after everything that was said before it.
    await bad.evaluate(() => {
      globalThis.fence = 0;
      globalThis.all = () => heard.filter((frame) => typeof frame === 'string').flatMap((frame) => JSON.parse(frame));
      globalThis.settled = (frames) =>
        new Promise((resolve) => {
          const id = `fence-${(fence += 1)}`;
          heard.length = 0;
          channel.onmessage = ({ data }) => {
            heard.push(data);
            if (all().some((message) => message.id === id)) resolve(all().filter((message) => message.id !== id));
          };
          for (const frame of frames) channel.send(frame);
          channel.send(JSON.stringify({ id, type: 'jio_query', method_name: 'repair' }));
        });
      globalThis.call = (id, method_name, argument_list) => JSON.stringify({ id, type: 'jio_query', method_name, argument_list });
    });
  });
  after(async () => {
    await browser?.close();
    await broadcaster?.close();
    site?.close();
  });

  const stillWorks = async () => assert.deepEqual(await good.evaluate(() => db.get('a')), { n: 1 });
  const statuses = (replies) => replies.map(({ id, type, result }) => [id, type, result?.status_code]);

  test('what is no message is answered with what is wrong', async () => {
    const replies = await bad.evaluate(() => settled(['', '{', 'null', '5', '{"type":"dance","id":7}', '[[]]', new Uint8Array([9, 0, 0]), new Uint8Array(0)]));
    assert.ok(replies.length >= 7);
    assert.ok(replies.every(({ type, result }) => type === 'error' && result.status_code === 400));
    assert.match(replies.find(({ id }) => id === 7).result.message, /unknown message type 'dance'/);
    await stillWorks();
  });

  test('calls of no sense are refused under their own id', async () => {
    const replies = await bad.evaluate(() =>
      settled([
        call(1, 'nothing', []),
        call(2, '__proto__', []),
        call(3, 'post', [null]),
        call(4, 'put', [{}, {}]),
        call(5, 'get', 'abc'),
        call(6, 'get', ['x'.repeat(200_000)]),
        call(7, 'putAttachment', ['a', 'b', { part: 0 }]),
        call(8, 'allDocs', [{ query: `${'('.repeat(50_000)}` }]),
        call({ deep: ['id'] }, 'get', []),
      ]),
    );
    assert.deepEqual(statuses(replies), [
      [1, 'error', 501],
      [2, 'error', 501],
      [3, 'error', 400],
      [4, 'error', 400],
      [5, 'error', 400],
      [6, 'error', 400],
      [7, 'error', 400],
      [8, 'error', 400],
      [{ deep: ['id'] }, 'error', 400],
    ]);
    await stillWorks();
    assert.equal(await good.evaluate(async () => (await db.allDocs()).data.total_rows), 1);
  });

  test('prototype keys are ordinary properties or refused, and change nothing', async () => {
    const replies = await bad.evaluate(() =>
      settled([
        `{"id":1,"type":"jio_query","method_name":"put","argument_list":["p",{"__proto__":{"polluted":1},"constructor":2,"hasOwnProperty":3}]}`,
        call(2, 'allDocs', [{ query: 'polluted:1' }]),
      ]),
    );
    assert.equal(replies[1].result.data.total_rows, 0);
    const found = await good.evaluate(async () => [{}.polluted, (await db.allDocs({ query: 'hasOwnProperty:3 OR n:1' })).data.rows.map(({ id }) => id)]);
    assert.deepEqual(found, [null, ['a']]);
    await stillWorks();
  });

  test('an attachment that is longer than announced is refused, and nothing of it is kept', async () => {
    const replies = await bad.evaluate(() => {
      const part = (stream, length, last) => {
        const bytes = new Uint8Array(6 + length);
        bytes.set([2, 0, 0, 0, stream, last]);
        return bytes;
      };
      const put = (id, stream, size) => call(id, 'putAttachment', ['a', 'x', { stream, content_type: '', size }]);
      return settled([put(1, 1, 10), part(1, 11, 1), put(2, 2, 10), part(2, 9, 1)]);
    });
    assert.deepEqual(statuses(replies), [
      [1, 'error', 400],
      [2, 'error', 400],
    ]);
    assert.equal((await good.evaluate(() => failure(db.getAttachment('a', 'x')))).status_code, 404);
    await stillWorks();
  });

  test('a flood of heavy calls does not keep others waiting', async () => {
    await good.evaluate(async () => {
      await Promise.all(Array.from({ length: 2000 }, (_, n) => db.put(`doc-${n}`, { text: `words ${n} `.repeat(20) })));
    });
    await bad.evaluate(() => {
      const heavy = Array.from({ length: 200 }, (_, n) => call(n, 'allDocs', [{ query: '"%w_rds%7%9%"', include_docs: true }]));
      globalThis.flooding = settled(heavy);
    });
    const waits = await good.evaluate(async () => {
      const waits = [];
      for (let n = 0; n < 50; n += 1) {
        const before = performance.now();
        await db.get('a');
        waits.push(performance.now() - before);
      }
      return waits.sort((a, b) => a - b);
    });
    assert.ok(waits[25] < 200, `half of the calls waited ${waits[25]} ms`);
    const replies = await bad.evaluate(() => flooding.then((replies) => replies.length));
    assert.equal(replies, 200);
  });

  test('calls beyond the bound are refused, and the channel lives', async () => {
    const replies = await bad.evaluate(
      () =>
        new Promise((resolve) => {
          heard.length = 0;
          channel.onmessage = ({ data }) => {
            heard.push(data);
            if (all().length === 3000) resolve(all());
          };
          channel.send(`[${Array.from({ length: 3000 }, (_, n) => `{"id":${n},"type":"jio_query","method_name":"repair"}`).join()}]`);
        }),
    );
    const refused = replies.filter(({ type, result }) => type === 'error' && result.status_code === 429);
    assert.equal(replies.length, 3000);
    assert.ok(refused.length > 0 && refused.length < 3000);
    await stillWorks();
  });

  test('a connection that is torn down leaves the others alone', async () => {
    await bad.evaluate(() => connection.close());
    await master.evaluate(() => until(master, 'peers', (peers) => peers.length === 1));
    await stillWorks();
  });
});
