// The signed web bundle of the Direct Sockets app, taken apart by hand: whose it is, and what is in it.
// https://github.com/WICG/webpackage/blob/main/explainers/integrity-signature.md. Needs dist/direct-sockets.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { createHash, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { Bundle } from '../../build/node_modules/wbn/lib/wbn.js';
import { filesOf, readKey } from '../../build/bundle.mjs';

const APP = 'dist/direct-sockets';
const KEY_BYTES = 32;
const SIGNATURE_BYTES = 64;
const LEAST_ICON_PX = 144;

let folder, keyFile, first, second;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lan-broadcaster-'));
  keyFile = join(folder, 'config/key.pem');
  first = await pack('first.swbn');
  second = await pack('second.swbn');
});
after(() => rm(folder, { recursive: true, force: true }));

test('a key is made once, for its owner alone, and used again', async () => {
  assert.match(first.said, /made a key.*key\.pem/);
  assert.equal(second.said, '');
  assert.equal((await stat(keyFile)).mode & 0o777, 0o600);
  assert.equal((await stat(join(folder, 'config'))).mode & 0o777, 0o700);
  assert.equal(first.origin, second.origin);
});

test('the same files and key give the same bytes', () => {
  assert.ok(first.bytes.equals(second.bytes));
});

test('what is no key is refused, and left as it is', async () => {
  const file = join(folder, 'letter.txt');
  await writeFile(file, 'Dear Ada');
  assert.throws(() => readKey(file), /letter\.txt is no key/);
  assert.equal(await readFile(file, 'utf8'), 'Dear Ada');
});

test('the id is the public key, and the signature holds', async () => {
  const key = publicKey(await readFile(keyFile));
  assert.equal(first.origin, `isolated-app://${idOf(key.raw)}`);
  const { block, bundle, attributes, signature } = takeApart(first.bytes, key.raw);
  const signed = Buffer.concat([createHash('sha512').update(bundle).digest(), block, attributes].flatMap(withLength));
  assert.ok(verify(null, signed, key.object, signature));
  const other = Buffer.from(signed);
  other[20] ^= 1;
  assert.ok(!verify(null, other, key.object, signature));
});

test('every file of the app is in it, as it is, and nothing else', async () => {
  const { bundle } = takeApart(first.bytes, publicKey(await readFile(keyFile)).raw);
  const packed = new Bundle(bundle);
  const urls = filesOf(APP).map((path) => `${first.origin}/${path === 'index.html' ? '' : path}`);
  assert.deepEqual([...packed.urls].sort(), urls.sort());
  assert.ok(urls.length > 10);
  for (const path of filesOf(APP)) {
    const { status, headers, body } = packed.getResponse(`${first.origin}/${path === 'index.html' ? '' : path}`);
    assert.equal(status, 200, path);
    assert.ok(Buffer.from(body).equals(await readFile(join(APP, path))), path);
    assert.match(headers['content-type'], typeFor(path), path);
    assert.match(headers['content-security-policy'], /script-src 'self' 'wasm-unsafe-eval'; require-trusted-types-for 'script'/);
    assert.equal(headers['cross-origin-embedder-policy'], 'require-corp');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin');
  }
});

test('its manifest says what a browser wants to know before it installs it', async () => {
  const manifest = JSON.parse(await readFile(join(APP, '.well-known/manifest.webmanifest'), 'utf8'));
  assert.equal(manifest.version, JSON.parse(await readFile('manifest.json', 'utf8')).version);
  assert.match(manifest.version, /^\d+(\.\d+){0,3}$/);
  assert.deepEqual([manifest.id, manifest.scope, manifest.start_url, manifest.isolated_storage], ['/', '/', '/', true]);
  for (const feature of ['cross-origin-isolated', 'direct-sockets']) assert.deepEqual(manifest.permissions_policy[feature], ['self']);
  const [{ src, sizes, type }] = manifest.icons;
  const icon = await readFile(join(APP, src));
  const [width, height] = [icon.readUInt32BE(16), icon.readUInt32BE(20)];
  assert.deepEqual([type, sizes], ['image/png', `${width}x${height}`]);
  assert.ok(width >= LEAST_ICON_PX && height === width);
});

async function pack(name) {
  const file = join(folder, name);
  const { stdout, stderr } = await promisify(execFile)('node', ['build/bundle.mjs', APP, keyFile, file]);
  return { origin: stdout.trim(), said: stderr, bytes: await readFile(file) };
}

function publicKey(pem) {
  const object = createPublicKey(createPrivateKey(pem));
  return { object, raw: object.export({ type: 'spki', format: 'der' }).subarray(-KEY_BYTES) };
}

/** An id: the key and the mark of its kind, in base32. */
function idOf(key) {
  const bits = [...key, 0, 1, 2].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  return bits.match(/.{5}/g).map((five) => 'abcdefghijklmnopqrstuvwxyz234567'[parseInt(five, 2)]).join('');
}

/** The integrity block before it was signed, what was signed with it, and the signature. In CBOR: an array of magic,
 * version, attributes, and signatures, each an array of attributes and signature. */
function takeApart(bytes, key) {
  const start = Buffer.concat([
    Buffer.from([0x84, 0x48, ...Buffer.from('🖋📦'), 0x44, ...Buffer.from('2b\0\0')]),
    Buffer.from([0xa1, 0x6b, ...Buffer.from('webBundleId'), 0x78, 56, ...Buffer.from(idOf(key))]),
  ]);
  const attributes = Buffer.from([0xa1, 0x70, ...Buffer.from('ed25519PublicKey'), 0x58, KEY_BYTES, ...key]);
  const head = Buffer.concat([start, Buffer.from([0x81, 0x82]), attributes, Buffer.from([0x58, SIGNATURE_BYTES])]);
  assert.ok(bytes.subarray(0, head.length).equals(head));
  const end = head.length + SIGNATURE_BYTES;
  const unsigned = Buffer.concat([start, Buffer.from([0x80])]);
  return { block: unsigned, bundle: bytes.subarray(end), attributes, signature: bytes.subarray(head.length, end) };
}

/** As it is signed: its length first, in eight bytes. */
function withLength(part) {
  const length = Buffer.alloc(8);
  length.writeBigUInt64BE(BigInt(part.length));
  return [length, part];
}

function typeFor(path) {
  if (path.endsWith('.js')) return /^text\/javascript/;
  if (path.endsWith('.wasm')) return /^application\/wasm$/;
  if (path.endsWith('.webmanifest')) return /^application\/manifest\+json$/;
  return /^(text|image)\//;
}
