// SPDX-License-Identifier: ISC
// A list that the server pages: what is not asked for is never loaded, so that
// it stays quick however long it is.
import { button, fill, h } from './dom.js';
import { number, t } from './text.js';

const PAGE = 50;

/*
 * columns: [{label, cell(item) -> text or element, class}]; load(params) ->
 * {items, next}; empty: what to say, and do, when there is nothing. The
 * element has reload(params).
 */
export function pagedList({ caption, columns, load, empty, rowProps }) {
  const body = h('tbody');
  const table = h('table', null, h('caption', { class: 'hidden' }, caption),
    h('thead', null, h('tr', null,
      columns.map((c) => h('th', { scope: 'col', class: c.class }, c.label)))),
    body);
  const foot = h('p', { class: 'more' });
  const root = h('div', { class: 'list', role: 'region', tabindex: '0',
    'aria-label': caption }, table);
  const wrap = h('div', null, root, foot);
  let params = {};
  let count = 0;
  let run = 0;

  const row = (item) => h('tr', rowProps?.(item), columns.map((c) => h('td',
    { 'data-label': c.label, class: c.class }, c.cell(item))));

  async function page(cursor) {
    const mine = run;
    wrap.setAttribute('aria-busy', 'true');
    let answer;
    try {
      answer = await load({ ...params, limit: PAGE, cursor });
    } finally {
      if (mine === run) wrap.removeAttribute('aria-busy');
    }
    if (mine !== run) return; // the filter changed meanwhile
    const first = count === 0 ? null : body.lastElementChild;
    body.append(...answer.items.map(row));
    count += answer.items.length;
    root.hidden = count === 0;
    if (count === 0) fill(foot, ...[empty(params)].flat());
    else if (answer.next) {
      fill(foot, t('list.shown', { n: number(count) }), ' ',
        button(t('list.more'), () => page(answer.next)));
    } else fill(foot, t('list.all', { n: count }));
    // Somebody who works by keyboard goes on where the new rows begin.
    first?.nextElementSibling?.querySelector('a, button')?.focus();
  }

  wrap.reload = (next = params) => {
    params = next;
    count = 0;
    run += 1;
    body.replaceChildren();
    return page(null);
  };
  return wrap;
}

/* Fields above a list; calls back with their values after a short pause. */
export function filters(fields, onChange) {
  let timer;
  const form = h('form', { class: 'filters', role: 'search' });
  const read = () => Object.fromEntries(new FormData(form).entries());
  const changed = (ms) => {
    clearTimeout(timer);
    timer = setTimeout(() => onChange(read()), ms);
  };
  form.addEventListener('submit', (e) => { e.preventDefault(); changed(0); });
  form.addEventListener('input', (e) => (
    changed(e.target.tagName === 'SELECT' ? 0 : 250)));
  fields.forEach((f) => {
    const id = `filter-${f.name}`;
    form.append(h('div', null, h('label', { for: id }, f.label), f.options
      ? h('select', { id, name: f.name }, f.options.map(([value, label]) => h(
        'option', { value, selected: value === f.value }, label)))
      : h('input', { id, name: f.name, type: f.type ?? 'search',
        value: f.value ?? '', placeholder: f.placeholder,
        autocomplete: 'off', list: f.list })));
  });
  form.read = read;
  return form;
}
