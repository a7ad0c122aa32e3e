// SPDX-License-Identifier: ISC
// A list that the server sorts and pages: what is not asked for is never
// loaded, so that it stays quick however long it is.
import { button, fill, h } from './dom.js';
import { number, t } from './text.js';

const PAGE = 50;

/* The order by a column, in which one more click turns it around. */
const turned = (sort, key) => (sort === key ? `-${key}` : key);
const direction = (sort, key) => ({ [key]: 'ascending',
  [`-${key}`]: 'descending' }[sort] ?? 'none');

/*
 * columns: [{label, cell(item) -> text or element, class, sort}], where `sort`
 * is what the API calls the order; load(params) -> {items, next}; empty: what to
 * say, and do, when there is nothing. The element has reload(params).
 */
export function pagedList({ caption, columns, load, empty, rowProps }) {
  const body = h('tbody');
  const sortable = columns.filter((c) => c.sort);
  const heads = columns.map((c) => h('th', { scope: 'col', class: c.class,
    'aria-sort': c.sort ? 'none' : null }, c.sort ? h('button', {
    type: 'button', class: 'sort', onclick: () => order(turned(sort, c.sort)),
  }, c.label) : c.label));
  const table = h('table', null, h('caption', { class: 'hidden' }, caption),
    h('thead', null, h('tr', null, heads)), body);
  const foot = h('p', { class: 'more', role: 'status' });
  const root = h('div', { class: 'list', role: 'region', tabindex: '0',
    'aria-label': caption, hidden: true }, table);
  // A phone shows no heads: the same choice in one field.
  const choice = h('select', { onchange: () => order(choice.value) },
    [['', t('list.unsorted')], ...sortable.flatMap((c) => [
      [c.sort, t('list.up', { what: c.label })],
      [`-${c.sort}`, t('list.down', { what: c.label })]])]
      .map(([value, label]) => h('option', { value }, label)));
  const wrap = h('div', { class: 'paged' }, sortable.length ? h('p', {
    class: 'sort-by' }, h('label', null, t('list.sort'), ' ', choice)) : null,
  root, foot);
  let params = {};
  let sort = '';
  let count = 0;
  let run = 0;

  function order(next) {
    sort = next;
    columns.forEach((c, i) => {
      if (c.sort) heads[i].setAttribute('aria-sort', direction(sort, c.sort));
    });
    choice.value = sort;
    return wrap.reload();
  }

  const row = (item) => h('tr', rowProps?.(item), columns.map((c) => h('td',
    { 'data-label': c.label, class: c.class }, c.cell(item))));

  /* Rows stay until the next ones are there: nothing jumps. */
  async function page(cursor) {
    const mine = run;
    wrap.setAttribute('aria-busy', 'true');
    let answer;
    try {
      answer = await load({ ...params, sort, limit: PAGE, cursor });
    } catch (err) {
      if (!err.spoken) throw err;
      if (mine === run) {
        fill(foot, h('span', { class: 'error' }, err.spoken), ' ',
          button(t('error.again'), () => wrap.reload()));
      }
      return;
    } finally {
      if (mine === run) wrap.removeAttribute('aria-busy');
    }
    if (mine !== run) return; // the filter changed meanwhile
    const last = cursor ? body.lastElementChild : null;
    if (!cursor) {
      body.replaceChildren();
      count = 0;
    }
    body.append(...answer.items.map(row));
    count += answer.items.length;
    root.hidden = count === 0;
    if (count === 0) fill(foot, ...[empty(params)].flat());
    else if (answer.next) {
      fill(foot, t('list.shown', { n: number(count) }), ' ',
        button(t('list.more'), () => page(answer.next)));
    } else fill(foot, t('list.all', { n: count }));
    // Somebody who works by keyboard goes on where the new rows begin.
    last?.nextElementSibling?.querySelector('a, button, summary')?.focus();
  }

  wrap.reload = (next = params) => {
    params = next;
    run += 1;
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
