// The popup's words. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressLabel, age, bytes, retry, traffic } from '../extension/words.js';

const tables = {
  age: [age, [[-1, 'now'], [4.9, 'now'], [5, '5 s'], [59.9, '59 s'], [60, '1 min'], [3599, '59 min'], [3600, '1 h'], [86399, '23 h'], [86400, '1 d']]],
  bytes: [bytes, [[0, '0 B'], [999, '999 B'], [1000, '1 kB'], [1540, '1.5 kB'], [45200, '45 kB'], [4194304, '4.2 MB']]],
  retry: [retry, [[4, 'Restarting in 4 s.'], [0.1, 'Restarting in 1 s.'], [0, 'Restarting …'], [-9, 'Restarting …']]],
  traffic: [traffic, [[{}, '0 in, 0 out'], [{ received: 3, sent: 12, queued: 0 }, '3 in, 12 out'], [{ received: 1, sent: 2, queued: 45000 }, '1 in, 2 out, 45 kB waiting']]],
  addressLabel: [addressLabel, [
    [{ url: 'ws://192.168.1.5:9999/', medium: 'wireless', interface: 'wlan0' }, '192.168.1.5 · Wi-Fi (wlan0)'],
    [{ url: 'ws://[fd00::5]:80/', medium: 'wired', interface: 'eth0' }, '[fd00::5] · cable (eth0)'],
    [{ url: 'ws://10.0.0.1:9999/', medium: 'tin cans', interface: '' }, '10.0.0.1 · tin cans'],
  ]],
};

for (const [name, [word, cases]] of Object.entries(tables)) {
  test(`words: ${name}`, () => {
    for (const [input, expected] of cases) assert.equal(word(input), expected);
  });
}
