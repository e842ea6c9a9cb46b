// What is wrong with how a page looks and how the keyboard walks through it, computed from the page as it stands.

/** Of text against what is behind it (WCAG 2.2 §1.4.3). */
const READABLE = 4.5;
/** Of the ring around what has focus (WCAG 2.2 §1.4.11). */
const DISCERNIBLE = 3;
/** Most presses of Tab on one page; a walk that does not end is a trap. */
const STEPS = 400;

/** Faults as sentences; none for a good page. */
export async function faults(page) {
  const still = await page.evaluate(`(${look})(${READABLE})`);
  return [...still, ...(await walk(page))];
}

/** Presses Tab from the top to the end: every control has its turn, in the order of the page, and shows it. */
async function walk(page) {
  const wanted = await page.evaluate(`(${begin})()`);
  const found = [];
  const walked = [];
  for (let step = 0; step < STEPS; step += 1) {
    await page.keyboard.press('Tab');
    const { number, ring, name } = await page.evaluate(`(${focused})(${DISCERNIBLE})`);
    // A field of a time has stops of its own inside.
    if (number !== null && number !== '' && number === walked.at(-1)) continue;
    if (number === null || walked.includes(number)) break;
    if (number !== '') walked.push(number);
    if (!ring) found.push(`focus on ${name} cannot be seen`);
  }
  const order = walked.join();
  if (order !== wanted.join()) found.push(`Tab goes ${order} instead of ${wanted.join()}`);
  await page.evaluate(() => document.getElementById('walk-start').remove());
  return found;
}

// The functions below run inside the page, as text: each stands alone.

/** Numbers the controls that Tab should reach, in the page's order, and puts focus before the first. */
function begin() {
  const root = document.querySelector('dialog[open]') ?? document;
  for (const old of document.querySelectorAll('[data-walk]')) old.removeAttribute('data-walk');
  const canHave = (control) => control.checkVisibility() && !control.disabled && control.tabIndex >= 0;
  const isTurned = (control) => control.type !== 'radio' || control.checked;
  const controls = [...root.querySelectorAll('button, a[href], input, textarea, select, summary')].filter((control) => canHave(control) && isTurned(control));
  controls.forEach((control, at) => control.setAttribute('data-walk', at));
  const start = Object.assign(document.createElement('span'), { id: 'walk-start', tabIndex: -1 });
  (root.body ?? root).prepend(start);
  start.focus();
  return controls.map((_, at) => String(at));
}

/** What has focus: its number, empty for what only scrolls, null for the page itself. */
function focused(discernible) {
  const element = document.activeElement;
  if (!element || element === document.body || element.matches('dialog, html')) return { number: null, ring: true };
  const { outlineStyle, outlineWidth, outlineColor } = getComputedStyle(element);
  const isDrawn = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
  const around = getComputedStyle(document.body).backgroundColor;
  const luminance = (color) => {
    const canvas = Object.assign(new OffscreenCanvas(1, 1).getContext('2d'), { fillStyle: color });
    canvas.fillRect(0, 0, 1, 1);
    const [red, green, blue] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark, light] = [luminance(outlineColor), luminance(around)].sort((a, b) => a - b);
  return {
    number: element.getAttribute('data-walk') ?? '',
    ring: isDrawn && (outlineStyle === 'auto' || (light + 0.05) / (dark + 0.05) >= discernible),
    name: element.outerHTML.slice(0, 120),
  };
}

/** What is too wide, has no name, or cannot be read. */
function look(readable) {
  const found = [];
  const { scrollWidth, clientWidth } = document.documentElement;
  if (scrollWidth > clientWidth) found.push(`the page is ${scrollWidth} wide, and ${clientWidth} are there`);
  const nameOf = (control) => {
    const labelled = control.getAttribute('aria-labelledby')?.split(' ').map((id) => document.getElementById(id)?.textContent) ?? [];
    return control.ariaLabel || labelled.join('').trim() || [...(control.labels ?? [])].map((label) => label.textContent).join('').trim() || control.innerText?.trim();
  };
  for (const control of document.querySelectorAll('button, a[href], input, textarea, select, dialog[open], [role="radiogroup"]')) {
    if (control.checkVisibility() && !nameOf(control)) found.push(`without a name: ${control.outerHTML.slice(0, 120)}`);
  }

  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const paint = (colors) => {
    canvas.clearRect(0, 0, 1, 1);
    for (const color of colors) {
      canvas.fillStyle = color;
      canvas.fillRect(0, 0, 1, 1);
    }
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const luminance = (colors) => {
    const [red, green, blue] = paint(colors).map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const behind = (element) => {
    const colors = [];
    for (let at = element; at; at = at.parentElement) colors.unshift(getComputedStyle(at).backgroundColor);
    return ['white', ...colors];
  };
  const check = (element, color, what) => {
    const ground = behind(element);
    const [dark, light] = [luminance(ground), luminance([...ground, color])].sort((a, b) => a - b);
    const contrast = (light + 0.05) / (dark + 0.05);
    if (contrast < readable) found.push(`contrast ${contrast.toFixed(2)}: ${what}`);
  };
  const isInert = (element) => element.closest(':disabled, [aria-busy], .sr-only') || (document.querySelector('dialog[open]') && !element.closest('dialog[open]'));
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let text = texts.nextNode(); text; text = texts.nextNode()) {
    const element = text.parentElement;
    if (text.data.trim() === '' || !element.checkVisibility() || isInert(element)) continue;
    check(element, getComputedStyle(element).color, text.data.trim().slice(0, 60));
  }
  for (const field of document.querySelectorAll('input, textarea')) {
    if (!field.checkVisibility() || isInert(field)) continue;
    check(field, getComputedStyle(field).color, `what is typed into #${field.id}`);
    if (field.placeholder) check(field, getComputedStyle(field, '::placeholder').color, `placeholder ${field.placeholder}`);
  }
  return found;
}
