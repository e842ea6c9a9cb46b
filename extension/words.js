// Numbers and addresses in words. Pure: tested by tests/extension/words.test.mjs.

const MEDIA = {
  wired: 'cable',
  wireless: 'Wi-Fi',
  other: 'network',
  virtual: 'virtual, this computer only',
  vpn: 'VPN',
  cellular: 'mobile network',
};

/** How many seconds ago, in the largest unit that fits: `now`, `42 s`, `3 min`, `2 h`, `5 d`. */
export function age(exact) {
  const seconds = Math.floor(exact);
  if (seconds < 5) return 'now';
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86400)} d`;
}

/** Bytes with a decimal prefix: `512 B`, `1.5 kB`, `12 MB`. */
export function bytes(count) {
  if (count < 1000) return `${count} B`;
  if (count < 1e6) return `${tidy(count / 1e3)} kB`;
  return `${tidy(count / 1e6)} MB`;
}

/** A member's messages, and what waits for it. */
export function traffic({ received = 0, sent = 0, queued = 0 }) {
  const waiting = queued > 0 ? `, ${bytes(queued)} waiting` : '';
  return `${received} in, ${sent} out${waiting}`;
}

/** One address of the picker: `192.168.1.5 · Wi-Fi (wlan0)`. */
export function addressLabel({ url, medium, interface: name }) {
  const host = url.replace(/^ws:\/\//, '').replace(/:\d+\/$/, '');
  const kind = MEDIA[medium] ?? medium ?? 'network';
  return name ? `${host} · ${kind} (${name})` : `${host} · ${kind}`;
}

/** In how many seconds the companion is started again. */
export function retry(exact) {
  const seconds = Math.ceil(exact);
  return seconds > 0 ? `Restarting in ${seconds} s.` : 'Restarting …';
}

function tidy(value) {
  return value < 10 ? Math.round(value * 10) / 10 : Math.round(value);
}
