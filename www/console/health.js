// SPDX-License-Identifier: ISC
// Whether it works, and what will not for long: providers and their keys, what
// proves us to them, Graph, database, audit.
import { api } from './api.js';
import { button, code, fill, h, plain } from './dom.js';
import { ago, number, t, when } from './text.js';

const badge = (level) => h('span', { class: `badge ${level}` },
  t(`health.${level}`));

/* rows: arrays of cells, one for each head. */
function table(caption, heads, rows) {
  return h('div', { class: 'list', role: 'region', tabindex: '0',
    'aria-label': caption }, h('table', null,
    h('caption', { class: 'hidden' }, caption),
    h('thead', null, h('tr', null,
      heads.map((l) => h('th', { scope: 'col' }, l)))),
    h('tbody', null, rows.map((cells) => h('tr', null, cells.map((c, i) => h(
      'td', { 'data-label': heads[i] }, c)))))));
}

function credential(c) {
  if (c.kind !== 'certificate') return h('div', null, t(`health.${c.kind}`));
  return h('div', null, badge(c.level), ' ', t('health.certificate'), ' ',
    when(c.not_after), h('div', { class: 'hint' }, code(c.thumbprint)));
}

const fetched = (seconds) => (seconds === null
  ? t('health.not_fetched') : [ago(seconds), h('div', { class: 'hint' },
    when(seconds))]);

export async function show(root, ctx) {
  const { body } = await api.get('/health');
  fill(root, h('h1', { tabindex: '-1' }, t('nav.health')),
    h('p', { class: 'actions top' }, button(t('health.again'),
      () => show(root, ctx))),
    h('h2', null, t('health.checks')),
    table(t('health.checks'), [t('health.state'), t('health.what'),
      t('health.detail')], body.checks.map((c) => [badge(c.level),
      plain(c.what), plain(c.detail)])),
    h('h2', null, t('health.providers')),
    table(t('health.providers'), [t('mapping.provider'), t('health.keys'),
      t('health.discovery'), t('health.credentials')],
    body.providers.map((p) => [[h('strong', null, plain(p.label)),
      h('div', { class: 'hint' }, plain(p.name))], fetched(p.keys_fetched_at),
    fetched(p.discovery_fetched_at), p.credentials.map(credential)])),
    h('h2', null, t('health.graph')),
    body.graph_errors.length ? table(t('health.graph'), [t('audit.time'),
      t('health.what'), t('health.count')], body.graph_errors.map((x) => [
      when(x.minute), [plain(x.text), h('div', { class: 'hint' },
        code(x.error))], number(x.count)]))
      : h('p', null, t('health.graph_none')),
    h('h2', null, t('health.installation')),
    h('dl', { class: 'facts' }, [
      [t('health.version'), plain(body.version)],
      [t('health.policy'), number(body.policy_version)],
      [t('health.head'), [number(body.audit.seq), ' ', code(body.audit.hash)]],
    ].map(([k, v]) => h('div', null, h('dt', null, k), h('dd', null, v)))),
    h('p', { class: 'note' }, t('health.doctor'), ' ',
      h('code', null, 'rolegatectl doctor')));
}
