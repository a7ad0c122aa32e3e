// SPDX-License-Identifier: ISC
// Why somebody has a role: claim -> mapping or grant -> role -> permissions.
import { chips, code, h, plain } from './dom.js';
import { t, when } from './text.js';

export function groupsInWords(groups) {
  const key = { complete: groups.source === 'none' ? 'groups.none'
    : 'groups.complete', stale: 'groups.stale' }[groups.state]
    ?? 'groups.unknown';
  return h('div', { class: groups.state === 'complete' ? null : 'warn' },
    h('p', null, t(key), groups.as_of
      ? [' ', t('groups.as_of'), ' ', when(groups.as_of)] : null),
    groups.reason ? h('p', { class: 'hint' },
      t('groups.reason', { reason: groups.reason })) : null);
}

function from(reason) {
  if (reason.via === 'default_role') return [t('why.default')];
  if (reason.via === 'grant') {
    return [h('strong', null, t('why.grant')), ' ', t('why.by'), ' ',
      plain(reason.grant.created_by),
      reason.grant.reason ? h('p', { class: 'hint' },
        plain(reason.grant.reason)) : null];
  }
  const m = reason.mapping;
  return [h('strong', null, m.label ? plain(m.label)
    : t(`kind.${m.kind}`)), h('p', { class: 'hint' },
    m.claim ? [code(m.claim), ' = '] : null, code(m.value))];
}

function step(reason) {
  if (reason.via === 'mapping') {
    return t('why.mapping', { id: reason.mapping.id });
  }
  return reason.via === 'grant' ? t('why.grant_n', { id: reason.grant.id }) : '';
}

const table = (caption, reasons, more) => h('div', { class: 'list' },
  h('table', { class: 'why' }, h('caption', { class: 'hidden' }, caption),
    h('thead', null, h('tr', null, [t('why.because'), t('why.through'),
      t('why.role'), more].map((l) => h('th', { scope: 'col' }, l)))),
    h('tbody', null, reasons.map((r) => h('tr', null,
      h('td', { 'data-label': t('why.because') }, from(r)),
      h('td', { class: 'step', 'data-label': t('why.through') }, step(r)),
      h('td', { 'data-label': t('why.role') }, r.role === null
        ? h('strong', { class: 'bad' }, t('why.refused')) : plain(r.role)),
      h('td', { 'data-label': more }, r.outcome === 'gives'
        ? chips(r.permissions, 'plain') : t(`outcome.${r.outcome}`)))))));

export function whyView(reasons) {
  const counts = (r) => ['gives', 'denies'].includes(r.outcome);
  const good = reasons.filter(counts);
  const near = reasons.filter((r) => !counts(r));
  return h('div', null,
    good.length ? table(t('why.caption'), good, t('why.permissions'))
      : h('p', null, t('why.nothing')),
    near.length ? h('details', null,
      h('summary', null, t('why.near', { n: near.length })),
      table(t('why.near_caption'), near, t('why.why_not'))) : null);
}
