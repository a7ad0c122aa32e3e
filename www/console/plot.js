// SPDX-License-Identifier: ISC
// Counts per hour as stacked bars, and the same as a table for who can't see
// them.
import { h } from './dom.js';
import { locale, number, t } from './text.js';

const NS = 'http://www.w3.org/2000/svg';
const WIDTH = 960;
const HEIGHT = 180;
const FOOT = 22;
const LEFT = 44;

function s(tag, attributes, ...children) {
  const el = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(attributes)) {
    el.setAttribute(name, value);
  }
  el.append(...children);
  return el;
}

/* The next of 1, 2, 5, 10, 20, 50, … that is not below n. */
function round(n) {
  let step = 1;
  while (step < n) {
    if (step * 2 >= n) return step * 2;
    if (step * 5 >= n) return step * 5;
    step *= 10;
  }
  return step;
}

/* hours: [{at, <series name>: count}]; series: [[name, label]] */
export function plot({ title, hours, series }) {
  const sum = (x) => series.reduce((n, [name]) => n + x[name], 0);
  const top = round(Math.max(1, ...hours.map(sum)));
  const plotted = HEIGHT - FOOT - 8;
  const slot = (WIDTH - LEFT) / hours.length;
  const hour = new Intl.DateTimeFormat(locale, { hour: 'numeric' });
  const nameOf = (x) => hour.format(new Date(x.at * 1000));
  const bars = hours.flatMap((x, i) => {
    let y = HEIGHT - FOOT;
    return series.map(([name, label]) => {
      const height = (x[name] / top) * plotted;
      y -= height;
      return s('rect', { x: LEFT + i * slot + 1, y, height,
        width: Math.max(1, slot - 2), class: `bar ${name}` },
      s('title', {}, `${nameOf(x)}: ${label} ${number(x[name])}`));
    });
  });
  const marks = hours.filter((x, i) => i % 4 === 0).map((x, i) => s('text', {
    x: LEFT + i * 4 * slot + slot / 2, y: HEIGHT - 6, 'text-anchor': 'middle',
  }, nameOf(x)));
  const lines = [0, top / 2, top].map((v) => {
    const y = HEIGHT - FOOT - (v / top) * plotted;
    return s('g', {}, s('line', { x1: LEFT, x2: WIDTH, y1: y, y2: y,
      class: 'rule' }), s('text', { x: LEFT - 6, y: y + 4,
      'text-anchor': 'end' }, Number.isInteger(v) ? number(v) : ''));
  });
  const svg = s('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: 'plot',
    role: 'img', 'aria-label': title }, ...lines, ...bars, ...marks);
  return h('figure', { class: 'plotted' }, h('figcaption', null, title, ' ',
    series.map(([name, label]) => h('span', { class: `key ${name}` }, label))),
  svg,
  h('details', null, h('summary', null, t('plot.table')),
    h('div', { class: 'list', tabindex: '0', role: 'region',
      'aria-label': title }, h('table', null,
      h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('audit.time')),
        series.map(([, label]) => h('th', { scope: 'col' }, label)))),
      h('tbody', null, hours.filter((x) => sum(x) > 0).map((x) => h('tr', null,
        h('th', { scope: 'row' }, nameOf(x)),
        series.map(([name]) => h('td', null, number(x[name]))))))))));
}
