// Bad input ends its own connection, with the status or code that names the fault; nobody else notices.

import assert from 'node:assert/strict';
import { after, afterEach, before, describe, test } from 'node:test';
import { Member } from '../harness/member.js';
import { frame, Raw, upgrade } from '../harness/raw.js';
import { here, openSharing, PORT } from '../harness/sharing.js';

const without = (name) => (lines) => lines.filter((line) => !line.startsWith(name));
const instead = (name, value) => (lines) => lines.map((line) => (line.startsWith(name) ? `${name}: ${value}` : line));

/** Spoilt upgrades → the HTTP status that answers them. */
const HANDSHAKES = {
  'no request at all': ['\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n', 400],
  'no Host': [upgrade(PORT, '/', without('Host')), 400],
  'no key': [upgrade(PORT, '/', without('Sec-WebSocket-Key')), 400],
  'a key of the wrong length': [upgrade(PORT, '/', instead('Sec-WebSocket-Key', 'c2hvcnQ=')), 400],
  'an old version': [upgrade(PORT, '/', instead('Sec-WebSocket-Version', '8')), 426],
  'a foreign Host': [upgrade(PORT, '/', instead('Host', 'evil.example')), 421],
  'a head over 8 KiB': [upgrade(PORT, '/', (lines) => [...lines, `X: ${'x'.repeat(8300)}`]), 431],
  'more than 64 fields': [upgrade(PORT, '/', (lines) => [...lines, ...Array.from({ length: 64 }, (_, n) => `X-${n}: x`)]), 431],
  'a room name over 256 bytes': [upgrade(PORT, `/${'x'.repeat(256)}`), 414],
};

/** What is sent after a correct upgrade → the close code that answers it. */
const FRAMES = {
  'an unmasked frame': [frame(0x81, 'hello', { masked: false }), 1002],
  'a reserved bit': [frame(0xc1, 'hello'), 1002],
  'an unknown opcode': [frame(0x83, ''), 1002],
  'a continuation of nothing': [frame(0x80, 'hello'), 1002],
  'a fragmented ping': [frame(0x09, 'hello'), 1002],
  'text that is not UTF-8': [frame(0x81, [0xc3, 0x28]), 1007],
  'a close code that must not be sent': [frame(0x88, [0x03, 0xed]), 1002],
  'a frame that announces 2^62 bytes': [Buffer.from([0x82, 0xff, 0x40, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
};

describe('hostile', { timeout: 120_000 }, () => {
  let chromium;
  let others;
  before(async () => {
    chromium = await openSharing();
    others = await Promise.all([Member.open(here()), Member.open(here())]);
  });
  after(() => chromium?.close());
  afterEach(async () => {
    await others[0].send('still here');
    assert.equal(await others[1].next(), 'still here', 'nobody else noticed');
  });

  for (const [name, [request, status]] of Object.entries(HANDSHAKES)) {
    test(`handshake with ${name}: ${status}`, async () => {
      const raw = await Raw.open(PORT);
      raw.write(Buffer.from(request, 'latin1'));
      assert.equal(await raw.endedStatus(), status);
    });
  }

  for (const [name, [bytes, code]] of Object.entries(FRAMES)) {
    test(`${name}: ${code}`, async () => {
      const raw = await Raw.upgraded(PORT, '/hostile');
      assert.equal(raw.status, 101);
      raw.write(bytes);
      assert.equal(await raw.endedCode(), code);
    });
  }

  test('what was sent before the fault still arrives', async () => {
    const member = await Member.open(here('/before'));
    const raw = await Raw.upgraded(PORT, '/before');
    raw.write(Buffer.concat([frame(0x81, 'sound'), frame(0x83, 'broken')]));
    assert.equal(await member.next(), 'sound');
    assert.equal(await raw.endedCode(), 1002);
    await member.close();
  });

  test('a handshake that never ends is ended', async () => {
    const raw = await Raw.open(PORT);
    raw.write('GET / HTTP/1.1\r\n');
    await raw.ended;
  });
});
