// A wall clock that jumps, for a browser and what it starts: the system's own is everybody's.

import { execFileSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const SOURCE = fileURLToPath(new URL('clock.c', import.meta.url));

/** Why there is none here, or false: for a test's `skip`. */
export const noClock = impossible();

function impossible() {
  try {
    execFileSync('cc', ['--version'], { stdio: 'pipe' });
    return process.platform !== 'linux' && 'clocks are moved on Linux alone';
  } catch (error) {
    return `no compiler here: ${error.message}`;
  }
}

export class Clock {
  #folder = mkdtempSync(join(tmpdir(), 'lan-broadcaster-clock-'));

  static async open() {
    const it = new Clock();
    await writeFile(it.#file, Buffer.alloc(8));
    execFileSync('cc', ['-O2', '-Wall', '-Werror', '-shared', '-fPIC', '-o', it.#library, SOURCE], { stdio: ['ignore', 'inherit', 'inherit'] });
    return it;
  }

  get #library() {
    return join(this.#folder, 'clock.so');
  }

  get #file() {
    return join(this.#folder, 'seconds');
  }

  /** From now on it is off by so many seconds. */
  async jump(seconds) {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(seconds));
    // In place: it is in the memory of those who look at it.
    await writeFile(this.#file, bytes, { flag: 'r+' });
  }

  /** What makes a browser start with this clock. */
  launch(program) {
    return { executablePath: program, environment: { LD_PRELOAD: this.#library, CLOCK_FILE: this.#file } };
  }

  async close() {
    await rm(this.#folder, { recursive: true, force: true });
  }
}
