// Paints where the master stands. The words are in master.html.

import { say, setText, showStatus, $ } from '../pages/template.js';
import { age } from './words.js';

/** Shows a status as master-link.js gives it. */
export function paintStatus(status) {
  showStatus(status.state);
  say($('status'), `status-${status.state}`);
  setText($('detail'), status.detail);
  $('serve').hidden = status.state === 'starting';
  $('serve').classList.toggle('primary', status.state === 'off');
  // Not under the fingers of who is typing another.
  if (document.activeElement !== $('name')) $('name').value = status.name;
  tick(status);
}

/** Shows again what changes with the clock alone. */
export function tick(status) {
  const isPausing = (status.state === 'away' || status.state === 'failed') && Boolean(status.retry_at);
  $('retry').hidden = !isPausing;
  if (isPausing) {
    const seconds = Math.ceil((status.retry_at - Date.now()) / 1000);
    say($('pause'), seconds > 0 ? 'pause-on' : 'pause-over', { seconds });
  }
  paintCopied('copied', status.copied_at);
  paintCopied('kept', status.kept_at);
  $('keep-failed').hidden = !status.keep_failure;
  setText($('keep-failure'), status.keep_failure ?? '');
}

function paintCopied(id, at) {
  if (at === null) return say($(id), `${id}-never`);
  const words = age((Date.now() - at) / 1000);
  const date = new Date(at).toLocaleDateString([], { dateStyle: 'medium' });
  say($(id), `${id}-last`, { date, age: words === 'now' ? words : `${words} ago` });
}
