// Words and rows from the page's own templates. What others wrote enters as text, never as markup.

export const $ = (id) => document.getElementById(id);

/** Sets the text of every `data-fill` inside `root` to the field of that name. */
export function fill(root, fields) {
  for (const element of root.querySelectorAll('[data-fill]')) {
    setText(element, String(fields[element.dataset.fill] ?? ''));
  }
}

/** Writes only what differs: written again, the same text would be read out again. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** Puts a template's words into an element, with `fields` filled in. */
export function say(element, template, fields = {}) {
  const words = $(template).content.cloneNode(true);
  fill(words, fields);
  if (element.textContent !== words.textContent) element.replaceChildren(words);
}

/** A copy of a template's one element. */
export function copy(template) {
  return $(template).content.firstElementChild.cloneNode(true);
}

/** Shows what belongs to `status`: `data-when` lists the ones in which an element is there. */
export function showStatus(status) {
  document.body.dataset.status = status;
  for (const element of document.querySelectorAll('[data-when]')) {
    // Not `hidden =`: icons are SVG, which has the attribute only.
    element.toggleAttribute('hidden', !element.dataset.when.split(' ').includes(status));
  }
}
