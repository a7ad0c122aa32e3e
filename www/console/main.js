// SPDX-License-Identifier: ISC
// The console: which view the address asks for, and who is looking.
import { ApiError, Unreachable, whoami } from './api.js';
import { fill, h, plain } from './dom.js';
import { language, NAMES, setLanguage, t } from './text.js';
import * as access from './access.js';
import * as audit from './audit.js';
import * as health from './health.js';
import * as mappings from './mappings.js';
import * as people from './people.js';
import * as roles from './roles.js';

// What a view needs is only what the API would refuse otherwise.
const VIEWS = [
  ['access', access, null],
  ['mappings', mappings, 'mappings.read'],
  ['roles', roles, 'roles.read'],
  ['people', people, 'principals.read'],
  ['audit', audit, 'audit.read'],
  ['health', health, 'health.read'],
];

const view = document.getElementById('view');
view.tabIndex = -1; // for the skip link
const ctx = { me: null, providers: [], can: () => false };

/* Who is signed in; without a role /whoami says 403, and that is an answer. */
async function learnWho() {
  try {
    ctx.me = await whoami();
  } catch (err) {
    if (!(err instanceof ApiError) || err.status !== 403) throw err;
    ctx.me = null;
  }
  const held = new Set(ctx.me?.permissions);
  ctx.can = (p) => held.has('*') || held.has(p);
  ctx.providers = JSON.parse(document.body.dataset.providers);
}

const allowed = () => VIEWS.filter(([, , p]) => p === null || ctx.can(p));

function drawNav(current) {
  fill(document.getElementById('nav'), h('ul', null,
    allowed().map(([name]) => h('li', null, h('a', { href: `#/${name}`,
      'aria-current': name === current ? 'page' : null }, t(`nav.${name}`))))));
}

function drawFoot() {
  const { contact } = document.body.dataset;
  fill(document.getElementById('foot'),
    contact ? h('p', null, t('foot.help'), ' ', plain(contact)) : null,
    h('p', null, h('label', null, t('foot.language'), ' ', h('select', {
      onchange: (e) => setLanguage(e.target.value) },
    Object.entries(NAMES).map(([k, name]) => h('option', { value: k,
      lang: k, selected: k === language }, name))))));
  document.getElementById('skip').textContent = t('foot.skip');
  document.getElementById('logout').textContent = t('foot.sign_out');
}

const known = (err) => err instanceof ApiError;

function fail(err) {
  fill(view, h('h1', { tabindex: '-1' }, t('error.title')),
    h('p', { role: 'alert' }, err.spoken ?? String(err)),
    known(err) && err.id ? h('p', { class: 'hint' },
      t('error.reference', { id: err.id })) : null,
    h('p', { class: 'actions' }, h('button', { class: 'button', type: 'button',
      onclick: () => open() }, t('error.again'))));
}

let opened = 0;

async function open() {
  const [name, ...args] = location.hash.replace(/^#\/?/, '').split('/')
    .map(decodeURIComponent);
  const found = allowed().find(([n]) => n === name) ?? allowed()[0];
  const mine = opened += 1;
  const root = h('div');
  drawNav(found[0]);
  document.title = `${t(`nav.${found[0]}`)} · rolegate`;
  view.setAttribute('aria-busy', 'true');
  try {
    await found[1].show(root, ctx, args);
    if (mine !== opened) return; // somebody clicked on
    fill(view, root);
    // The first time the page itself has the focus, as on any page.
    if (mine > 1) root.querySelector('h1')?.focus();
  } catch (err) {
    if (mine === opened) fail(err);
    if (!(known(err) || err instanceof Unreachable)) throw err;
  } finally {
    if (mine === opened) view.removeAttribute('aria-busy');
  }
}

try {
  await learnWho();
  window.addEventListener('hashchange', open);
  await open();
} catch (err) {
  fail(err);
} finally {
  drawFoot();
  document.body.classList.remove('coming');
}
