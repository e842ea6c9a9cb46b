// What comes into the build from elsewhere: licences, sources, banned crates, known vulnerabilities.
// Reads deny.toml, the lock files and what cargo says of the crates; asks cargo-deny and npm where they can
// answer. Prints a line for each check and, at the end, how many passed, failed and were skipped.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

const tally = { passed: 0, failed: 0, skipped: 0 };
const REGISTRY = 'registry+https://github.com/rust-lang/crates.io-index';

const rules = readDeny(readFileSync('deny.toml', 'utf8'));
const metadata = JSON.parse(run('cargo', ['metadata', '--format-version', '1', '--locked', '--quiet']).stdout);

if (run('cargo', ['deny', '--version']).status === 0) {
  checkWithCargoDeny();
} else {
  checkCrates(metadata, rules);
  skip('advisories on crates', 'cargo-deny is not installed (cargo install cargo-deny)');
}
for (const folder of ['build', 'e2e', 'e2e/couchdb']) {
  checkModules(folder);
  // The CouchDB of the tests is years old and asked by nobody else, in a network without a way out.
  if (folder !== 'e2e/couchdb') checkAudit(folder);
}
const published = JSON.parse(readFileSync('peer/npm/package.json', 'utf8'));
check('the published package brings no other', names(published.dependencies));
console.log(`${tally.passed} passed, ${tally.failed} failed, ${tally.skipped} skipped`);
process.exitCode = tally.failed > 0 ? 1 : 0;

function checkWithCargoDeny() {
  for (const what of ['licenses', 'bans', 'sources']) {
    const { status, stderr } = run('cargo', ['deny', 'check', what]);
    check(`cargo deny: ${what}`, status === 0 ? [] : [stderr]);
  }
  const { status, stderr } = run('cargo', ['deny', 'check', 'advisories']);
  if (status !== 0 && /fetch|resolve|connect/i.test(stderr)) {
    skip('advisories on crates', 'the advisory database cannot be reached');
  } else {
    check('cargo deny: advisories', status === 0 ? [] : [stderr]);
  }
}

function checkCrates({ packages }, { licences, banned }) {
  const say = ({ name, version, license }) => `${name} ${version}: ${license ?? 'no licence'}`;
  const foreign = packages.filter(({ source }) => source !== null);
  check('crates: licences', packages.filter(({ license }) => !isAllowed(license, licences)).map(say));
  check('crates: sources', foreign.filter(({ source }) => source !== REGISTRY).map(({ name, source }) => `${name} from ${source}`));
  check('crates: bans', packages.filter(({ name }) => banned.includes(name)).map(say));
  const own = packages.filter(({ source }) => source === null);
  const loose = own.flatMap(({ dependencies }) => dependencies.filter(({ req, path }) => req === '*' && !path));
  check('crates: no version is left open', loose.map(({ name }) => name));
}

// Tools and tests only: none of these is given on, so their licences bind nobody who uses the product.
function checkModules(folder) {
  const { packages } = JSON.parse(readFileSync(`${folder}/package-lock.json`, 'utf8'));
  const modules = Object.entries(packages).filter(([path]) => path !== '');
  // Without `resolved` a package comes from the registry that npm is set to, and must have this hash.
  const isFromRegistry = ({ resolved, integrity }) => !resolved && integrity?.startsWith('sha512-');
  check(`${folder}: npm packages come from a registry, with their hash`, modules.filter(([, module]) => !isFromRegistry(module)).map(([path]) => path));
}

function checkAudit(folder) {
  const { stdout } = run('npm', ['audit', '--json', '--prefix', folder]);
  const { vulnerabilities, error, message } = readJson(stdout);
  if (!vulnerabilities) {
    skip(`${folder}: npm audit`, `the registry does not answer: ${error?.summary || message || 'no reason given'}`);
  } else {
    check(`${folder}: npm audit`, Object.values(vulnerabilities).map(({ name, severity, range }) => `${name} ${range}: ${severity}`));
  }
}

// The two lists of deny.toml that are read here; each item stands on a line of its own.
function readDeny(text) {
  const list = (start) => {
    const [, inside] = text.match(new RegExp(`^${start} = \\[\\n([^\\]]*)\\]`, 'm')) ?? [];
    if (!inside) throw new Error(`deny.toml has no list '${start}'`);
    return inside.split('\n').map((line) => line.match(/"([^"]+)"/)?.[1]).filter(Boolean);
  };
  return { licences: list('allow'), banned: list('deny') };
}

// Whether an SPDX expression is met by a list of licences: OR binds less than AND, a slash is an old OR.
function isAllowed(expression, licences) {
  if (!expression) return false;
  const tokens = expression.replaceAll('/', ' OR ').match(/\(|\)|[^\s()]+/g);
  const either = () => {
    let met = both();
    while (tokens[0] === 'OR') met = (tokens.shift(), both()) || met;
    return met;
  };
  const both = () => {
    let met = one();
    while (tokens[0] === 'AND') met = (tokens.shift(), one()) && met;
    return met;
  };
  const one = () => {
    let name = tokens.shift();
    if (name === '(') {
      const met = either();
      tokens.shift();
      return met;
    }
    if (tokens[0] === 'WITH') name += ` ${tokens.shift()} ${tokens.shift()}`;
    return licences.includes(name);
  };
  return either();
}

function check(name, faults) {
  tally[faults.length === 0 ? 'passed' : 'failed'] += 1;
  console.log(`${faults.length === 0 ? 'ok     ' : 'FAILED '} ${name}`);
  for (const fault of faults) console.log(`        ${fault}`);
}

function skip(name, why) {
  tally.skipped += 1;
  console.log(`skipped ${name}: ${why}`);
}

function run(command, words) {
  return spawnSync(command, words, { encoding: 'utf8', maxBuffer: 1 << 28, timeout: 120_000 });
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function names(dependencies = {}) {
  return Object.keys(dependencies);
}
