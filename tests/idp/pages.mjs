// SPDX-License-Identifier: ISC
// The pages of the demo provider. No script, no outside resource.
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --line: #c9ced6; --accent: #0b5cad;
  --soft: #f2f5f9; --mark: #e5f0fb; }
@media (prefers-color-scheme: dark) {
  :root { --line: #47505c; --accent: #7db7f0; --soft: #20252c; --mark: #16314c; }
}
* { box-sizing: border-box; }
body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 30rem;
  padding: 1.5rem 1rem; }
h1 { font-size: 1.4rem; line-height: 1.25; margin: 1rem 0 .5rem; }
.demo { background: var(--soft); border-left: .25rem solid var(--accent);
  margin: 0; padding: .5rem .75rem; }
ul { list-style: none; margin: 1rem 0; padding: 0; }
li { margin: .5rem 0; }
button { background: transparent; border: 1px solid var(--line);
  border-radius: .4rem; color: inherit; cursor: pointer; font: inherit;
  min-height: 3rem; padding: .5rem .75rem; text-align: left; width: 100%; }
button:hover, button:focus-visible { border-color: var(--accent);
  outline: 2px solid var(--accent); outline-offset: 1px; }
button.hint { background: var(--mark); border-color: var(--accent); }
button b, button span { display: block; overflow-wrap: anywhere; }
button span { font-size: .9rem; opacity: .8; }
code { overflow-wrap: anywhere; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  // No form-action: browsers apply it to the redirect back to the application.
  'content-security-policy':
    `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; base-uri 'none'; `
    + "frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

const ENTITIES = {
  '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;',
};

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => ENTITIES[c]);

function page(title, main) {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<p class="demo"><strong>Demo sign-in provider.</strong> It asks for no password
and is only for trying things out on this machine.</p>
<main>
<h1>${escape(title)}</h1>
${main}
</main>
</body>
</html>
`;
}

function choice(person, groupNames, hinted) {
  const has = [
    ...groupNames.map((name) => `group ${name}`),
    ...person.roles.map((role) => `app role ${role}`),
  ];
  return `<li><button type="submit" name="login" value="${escape(person.login)}"${
    hinted ? ' class="hint" autofocus' : ''}><b>${escape(person.name)}</b>
<span>${escape(person.username)}</span>
<span>${escape(has.join(', ') || 'no groups, no app roles')}</span></button></li>`;
}

/* The person chooser: one button per person; the hinted one stands out. */
export function chooserPage({ people, action, hint }) {
  const nameOf = (id) => (
    people.groups.find((group) => group.id === id)?.name ?? id);
  const items = people.list.map((person) => {
    const groups = person.groups.length > 20
      ? [`${person.groups.length} groups`] : person.groups.map(nameOf);
    const hinted = hint !== undefined
      && [person.login, person.username].includes(hint);
    return choice(person, groups, hinted);
  });
  return page('Who are you today?', `<form method="post" action="${
    escape(action)}">
<ul>
${items.join('\n')}
<li><button type="submit" name="login" value="">Cancel</button></li>
</ul>
</form>`);
}

export function errorPage(error, description) {
  return page('This sign-in cannot go on', `<p>${escape(description ?? '')}</p>
<p>Error: <code>${escape(error)}</code>. Go back to the application and start
again.</p>`);
}

export function signedOutPage() {
  return page('You are signed out', '<p>You can close this page.</p>');
}
