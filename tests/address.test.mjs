// What people type as an address. Run by `node --test tests/`.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ownBroadcasterUrl, readAddress, toBroadcasterUrl } from '../pages/address.js';

const MEANT = [
  ['ws://192.168.1.5:9999/', 'ws://192.168.1.5:9999/'],
  ['  http://192.168.1.5:9999/ ', 'ws://192.168.1.5:9999/'],
  ['HTTP://192.168.1.5:9999', 'ws://192.168.1.5:9999/'],
  ['https://records.example/room', 'wss://records.example/room'],
  ['192.168.1.5', 'ws://192.168.1.5:9999/'],
  ['192.168.1.5/kitchen', 'ws://192.168.1.5:9999/kitchen'],
  ['192.168.1.5:8000', 'ws://192.168.1.5:8000/'],
  ['[fd00::5]', 'ws://[fd00::5]:9999/'],
  ['[fd00::5]:80/', 'ws://[fd00::5]/'],
  ['ws://192.168.1.5', 'ws://192.168.1.5/'],
  ['http://192.168.1.5:9999/#console', 'ws://192.168.1.5:9999/'],
];
const NONE = ['', '   ', 'what is this', 'ftp://192.168.1.5/', 'file:///etc', 'ws://', 'ws://a:b@host/', '192.168.1.5:99999', 'ws://[fd00', 'javascript:alert(1)'];

test('the address that is meant is found', () => {
  for (const [typed, url] of MEANT) assert.equal(toBroadcasterUrl(typed), url, typed);
});

test('what is no address is none', () => {
  for (const typed of NONE) assert.equal(toBroadcasterUrl(typed), null, typed);
});

const OWN = 'ws://10.0.0.1:9999/';
const INVITED = [
  ['http://192.168.1.5:9999/#AQbc', { url: 'ws://192.168.1.5:9999/', fragment: 'AQbc' }],
  [' invitation http://192.168.1.5:9999/#AQbc\n', { url: 'ws://192.168.1.5:9999/', fragment: 'AQbc' }],
  ['Open <http://[fd00::5]:9999/#AQ-_>.', { url: 'ws://[fd00::5]:9999/', fragment: 'AQ-_' }],
  ['ws://192.168.1.5:9999/kitchen#AQbc', { url: 'ws://192.168.1.5:9999/kitchen', fragment: 'AQbc' }],
  ['192.168.1.5#AQbc', { url: 'ws://192.168.1.5:9999/', fragment: 'AQbc' }],
  ['#AQbc', { url: OWN, fragment: 'AQbc' }],
  ['192.168.1.5', { url: 'ws://192.168.1.5:9999/', fragment: '' }],
  ['javascript:alert(1)#AQbc', null],
  ['what is this', null],
];

test('an invitation is found with its address', () => {
  for (const [pasted, read] of INVITED) assert.deepEqual(readAddress(pasted, OWN), read, pasted);
  assert.equal(readAddress('#AQbc'), null, 'from nowhere');
});

test('only a page from an http port knows its broadcaster', () => {
  assert.equal(ownBroadcasterUrl(new URL('http://192.168.1.5:9999/')), 'ws://192.168.1.5:9999/');
  for (const page of ['file:///slave.html', 'chrome-extension://abc/pages/slave.html', 'https://example.org/']) {
    assert.equal(ownBroadcasterUrl(new URL(page)), '', page);
  }
});
