// bundle.mjs APP KEY BUNDLE: packs the app as a signed web bundle, and prints the origin it has when installed, which
// is its key. KEY is made where there is none, readable by its owner alone. The same files and key give the same
// bytes.

import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { BundleBuilder } from 'wbn';
import { IntegrityBlockSigner, NodeCryptoSigningStrategy, WebBundleId } from 'wbn-sign';
import { headersOf } from './app-headers.mjs';

const FORMAT = 'b2';

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [app, keyFile, bundleFile] = process.argv.slice(2);
  const { origin, bundle } = await pack(app, readKey(keyFile));
  writeFileSync(bundleFile, bundle);
  console.log(origin);
}

/** The key of this file. */
export function readKey(file) {
  try {
    return createPrivateKey(readFileSync(file));
  } catch (error) {
    if (error.code !== 'ENOENT') throw new Error(`${file} is no key that can be read (${error.message}). Move it away, and another is made.`);
    return makeKey(file);
  }
}

function makeKey(file) {
  const { privateKey } = generateKeyPairSync('ed25519');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx' });
  console.error(`▸ made a key to sign with: ${file} (keep it: who has another is another app)`);
  return privateKey;
}

/** The folder as a signed bundle, and its origin. */
export async function pack(app, key) {
  const id = new WebBundleId(key).serialize();
  const origin = `isolated-app://${id}`;
  const builder = new BundleBuilder(FORMAT);
  for (const path of filesOf(app)) {
    const url = `${origin}/${path === 'index.html' ? '' : path}`;
    builder.addExchange(url, 200, headersOf(path), readFileSync(join(app, path)));
  }
  const signer = new IntegrityBlockSigner(builder.createBundle(), id, [new NodeCryptoSigningStrategy(key)]);
  const { signedWebBundle } = await signer.sign();
  return { origin, bundle: signedWebBundle };
}

/** All files below a folder, named from there, in an order of their own. */
export function filesOf(folder, below = '') {
  const names = readdirSync(join(folder, below)).sort();
  return names.flatMap((name) => {
    const path = join(below, name);
    return statSync(join(folder, path)).isDirectory() ? filesOf(folder, path) : [path];
  });
}
