// The options page's door: fields in, settings out. The core validates them and says what is wrong.

import { openSession } from './session.js';

const form = document.getElementById('settings');
const outcome = document.getElementById('outcome');
const inputs = [...form.querySelectorAll('[data-kind]')];

const read = {
  text: (input) => input.value.trim(),
  number: (input) => Number(input.value),
  kibibytes: (input) => Math.round(Number(input.value) * 1024),
  lines: (input) => input.value.split(/[\s,]+/).filter(Boolean),
};
const write = {
  text: (value) => value,
  number: (value) => String(value),
  kibibytes: (value) => String(value / 1024),
  lines: (value) => value.join('\n'),
};

const answers = {
  settings(message) {
    settings = message.settings;
    for (const input of inputs) input.value = write[input.dataset.kind](at(settings, input.name));
    form.firstElementChild.disabled = false;
  },
  done() {
    showError('');
    outcome.textContent = 'Saved.';
  },
  error: ({ detail }) => showError(detail),
};

// As the worker gave them; fields that are not on this page are sent back as they came.
let settings;

const session = openSession({
  name: 'options',
  onState: showAddresses,
  onMessage: (message) => answers[message.kind]?.(message),
  onUnreachable: () => (document.getElementById('unreachable').hidden = false),
});

form.addEventListener('submit', (event) => {
  event.preventDefault();
  for (const input of inputs) {
    const keys = input.name.split('.');
    at(settings, keys.slice(0, -1).join('.'))[keys.at(-1)] = read[input.dataset.kind](input);
  }
  session.send({ kind: 'set', settings });
});
form.addEventListener('input', () => (outcome.textContent = ''));

function at(object, path) {
  return path.split('.').filter(Boolean).reduce((part, key) => part[key], object);
}

// The core quotes the entry it refuses: the error is shown at the field that has this entry.
function showError(detail) {
  outcome.textContent = '';
  const entry = detail.match(/`([^`]*)`/)?.[1];
  const guilty = entry && inputs.find((input) => [read[input.dataset.kind](input)].flat().includes(entry));
  for (const line of form.querySelectorAll('[data-error]')) {
    line.textContent = line.dataset.error === (guilty?.name ?? '') ? detail : '';
  }
  for (const input of inputs) input.setAttribute('aria-invalid', String(input === guilty));
  guilty?.focus();
}

const IN_USE = { native: 'In use now: the companion program.', app: 'In use now: the app.' };

function showAddresses({ urls = [], status, companion }) {
  document.getElementById('in-use').textContent = status === 'sharing' ? IN_USE[companion?.carrier] ?? '' : '';
  document.getElementById('seen').hidden = urls.length === 0;
  const words = urls.map(({ url, interface: name }) => `${new URL(url).hostname} (${name})`);
  document.getElementById('seen-addresses').textContent = words.join(', ');
}
