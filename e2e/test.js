// Runs every test file by the companions that companions.js lists for it, each in a network of its own and two at
// a time, and counts.
// `node test.js NAME…` runs only the files whose names have one of these words; `COMPANION_KIND=app`, or `program`,
// only those of that companion.

import { spawn } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { FILES } from './companions.js';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const AT_ONCE = 2;
/** A file that takes longer hangs. */
const LIMIT_MS = 10 * 60_000;

const words = process.argv.slice(2);
const { COMPANION_KIND } = process.env;
const companions = COMPANION_KIND ? [COMPANION_KIND] : ['program', 'app'];
const runs = companions.flatMap((companion) =>
  Object.keys(FILES)
    .filter((name) => FILES[name][0].includes(companion))
    .map((name) => ({ companion, file: `${name}.test.js`, title: `${name}.test.js${companion === 'app' ? ' by the app' : ''}` }))
    .filter(({ file }) => words.length === 0 || words.some((word) => file.includes(word))),
);
await mkdir(here('screenshots'), { recursive: true });

const totals = { pass: 0, fail: 0, skipped: 0 };
/** What failed, said once more at the end: there it is read, also where only the end is shown. */
const failures = [];
await Promise.all(Array.from({ length: AT_ONCE }, work));
for (const failure of failures) console.log(failure);
const skipped = totals.skipped ? `, ${totals.skipped} skipped` : '';
console.log(`${totals.pass} passed, ${totals.fail} failed${skipped}`);
process.exit(totals.fail === 0 && totals.pass > 0 ? 0 : 1);

async function work() {
  for (let next = runs.shift(); next; next = runs.shift()) {
    const { output, code } = await run(next);
    console.log(`# ${next.title}\n${output}`);
    const count = (word) => Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
    totals.pass += count('pass');
    // Node does not count the tests of a suite that is skipped: it is one here.
    totals.skipped += count('skipped') + (output.match(/^ok .* # SKIP/gm)?.length ?? 0);
    const failed = count('fail') + count('cancelled') || (code === 0 ? 0 : 1);
    totals.fail += failed;
    if (failed) failures.push(`# failed in ${next.title}`, ...failedTests(output));
  }
}

/** Each failed test's name and error; of a file that says none, its last lines. */
function failedTests(output) {
  const tests = output.match(/^ *not ok[^]*?^ *\.\.\.$/gm)?.filter((test) => !/failureType: 'subtestsFailed'/.test(test));
  return tests?.length ? tests : [output.split('\n').slice(-30).join('\n')];
}

function run({ file, companion }) {
  return new Promise((resolve) => {
    const command = [here('harness/network.sh'), process.execPath, '--test-force-exit', '--test-reporter=tap', here(`tests/${file}`)];
    const child = spawn(command[0], command.slice(1), { env: { ...process.env, COMPANION_KIND: companion }, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const limit = setTimeout(() => {
      output += `not ok - stopped: it took more than ${LIMIT_MS / 60_000} minutes\n`;
      child.kill('SIGKILL');
    }, LIMIT_MS);
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code) => {
      clearTimeout(limit);
      resolve({ output, code });
    });
  });
}
