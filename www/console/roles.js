// SPDX-License-Identifier: ISC
// Roles and their permissions, and roles given to single people.
import { api } from './api.js';
import { button, chips, fill, h, note, plain } from './dom.js';
import { confirm, openForm } from './form.js';
import { pagedList } from './list.js';
import { t, when } from './text.js';

const fields = (r = {}) => [
  { name: 'name', label: t('role.name'), value: r.name, required: true,
    fixed: r.name !== undefined, hint: t('role.name_hint') },
  { name: 'description', label: t('role.description'), value: r.description },
  { name: 'permissions', label: t('access.permissions'), type: 'lines',
    value: r.permissions, hint: t('role.permissions_hint') },
  { name: 'is_admin', label: t('role.is_admin'), type: 'checkbox',
    value: r.is_admin ?? false, hint: t('role.is_admin_hint') },
];

const path = (name) => `/roles/${encodeURIComponent(name)}`;

async function edit(name, again) {
  let { body, etag } = await api.get(path(name));
  const saved = await openForm({
    title: t('role.edit', { name }), fields: fields(body),
    save: (v) => api.patch(path(name), v, etag),
    reread: async () => {
      ({ body, etag } = await api.get(path(name)));
      return body;
    },
  });
  if (saved) {
    note(t('role.saved'));
    again();
  }
}

async function remove(name, again) {
  const { etag } = await api.get(path(name));
  if (await confirm({ title: t('role.remove', { name }),
    text: t('role.remove_text'), action: t('form.remove'),
    save: () => api.delete(path(name), etag) })) {
    note(t('role.removed'));
    again();
  }
}

async function editGrant(id, list) {
  const at = `/grants/${id}`;
  let { body, etag } = await api.get(at);
  if (await openForm({
    title: t('grant.edit', body),
    fields: [
      { name: 'reason', label: t('grant.reason'), value: body.reason,
        hint: t('grant.reason_hint') },
      { name: 'expires_at', label: t('grant.until'), type: 'time',
        value: body.expires_at, hint: t('mapping.expires_hint') }],
    save: (v) => api.patch(at, v, etag),
    reread: async () => {
      ({ body, etag } = await api.get(at));
      return body;
    } })) {
    note(t('grant.saved'));
    list.reload();
  }
}

function grants(ctx) {
  const list = pagedList({
    caption: t('nav.grants'),
    columns: [
      { label: t('grant.person'), cell: (g) => h('a', {
        href: `#/people/${g.principal}` }, plain(g.subject)) },
      { label: t('mapping.role'), sort: 'role', cell: (g) => plain(g.role) },
      { label: t('grant.reason'), cell: (g) => plain(g.reason) },
      { label: t('grant.until'), sort: 'expires_at', cell: (g) => (g.expires_at
        ? when(g.expires_at) : t('time.never')) },
      { label: t('grant.by'), cell: (g) => plain(g.created_by) },
      ctx.can('grants.write') && { label: t('list.actions'), class: 'acts',
        cell: (g) => [button(t('form.edit'), () => editGrant(g.id, list), {
          'aria-label': t('grant.edit', { role: g.role, subject: g.subject }),
        }), button(t('grant.take'), async () => {
          const { etag } = await api.get(`/grants/${g.id}`);
          if (await confirm({ title: t('grant.take'), action: t('grant.take'),
            text: t('grant.take_text', { role: g.role, subject: g.subject }),
            save: () => api.delete(`/grants/${g.id}`, etag) })) {
            note(t('grant.taken'));
            list.reload();
          }
        }, { 'aria-label': t('grant.take_it',
          { role: g.role, subject: g.subject }) })] },
    ].filter(Boolean),
    load: async (params) => (await api.get('/grants', params)).body,
    empty: () => t('grant.empty'),
  });
  return list;
}

export async function show(root, ctx) {
  const writes = ctx.can('roles.write');
  const list = pagedList({
    caption: t('nav.roles'),
    columns: [
      { label: t('role.name'), cell: (r) => [h('strong', null, plain(r.name)),
        r.description ? h('div', { class: 'hint' }, plain(r.description))
          : null] },
      { label: t('access.permissions'), cell: (r) => chips(r.permissions,
        'plain') },
      { label: t('role.is_admin'), cell: (r) => (r.is_admin
        ? h('strong', null, t('role.admin')) : '') },
      writes && { label: t('list.actions'), class: 'acts', cell: (r) => (
        r.name === 'admin' ? t('role.built_in') : [
          button(t('form.edit'), () => edit(r.name, () => list.reload()),
            { 'aria-label': t('role.edit', { name: r.name }) }),
          button(t('form.remove'), () => remove(r.name, () => list.reload()),
            { 'aria-label': t('role.remove', { name: r.name }) })]) },
    ].filter(Boolean),
    load: async (params) => (await api.get('/roles', params)).body,
    empty: () => t('list.none'),
  });
  const given = ctx.can('grants.read') ? grants(ctx) : null;
  fill(root, h('h1', { tabindex: '-1' }, t('nav.roles')),
    h('p', { class: 'note' }, t('role.intro')),
    writes ? h('p', { class: 'actions top' }, button(t('role.add'),
      async () => {
        if (await openForm({ title: t('role.add'), fields: fields(),
          save: (v) => api.post('/roles', v) })) {
          note(t('role.added'));
          list.reload();
        }
      }, { class: 'button' })) : null,
    list, given ? [h('h2', null, t('nav.grants')),
      h('p', { class: 'note' }, t('grant.intro')), given] : null);
  await Promise.all([list.reload({}), given?.reload({})]);
}
