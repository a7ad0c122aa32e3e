// SPDX-License-Identifier: ISC
// Who would gain and who would lose, before it is so.
import { api } from './api.js';
import { h, plain } from './dom.js';
import { t } from './text.js';

const MEMBERS = ['provider', 'tenant', 'kind', 'claim', 'value', 'effect',
  'role', 'label', 'note', 'enabled', 'expires_at'];
const TOO_MANY = 2000; // of mappings, to ask at each keystroke

async function mappings() {
  const items = [];
  let cursor;
  do {
    const { body } = await api.get('/mappings', { limit: 200, cursor });
    items.push(...body.items);
    cursor = body.next;
  } while (cursor && items.length <= TOO_MANY);
  return cursor ? null : items;
}

const names = (list) => (list.length ? list.join(', ') : t('whatif.nothing'));

/* change(list of mappings) -> list. Null when it can't be told. */
export async function whatIf(ctx, change) {
  if (!ctx.can('mappings.read') || !ctx.can('principals.read')) return null;
  const list = await mappings();
  if (list === null) return null;
  const { body } = await api.post('/what-if', {
    schema: 'rolegate.mappings.v1',
    mappings: change(list).map((m) => Object.fromEntries(MEMBERS
      .filter((k) => m[k] !== undefined && m[k] !== null && m[k] !== '')
      .map((k) => [k, m[k]]))),
  });
  const { people, changed, truncated } = body;
  if (people.gain + people.lose + people.unknown === 0
    && people.admins_before === people.admins_after) {
    return h('div', null, t('whatif.none'));
  }
  const counts = [
    people.gain ? t('whatif.gain', { n: people.gain }) : null,
    people.lose ? t('whatif.lose', { n: people.lose }) : null,
    people.unknown ? t('whatif.unknown', { n: people.unknown }) : null,
    people.admins_after ? t('whatif.admins', { n: people.admins_after })
      : t('whatif.no_admin'),
  ].filter(Boolean);
  return h('div', null, h('strong', null, counts.join(' · ')),
    changed.length ? h('ul', { class: 'changes' }, changed.slice(0, 10)
      .map((c) => h('li', null, plain(c.name || c.username || c.subject), ': ',
        plain(names(c.before)), ' \u2192 ', plain(names(c.after))))) : null,
    truncated || changed.length > 10 ? h('p', { class: 'hint' },
      t('whatif.more')) : null);
}
