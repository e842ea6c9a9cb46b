// What an honest pair notices of 200 hostile connections: the latency of its messages, with none and with each
// kind, through `serve` and through the extension. Prints markdown. FANOUT and ATTACK name the programs; runs
// in a network of its own (harness/network.sh), in which the honest and the hostile are computers of their own.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Lan } from '../e2e/harness/lan.js';
import { openSharing } from '../e2e/harness/sharing.js';

const HERE = '10.77.0.1';
const HONEST = '10.77.0.2';
/** As few as let all of them in: 64 connections of an address are admitted. */
const HOSTILE = Array.from({ length: Number(process.env.ADDRESSES ?? 10) }, (_, n) => `10.77.0.${10 + n}`);
const CONNECTIONS = 200;
const KINDS = process.env.KINDS?.split(',') ?? ['none', 'garbage', 'slow', 'flood', 'deaf', 'huge', 'storm', 'all', 'here'];
/** Messages of the honest pair: one way, by the clock. */
const PAIR = ['--clients', 2, '--senders', 1, '--size', 200, '--rate', 50, '--messages', 300, '--text', '--among-others', '--timeout', 20];

const lan = await Lan.open();
try {
  lan.here.move([HERE]);
  const [honest, hostile] = [await lan.host(), await lan.host()];
  honest.move([HONEST]);
  hostile.move(HOSTILE);
  if (process.argv.includes('serve')) await throughServe(honest, hostile);
  if (process.argv.includes('extension')) await throughExtension(honest, hostile);
} finally {
  await lan.close();
}

async function throughServe(honest, hostile) {
  const serve = spawn('taskset', ['-c', '0', process.env.HOST, 'serve', '--open', '--port', '0', '--bind', HERE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(createInterface(serve.stdout), 'line');
    await measure('serve', new URL(line.match(/ws:\S+/)[0]).port, honest, hostile);
  } finally {
    serve.kill();
  }
}

async function throughExtension(honest, hostile) {
  const chromium = await openSharing();
  try {
    await measure('the extension', '9999', honest, hostile);
  } finally {
    await chromium.close();
  }
}

async function measure(through, port, honest, hostile) {
  console.log(`\n| through ${through} | p50 ms | p99 ms | worst ms | times the median | entered | MiB sent by the hostile | faults |`);
  console.log('|---|---|---|---|---|---|---|---|');
  let calm;
  for (const kind of KINDS) {
    const attack = kind !== 'none' && begin(hostile, kind, port);
    if (attack) await pause(2000); // the attack's first second is not what lasts
    const run = await pair(honest, port);
    const told = attack && (await attack);
    calm ??= run.p50_us;
    const ms = (us) => (us / 1000).toFixed(2);
    const sum = (at) => Object.values(told).reduce((all, one) => all + one[at], 0);
    console.log(
      `| ${kind} | ${ms(run.p50_us)} | ${ms(run.p99_us)} | ${ms(run.max_us)} | ${(run.p50_us / calm).toFixed(1)} ` +
        `| ${told ? sum(0) : ''} | ${told ? Math.round(sum(1) / 2 ** 20) : ''} | ${run.ok ? '' : run.first_fault} |`,
    );
    await pause(1000);
  }
}

/** Attacks for as long as the pair takes, and a little longer; tells what it came to. */
async function begin(host, kind, port) {
  const options = ['--to', `${HERE}:${port}`, '--from', HOSTILE.join(), '--kind', kind, '--connections', CONNECTIONS, '--seconds', 10];
  return JSON.parse(await on(host, ['taskset', '-c', '1', 'nice', '-n', '19', process.env.ATTACK, ...options]));
}

async function pair(host, port) {
  const command = ['taskset', '-c', '1', process.env.FANOUT, '--url', `ws://${HERE}:${port}/`, '--json', ...PAIR];
  return JSON.parse(await on(host, command));
}

/** Runs a program at a computer; what it prints, also where it failed. */
async function on(host, [program, ...words]) {
  const { executablePath, environment } = host.launch(program);
  const options = { env: { ...process.env, ...environment } };
  try {
    return (await promisify(execFile)(executablePath, words.map(String), options)).stdout;
  } catch (error) {
    if (error.stdout) return error.stdout;
    throw error;
  }
}
