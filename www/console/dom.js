// SPDX-License-Identifier: ISC
// Making elements. Text only ever becomes a text node, so no name, label or
// claim can become markup.

/*
 * h('p', {class: 'note', onclick: fn, 'aria-label': 'x'}, 'text', element, …)
 * Properties that are null, undefined or false are left out.
 */
export function h(tag, props, ...children) {
  const el = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) el.addEventListener(name.slice(2), value);
    else if (name === 'value') el.value = value;
    else el.setAttribute(name, value === true ? '' : value);
  }
  el.append(...children.flat(Infinity)
    .filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

/* Text of others, which may run from right to left. */
export const bdi = (text) => h('bdi', null, text);

/* The same, with characters shown that would hide or reorder others. */
export function plain(text) {
  return bdi(String(text).replace(
    /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g,
    (c) => `\u27e8U+${c.codePointAt(0).toString(16).padStart(4, '0')}\u27e9`,
  ));
}

export const code = (text) => h('code', null, plain(text));

export function fill(el, ...children) {
  el.replaceChildren(...children.flat(Infinity)
    .filter((c) => c !== null && c !== undefined && c !== false));
  return el;
}

/* A passing word at the edge of the page, read out by screen readers. */
export function note(text, kind = '') {
  const el = h('p', { class: `note-toast ${kind}` }, text);
  document.getElementById('notes').append(el);
  setTimeout(() => el.remove(), kind ? 15_000 : 6000);
}

/*
 * While what it does is under way a second click does nothing. What the server
 * refuses is said; any other error is ours, and goes to the browser's console.
 */
export function button(label, onclick, props = {}) {
  const el = h('button', { type: 'button', class: 'button quiet small',
    ...props, onclick: async (e) => {
      if (el.ariaBusy === 'true') return;
      el.ariaBusy = 'true';
      try {
        await onclick(e);
      } catch (err) {
        note(err.spoken ?? String(err), 'bad');
        if (!err.spoken) throw err;
      } finally {
        el.ariaBusy = null;
      }
    } }, label);
  return el;
}

export const chips = (list, kind = '') => h('ul', { class: `chips ${kind}` },
  list.map((item) => h('li', null, plain(item))));
