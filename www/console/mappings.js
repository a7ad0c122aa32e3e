// SPDX-License-Identifier: ISC
// Mappings: what of a verified token leads to which role, or denies access.
import { api } from './api.js';
import { button, code, fill, h, note, plain } from './dom.js';
import { openForm } from './form.js';
import { filters, pagedList } from './list.js';
import { t, when } from './text.js';
import { whatIf } from './whatif.js';

const KINDS = ['group', 'app_role', 'claim', 'group_name', 'directory_role',
  'app'];
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const state = (m) => {
  if (!m.enabled) return h('span', { class: 'badge' }, t('mapping.disabled'));
  if (m.expires_at && m.expires_at * 1000 <= Date.now()) {
    return h('span', { class: 'badge warn' }, t('mapping.expired'));
  }
  return m.expires_at ? [t('mapping.until'), ' ', when(m.expires_at)] : '';
};

const leadsTo = (m) => (m.effect === 'deny'
  ? h('strong', { class: 'bad' }, t('mapping.denies')) : plain(m.role));

/* All pages of a short list. */
async function all(path) {
  const items = [];
  let cursor;
  do {
    const { body } = await api.get(path, { limit: 200, cursor });
    items.push(...body.items);
    cursor = body.next;
  } while (cursor && items.length < 2000);
  return items;
}

export async function roleNames(ctx) {
  return ctx.can('roles.read') ? (await all('/roles')).map((r) => r.name) : [];
}

export const choices = (roles, isNew = true) => [
  ...(isNew ? [['', t('form.choose')]] : []), ...roles.map((r) => [r, r])];

function fields(ctx, roles, m = {}) {
  const isNew = m.id === undefined;
  const denies = (v) => (isNew ? v.effect === 'deny' : m.effect === 'deny');
  return [
    isNew && { name: 'provider', label: t('mapping.provider'), type: 'select',
      options: ctx.providers.map((p) => [p, p]), value: m.provider },
    isNew && { name: 'kind', label: t('mapping.kind'), type: 'select',
      options: KINDS.map((k) => [k, t(`kind.${k}`)]), value: m.kind ?? 'group' },
    isNew && { name: 'claim', label: t('mapping.claim'), required: true,
      hint: t('mapping.claim_hint'), when: (v) => v.kind === 'claim' },
    isNew && { name: 'value', label: t('mapping.value'), required: true,
      hint: t('mapping.value_hint'), value: m.value },
    isNew && { name: 'tenant', label: t('mapping.tenant'),
      hint: t('mapping.tenant_hint') },
    isNew && { name: 'effect', label: t('mapping.effect'), type: 'select',
      options: [['allow', t('mapping.allows')], ['deny', t('mapping.denies')]],
      value: 'allow' },
    // No role is chosen for anybody: the first one might be the highest.
    { name: 'role', label: t('mapping.role'), type: 'select', value: m.role,
      required: true, options: choices(roles, isNew),
      when: (v) => !denies(v) },
    { name: 'label', label: t('mapping.label'), value: m.label,
      hint: t('mapping.label_hint') },
    { name: 'note', label: t('mapping.note'), value: m.note },
    { name: 'enabled', label: t('mapping.enabled'), type: 'checkbox',
      value: m.enabled ?? true },
    { name: 'expires_at', label: t('mapping.expires'), type: 'time',
      value: m.expires_at, hint: t('mapping.expires_hint') },
  ].filter(Boolean);
}

/* What the API takes: nothing that does not apply. */
function shape(v) {
  const out = { ...v };
  if (v.kind !== undefined && v.kind !== 'claim') delete out.claim;
  if (v.effect === 'deny' || !v.role) delete out.role;
  if (!v.tenant) delete out.tenant;
  return out;
}

async function add(ctx, roles, again) {
  const saved = await openForm({
    title: t('mapping.add'), fields: fields(ctx, roles),
    preview: async (v) => (v.value && (v.role || v.effect === 'deny')
      ? whatIf(ctx, (list) => [...list, shape(v)]) : null),
    save: (v) => api.post('/mappings', shape(v)),
  });
  if (saved) {
    note(t('mapping.added'));
    again();
  }
}

async function edit(ctx, roles, id, again) {
  let { body, etag } = await api.get(`/mappings/${id}`);
  const own = (v) => {
    const out = { ...v };
    if (body.effect === 'deny') delete out.role;
    return out;
  };
  const saved = await openForm({
    title: t('mapping.edit', { id }), fields: fields(ctx, roles, body),
    preview: (v) => whatIf(ctx, (list) => list.map((m) => (
      m.id === id ? { ...m, ...own(v) } : m))),
    save: (v) => api.patch(`/mappings/${id}`, own(v), etag),
    reread: async () => {
      ({ body, etag } = await api.get(`/mappings/${id}`));
      return body;
    },
  });
  if (saved) {
    note(t('mapping.saved'));
    again();
  }
}

async function remove(ctx, m, again) {
  const { etag } = await api.get(`/mappings/${m.id}`);
  const saved = await openForm({
    title: t('mapping.remove', { id: m.id }), action: t('form.remove'),
    fields: [],
    preview: () => whatIf(ctx, (list) => list.filter((x) => x.id !== m.id)),
    save: () => api.delete(`/mappings/${m.id}`, etag),
  });
  if (saved) {
    note(t('mapping.removed'));
    again();
  }
}

/* Lines "value label": all to one role, one by one, each failure named. */
async function paste(ctx, roles, again) {
  const parse = (text) => text.split('\n').map((l) => l.trim()).filter(Boolean)
    .map((l) => {
      const [value, ...label] = l.split(/[\s,;]+/);
      return { value, label: label.join(' ') };
    });
  const area = h('textarea', { rows: 8, id: 'paste', spellcheck: 'false' });
  const out = h('div', { role: 'status' });
  const role = h('select', { id: 'paste-role', required: true },
    choices(roles).map(([value, label]) => h('option', { value }, label)));
  const provider = h('select', { id: 'paste-provider' },
    ctx.providers.map((p) => h('option', { value: p }, p)));
  const dialog = h('dialog', { class: 'dialog', 'aria-labelledby': 'paste-h' },
    h('h2', { id: 'paste-h' }, t('paste.title')),
    h('p', { class: 'hint' }, t('paste.hint')),
    h('div', { class: 'field' }, h('label', { for: 'paste-provider' },
      t('mapping.provider')), provider),
    h('div', { class: 'field' }, h('label', { for: 'paste-role' },
      t('mapping.role')), role),
    h('div', { class: 'field' }, h('label', { for: 'paste' },
      t('paste.lines')), area),
    out,
    h('p', { class: 'actions' },
      button(t('paste.add'), async () => {
        const wanting = [role, area].find((el) => !el.value.trim());
        if (wanting) {
          fill(out, h('p', { class: 'error' }, t('form.missing_one', {
            what: t(wanting === role ? 'mapping.role' : 'paste.lines') })));
          wanting.focus();
          return;
        }
        const failed = [];
        let added = 0;
        for (const one of parse(area.value)) {
          try {
            await api.post('/mappings', { provider: provider.value,
              kind: GUID.test(one.value) ? 'group' : 'app_role',
              role: role.value, ...one });
            added += 1;
          } catch (err) {
            failed.push([one, err.message]);
          }
        }
        area.value = failed.map(([f]) => `${f.value} ${f.label}`).join('\n');
        fill(out, h('p', null, t('paste.added', { n: added })),
          failed.map(([f, why]) => h('p', { class: 'error' },
            code(f.value), ' ', why)));
        again();
      }, { class: 'button' }),
      button(t('form.close'), () => dialog.close())));
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

export async function show(root, ctx) {
  const roles = await roleNames(ctx);
  const writes = ctx.can('mappings.write');
  let list;
  const again = () => list.reload();
  const bar = filters([
    { name: 'search', label: t('filter.search') },
    { name: 'provider', label: t('mapping.provider'), type: 'select',
      options: [['', t('filter.any')], ...ctx.providers.map((p) => [p, p])] },
    { name: 'role', label: t('mapping.role'), type: 'select',
      options: [['', t('filter.any')], ...roles.map((r) => [r, r])] },
  ], (params) => list.reload(params));
  list = pagedList({
    caption: t('nav.mappings'),
    rowProps: (m) => ({ class: m.enabled ? null : 'off' }),
    columns: [
      { label: t('mapping.what'), sort: 'label', cell: (m) => [
        m.label ? h('strong', null, plain(m.label)) : null,
        h('div', { class: 'hint' }, t(`kind.${m.kind}`), ' ',
          m.claim ? [code(m.claim), ' = '] : null, code(m.value))] },
      { label: t('mapping.provider'), sort: 'provider', cell: (m) => [plain(m.provider),
        m.tenant ? h('div', { class: 'hint' }, code(m.tenant)) : null] },
      { label: t('mapping.role'), sort: 'role', cell: leadsTo },
      { label: t('mapping.state'), cell: state },
      writes && { label: t('list.actions'), class: 'acts', cell: (m) => [
        button(t('form.edit'), () => edit(ctx, roles, m.id, again),
          { 'aria-label': t('mapping.edit', { id: m.id }) }),
        button(t('form.remove'), () => remove(ctx, m, again),
          { 'aria-label': t('mapping.remove', { id: m.id }) })] },
    ].filter(Boolean),
    load: async (params) => (await api.get('/mappings', params)).body,
    empty: (p) => (p.search || p.provider || p.role ? t('list.no_match')
      : [t('mapping.empty'), ' ', writes
        ? button(t('mapping.add'), () => add(ctx, roles, again)) : null]),
  });
  fill(root, h('h1', { tabindex: '-1' }, t('nav.mappings')),
    h('p', { class: 'note' }, t('mapping.intro')),
    writes ? h('p', { class: 'actions top' },
      button(t('mapping.add'), () => add(ctx, roles, again),
        { class: 'button' }),
      button(t('paste.title'), () => paste(ctx, roles, again))) : null,
    bar, list);
  await list.reload(bar.read());
}
