// SPDX-License-Identifier: ISC
// The audit: newest first, filtered, in detail, exported; and what happened in
// the last day as a picture.
import { api } from './api.js';
import { button, code, fill, h, plain } from './dom.js';
import { filters, pagedList } from './list.js';
import { plot } from './plot.js';
import { number, t, when } from './text.js';

const EVENTS = ['', 'sign_in.', 'sign_in.ok', 'sign_in.refused',
  'access.refused', 'sign_out',
  'roles.changed', 'mapping.', 'role.', 'grant.', 'principal.', 'session.',
  'policy.', 'audit.'];

function details(row) {
  return h('details', null, h('summary', null, t('audit.details')),
    h('pre', { tabindex: '0' }, JSON.stringify(row.detail, null, 2)
      .split('\n').map((line) => [plain(line), '\n'])),
    h('dl', { class: 'facts small' }, [
      [t('audit.client'), plain(row.client || '–')],
      [t('audit.reference'), code(row.request_id || '–')],
      [t('audit.hash'), code(row.hash)],
      [t('audit.prev'), code(row.prev_hash)],
    ].map(([k, v]) => h('div', null, h('dt', null, k), h('dd', null, v)))));
}

const seconds = (local) => (local
  ? Math.floor(new Date(local) / 1000) : undefined);

/* What the filter shows, all pages, as JSON lines. */
async function save(params, progress) {
  const lines = [];
  let cursor;
  do {
    const { body } = await api.get('/audit', { ...params, limit: 200, cursor });
    lines.push(...body.items.map((row) => JSON.stringify(row)));
    cursor = body.next;
    progress(lines.length);
  } while (cursor && lines.length < 100_000);
  const url = URL.createObjectURL(new Blob([`${lines.join('\n')}\n`],
    { type: 'application/x-ndjson' }));
  h('a', { href: url, download: 'audit.jsonl' }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

async function picture() {
  const { body } = await api.get('/stats', { hours: 24 });
  return plot({ title: t('audit.plot'), hours: body.hours, series: [
    ['ok', t('audit.plot_ok')], ['refused', t('audit.plot_refused')],
    ['groups_unknown', t('audit.plot_unknown')]] });
}

/* The chain of hashes, step by step: however long it is, nothing hangs. */
function chain() {
  const told = h('p', { role: 'status', class: 'chain' });
  const say = (kind, ...what) => fill(told, h('span', { class: `badge ${kind}` },
    t(`chain.${kind}`)), ' ', ...what);
  const verify = async () => {
    let at = {};
    for (;;) {
      const { body } = await api.get('/audit/verify', at);
      if (!told.isConnected) return; // somebody went elsewhere
      if (body.broken) {
        say('fail', plain(body.broken), ' ', h('span', { class: 'hint' },
          t('chain.good_to', { n: number(body.seq) })));
        return;
      }
      if (body.end) {
        say('ok', t('chain.whole', { n: number(body.seq) }), ' ',
          body.archived ? t('chain.archived', { n: number(body.archived) }) : '',
          ' ', h('span', { class: 'hint' }, code(body.hash)));
        return;
      }
      fill(told, t('chain.so_far', { n: number(body.seq),
        all: number(body.head) }));
      at = { after: body.seq, hash: body.hash };
    }
  };
  return h('section', null, h('h2', null, t('chain.title')),
    h('p', { class: 'note' }, t('chain.intro'), ' ',
      h('code', null, 'rolegatectl audit verify --checkpoint')),
    h('p', { class: 'actions top' }, button(t('chain.verify'), verify)), told);
}

export async function show(root) {
  let list;
  const clean = (p) => ({ event: p.event, subject: p.subject, actor: p.actor,
    since: seconds(p.since), until: seconds(p.until) });
  const bar = filters([
    { name: 'event', label: t('audit.event'), options: EVENTS.map((e) => [e,
      e === '' ? t('filter.any') : e.endsWith('.') ? `${e}*` : e]) },
    { name: 'subject', label: t('audit.subject') },
    { name: 'actor', label: t('audit.actor') },
    { name: 'since', label: t('audit.since'), type: 'datetime-local' },
    { name: 'until', label: t('audit.until'), type: 'datetime-local' },
  ], (p) => list.reload(clean(p)));
  list = pagedList({
    caption: t('nav.audit'),
    columns: [
      { label: '#', cell: (r) => number(r.seq), class: 'num' },
      { label: t('audit.time'), cell: (r) => when(r.time), class: 'tight' },
      { label: t('audit.event'), cell: (r) => code(r.event), class: 'tight' },
      { label: t('audit.subject'), cell: (r) => [plain(r.subject || '–'),
        r.actor && r.actor !== r.subject ? h('div', { class: 'hint' },
          t('why.by'), ' ', plain(r.actor)) : null] },
      { label: t('audit.details'), cell: details, class: 'more-of' },
    ],
    load: async (params) => (await api.get('/audit', params)).body,
    empty: () => t('list.no_match'),
  });
  const told = h('span', { role: 'status', class: 'hint' });
  let timer = null;
  const live = h('input', { type: 'checkbox', onchange: (e) => {
    clearInterval(timer);
    timer = e.target.checked ? setInterval(() => {
      if (!root.isConnected) clearInterval(timer);
      else if (!document.hidden && !list.querySelector('details[open]')) {
        list.reload();
      }
    }, 5000) : null;
  } });
  fill(root, h('h1', { tabindex: '-1' }, t('nav.audit')),
    await picture().catch(() => null),
    bar,
    h('p', { class: 'actions top' }, h('label', { class: 'check' }, live,
      t('audit.live')),
    button(t('audit.export'), () => save(clean(bar.read()), (n) => {
      told.textContent = t('audit.exported', { n });
    })), told),
    list,
    chain());
  await list.reload(clean(bar.read()));
}
