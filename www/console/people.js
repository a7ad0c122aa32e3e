// SPDX-License-Identifier: ISC
// Who has signed in: search, why somebody has a role, disable, sign out, grant.
import { api } from './api.js';
import { button, chips, code, fill, h, note, plain } from './dom.js';
import { confirm, openForm } from './form.js';
import { filters, pagedList } from './list.js';
import { choices, roleNames } from './mappings.js';
import { t, when } from './text.js';
import { groupsInWords, whyView } from './why.js';

const nameOf = (p) => p.name || p.username || p.subject;

async function setDisabled(p, disabled, again) {
  const { etag } = await api.get(`/principals/${p.id}`);
  const verb = disabled ? 'person.disable' : 'person.enable';
  if (await confirm({ title: t(verb), action: t(verb),
    text: t(`${verb}_text`, { name: nameOf(p) }),
    save: () => api.patch(`/principals/${p.id}`, { disabled }, etag) })) {
    note(t(`${verb}_done`));
    again();
  }
}

async function grant(ctx, p, again) {
  const roles = await roleNames(ctx);
  if (await openForm({
    title: t('grant.give', { name: nameOf(p) }), action: t('grant.give_it'),
    fields: [
      { name: 'role', label: t('mapping.role'), type: 'select',
        required: true, options: choices(roles) },
      { name: 'reason', label: t('grant.reason'), hint: t('grant.reason_hint') },
      { name: 'expires_at', label: t('grant.until'), type: 'time',
        hint: t('mapping.expires_hint') }],
    save: (v) => api.post('/grants', { principal: p.id, ...v }) })) {
    note(t('grant.given'));
    again();
  }
}

async function signOut(p, again) {
  if (await confirm({ title: t('person.revoke'), action: t('person.revoke'),
    text: t('person.revoke_text', { name: nameOf(p) }),
    save: () => api.delete(`/principals/${p.id}/sessions`) })) {
    note(t('session.ended'));
    again();
  }
}

async function one(root, ctx, id) {
  const again = () => one(root, ctx, id);
  const { body: p } = await api.get(`/principals/${id}`);
  const x = ctx.can('mappings.read')
    ? (await api.get(`/principals/${id}/explain`)).body : null;
  fill(root,
    h('p', null, h('a', { href: '#/people' }, t('person.all'))),
    h('h1', { tabindex: '-1' }, plain(nameOf(p))),
    p.disabled ? h('p', { class: 'warn' }, t('person.is_disabled')) : null,
    h('dl', { class: 'facts' }, [
      [t('person.account'), plain(p.username || '–')],
      [t('person.email'), plain(p.email || '–')],
      [t('person.subject'), code(p.subject)],
      [t('mapping.provider'), plain(p.provider)],
      [t('person.first'), when(p.first_seen)],
      [t('person.last'), when(p.last_seen)],
    ].map(([k, v]) => h('div', null, h('dt', null, k), h('dd', null, v)))),
    h('p', { class: 'actions' },
      ctx.can('grants.write') ? button(t('grant.give_it'),
        () => grant(ctx, p, again)) : null,
      ctx.can('sessions.revoke') ? button(t('person.revoke'),
        () => signOut(p, again)) : null,
      ctx.can('principals.write') ? button(
        t(p.disabled ? 'person.enable' : 'person.disable'),
        () => setDisabled(p, !p.disabled, again)) : null),
    h('h2', null, t('access.roles')),
    x?.roles.length ? chips(x.roles) : h('p', null, t('person.no_roles')),
    x ? [h('h2', null, t('access.why')), whyView(x.reasons),
      h('h2', null, t('access.groups')), groupsInWords(x.groups)] : null);
}

export async function show(root, ctx, [id]) {
  if (id !== undefined) {
    await one(root, ctx, Number(id));
    return;
  }
  let list;
  const bar = filters([
    { name: 'search', label: t('filter.search'),
      placeholder: t('person.search') },
    { name: 'provider', label: t('mapping.provider'), type: 'select',
      options: [['', t('filter.any')], ...ctx.providers.map((p) => [p, p])] },
    { name: 'disabled', label: t('person.state'), options: [
      ['', t('filter.any')], ['false', t('person.active')],
      ['true', t('person.disabled')]] },
  ], (params) => list.reload(params));
  list = pagedList({
    caption: t('nav.people'),
    rowProps: (p) => ({ class: p.disabled ? 'off' : null }),
    columns: [
      { label: t('person.name'), sort: 'name', cell: (p) => [h('a', {
        href: `#/people/${p.id}` }, plain(nameOf(p))),
      h('div', { class: 'hint' }, plain(p.username))] },
      { label: t('mapping.provider'), sort: 'provider',
        cell: (p) => plain(p.provider) },
      { label: t('access.roles'), cell: (p) => (p.disabled
        ? h('span', { class: 'badge warn' }, t('person.disabled'))
        : chips(p.roles)) },
      { label: t('person.last'), sort: 'last_seen',
        cell: (p) => when(p.last_seen) },
    ],
    load: async (params) => (await api.get('/principals', params)).body,
    empty: (p) => (p.search || p.provider || p.disabled ? t('list.no_match')
      : t('person.empty')),
  });
  fill(root, h('h1', { tabindex: '-1' }, t('nav.people')), bar, list);
  await list.reload(bar.read());
}
