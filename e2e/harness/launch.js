// Chromium as every test starts it.

import puppeteer from 'puppeteer-core';

/** As build.sh found it. */
const PROGRAM = process.env.CHROMIUM || '/usr/bin/chromium';
const SWITCHES = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Chromium's own sandbox refuses to start as root.
  ...(process.getuid() === 0 ? ['--no-sandbox'] : []),
];

/** Starts it with puppeteer's options. `host`: the computer of lan.js to start it at, else this one. */
export function launch({ host, args = [], env = process.env, ...options } = {}) {
  const { executablePath, environment } = host?.launch(PROGRAM) ?? { executablePath: PROGRAM };
  return puppeteer.launch({
    executablePath,
    pipe: true,
    env: { ...env, ...environment },
    // Signals go to whoever started us; it closes the browser in order.
    handleSIGINT: false,
    handleSIGTERM: false,
    handleSIGHUP: false,
    args: [...SWITCHES, ...args],
    ...options,
  });
}
