// SPDX-License-Identifier: ISC
// Whether it works: providers, keys, credentials, database, audit.
import { api } from './api.js';
import { button, code, fill, h, plain } from './dom.js';
import { number, t } from './text.js';

const badge = (level) => h('span', { class: `badge ${level}` },
  t(`health.${level}`));

export async function show(root, ctx) {
  const { body } = await api.get('/health');
  fill(root, h('h1', { tabindex: '-1' }, t('nav.health')),
    h('p', { class: 'actions top' }, button(t('health.again'),
      () => show(root, ctx))),
    h('dl', { class: 'facts' }, [
      [t('health.version'), plain(body.version)],
      [t('health.policy'), number(body.policy_version)],
      [t('health.head'), [number(body.audit.seq), ' ', code(body.audit.hash)]],
    ].map(([k, v]) => h('div', null, h('dt', null, k), h('dd', null, v)))),
    h('h2', null, t('health.checks')),
    h('div', { class: 'list' }, h('table', null,
      h('thead', null, h('tr', null, [t('health.state'), t('health.what'),
        t('health.detail')].map((l) => h('th', { scope: 'col' }, l)))),
      h('tbody', null, body.checks.map((c) => h('tr', null,
        h('td', { 'data-label': t('health.state') }, badge(c.level)),
        h('td', { 'data-label': t('health.what') }, plain(c.what)),
        h('td', { 'data-label': t('health.detail') }, plain(c.detail))))))),
    h('p', { class: 'note' }, t('health.doctor'), ' ',
      h('code', null, 'rolegatectl doctor')));
}
