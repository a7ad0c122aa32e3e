// SPDX-License-Identifier: ISC
// My access: who I am, what I may do and why, and where else I am signed in.
import { api, whoami } from './api.js';
import { button, chips, code, fill, h, note, plain } from './dom.js';
import { pagedList } from './list.js';
import { t, when } from './text.js';
import { groupsInWords, whyView } from './why.js';

export async function show(root, { me }) {
  // Who has no role gets a 403 that says why not.
  const { explain } = await whoami('?explain=1').catch((err) => {
    if (err.status !== 403) throw err;
    return err.body;
  });
  const sessions = pagedList({
    caption: t('access.sessions'),
    columns: [
      { label: t('session.since'), cell: (s) => when(s.issued_at) },
      { label: t('session.used'), cell: (s) => when(s.last_used) },
      { label: t('session.ends'), cell: (s) => when(s.expires_at) },
      { label: t('session.which'), cell: (s) => (s.id === me?.session.id
        ? h('strong', null, t('session.this')) : [code(s.id.slice(0, 6)), ' ',
          button(t('session.end'), async () => {
            await api.delete(`/me/sessions/${s.id}`);
            note(t('session.ended'));
            await sessions.reload();
          })]) },
    ],
    load: async (params) => (await api.get('/me/sessions', params)).body,
    empty: () => t('list.none'),
  });
  const elsewhere = button(t('session.end_others'), async () => {
    const { body } = await api.get('/me/sessions', { limit: 200 });
    const others = body.items.filter((s) => s.id !== me?.session.id);
    for (const s of others) await api.delete(`/me/sessions/${s.id}`);
    note(t('session.ended_n', { n: others.length }));
    await sessions.reload();
  });
  fill(root,
    h('h1', { tabindex: '-1' }, t('access.title')),
    me ? [
      h('dl', { class: 'facts' },
        h('div', null, h('dt', null, t('person.name')),
          h('dd', null, plain(me.subject.name || me.subject.username))),
        h('div', null, h('dt', null, t('person.account')),
          h('dd', null, plain(me.subject.username || '–'))),
        h('div', null, h('dt', null, t('person.subject')),
          h('dd', null, code(me.subject.id)))),
      h('h2', null, t('access.roles')), chips(me.roles),
      h('p', null, t(me.is_admin ? 'access.admin' : 'access.no_admin')),
      h('h2', null, t('access.permissions')),
      me.permissions.length ? chips(me.permissions, 'plain')
        : h('p', null, t('access.no_permissions')),
    ] : h('p', { class: 'warn' }, t('access.none'), ' ',
      h('a', { href: `${document.body.dataset.base}/me` }, t('access.ask'))),
    h('h2', null, t('access.why')),
    whyView(explain ?? []),
    me ? [h('h2', null, t('access.groups')), groupsInWords(me.groups)] : null,
    h('h2', null, t('access.sessions')), sessions,
    h('p', { class: 'actions' }, elsewhere));
  await sessions.reload({});
}
