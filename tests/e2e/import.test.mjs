// SPDX-License-Identifier: ISC
// What `map import-contextforge` makes of ContextForge's own settings, and what
// it tells of each: above all where one did nothing there, or too much.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { GROUPS, startSite } from './lib/site.mjs';

let site;
before(async () => { site = await startSite(); });
after(() => site?.close());

const raw = (text, ...args) => site.ctlRaw(['--json', 'map',
  'import-contextforge', '--file', site.work.write('cf.env', text), ...args]);
async function imported(text, ...args) {
  const res = await raw(text, ...args);
  assert.equal(res.status, 0, res.stderr);
  const { document, report } = JSON.parse(res.stdout);
  const told = (setting) => report.filter((r) => r.setting === setting)
    .map((r) => `${r.became}: ${r.note}`);
  return { document, report, told,
    mappings: document.mappings.map((m) => [m.provider, m.kind,
      m.claim ?? null, m.value, m.role]) };
}
const apply = (document) => site.ctl('map', 'apply', '--file',
  site.work.write('mappings.json', JSON.stringify(document)));
const only = (list, pattern) => {
  assert.equal(list.filter((line) => pattern.test(line)).length, 1,
    `${pattern}: ${list.join('\n')}`);
};

test('each setting becomes mappings, or is told about', async () => {
  const { document, mappings, told, report } = await imported(`# its .env
SSO_ENTRA_ADMIN_GROUPS=${GROUPS.admins}, PlatformAdmin
export SSO_ENTRA_ROLE_MAPPINGS='{"${GROUPS.developers}":"developer","Reader":"platform_viewer"}'
SSO_ENTRA_DEFAULT_ROLE=viewer # everybody
SSO_KEYCLOAK_ROLE_MAPPINGS={"reporting":"analyst","my.gw:boss":"platform_admin","/ops":"ops"}
SSO_GENERIC_ADMIN_GROUPS=["root"]
SSO_GENERIC_PROVIDER_ID=okta
SSO_AUTO_ADMIN_DOMAINS=contoso.example
SSO_ENTRA_GRAPH_API_MAX_GROUPS=100
SSO_SOMETHING_NEW=1
`);
  assert.deepEqual(mappings, [
    ['entra', 'group', null, GROUPS.admins, 'admin'],
    ['entra', 'app_role', null, 'PlatformAdmin', 'admin'],
    ['entra', 'group', null, GROUPS.developers, 'developer'],
    ['entra', 'app_role', null, 'Reader', 'platform_viewer'],
    ['keycloak', 'claim', 'realm_access.roles', 'reporting', 'analyst'],
    ['keycloak', 'claim', 'resource_access.my\\.gw.roles', 'boss', 'admin'],
    ['keycloak', 'group', null, '/ops', 'ops'],
    ['okta', 'group', null, 'root', 'admin']]);
  assert.deepEqual(document.roles.map((r) => r.name),
    ['developer', 'platform_viewer', 'viewer', 'analyst', 'ops']);
  assert.ok(document.roles.every((r) => r.permissions.length === 0));
  const entra = told('SSO_ENTRA_ROLE_MAPPINGS');
  only(entra, /^group .* -> developer: did nothing there: developer is a role of teams/);
  only(entra, /^app_role Reader -> .*any group of that name.*upper and lower case/);
  only(entra, /a change of it was ignored/);
  only(told('SSO_ENTRA_ADMIN_GROUPS'), new RegExp(
    `^group ${GROUPS.admins} -> admin: $`));
  only(told('SSO_ENTRA_DEFAULT_ROLE'),
    /say default_role = viewer in \[provider\.entra\]; did nothing there/);
  const keycloak = told('SSO_KEYCLOAK_ROLE_MAPPINGS');
  only(keycloak, /access token whose signature was not checked/);
  only(keycloak, /boss -> admin: did nothing there: .*MAP_CLIENT_ROLES is off/);
  only(keycloak, /reporting -> analyst: .*unless somebody made a global role/);
  only(told('SSO_GENERIC_ADMIN_GROUPS'), /also matched the roles claim/);
  only(told('SSO_AUTO_ADMIN_DOMAINS'), /^nothing: .*an address is no proof/);
  only(told('SSO_ENTRA_GRAPH_API_MAX_GROUPS'), /before it was matched/);
  only(told('SSO_SOMETHING_NEW'), /^nothing: is not about roles/);
  assert.equal(new Set(report.map((r) => r.setting)).size, 9,
    'each is told about');
});

test('names of roles that meant an admin there', async () => {
  const all = '{"a":"Admin","b":"PLATFORM_ADMIN","c":"boss","d":"other"}';
  let now = await imported(`SSO_GENERIC_ROLE_MAPPINGS=${all}\n`);
  assert.deepEqual(now.mappings.map((m) => m[4]),
    ['admin', 'admin', 'boss', 'other']);
  only(now.told('SSO_GENERIC_ROLE_MAPPINGS'),
    /^group a -> admin: made an admin only at the second sign-in/);
  now = await imported(`SSO_GENERIC_ROLE_MAPPINGS=${all}
DEFAULT_ADMIN_ROLE=boss
SSO_GENERIC_DEFAULT_ROLE=boss
`);
  assert.deepEqual(now.mappings.map((m) => m[4]),
    ['admin', 'admin', 'admin', 'other']);
  for (const value of ['a', 'c']) {
    only(now.told('SSO_GENERIC_ROLE_MAPPINGS'),
      new RegExp(`^group ${value} -> admin: never made an admin there`));
  }
  only(now.told('SSO_GENERIC_DEFAULT_ROLE'), /^nothing: .*everybody an admin/);
  assert.deepEqual(now.document.roles.map((r) => r.name), ['other']);
});

test('what is switched on or off for Keycloak there', async () => {
  const text = 'SSO_KEYCLOAK_ROLE_MAPPINGS={"a":"viewer","gw:b":"viewer"}\n';
  const { told } = await imported(`${text}SSO_KEYCLOAK_MAP_REALM_ROLES=False
SSO_KEYCLOAK_MAP_CLIENT_ROLES=1
SSO_KEYCLOAK_RESOLVE_TEAM_SCOPE_TO_PERSONAL_TEAM=true
`);
  const list = told('SSO_KEYCLOAK_ROLE_MAPPINGS');
  only(list, /^claim a -> viewer: .*own team only; matched no role of the realm/);
  only(list, /^claim b -> viewer: .*own team only; matched in upper/);
  const off = await imported(`${text}SSO_KEYCLOAK_MAP_CLIENT_ROLES=false\n`);
  only(off.told('SSO_KEYCLOAK_ROLE_MAPPINGS'), /MAP_CLIENT_ROLES is off/);
});

test('a .env file is read as dotenv does', async () => {
  const { mappings, told } = await imported(`
  sso_entra_role_mappings="{\\"a\\":\\"x\\"}" # in quotes
SSO_KEYCLOAK_ROLE_MAPPINGS = '{
  "/b": "y"
}'\r
SSO_GENERIC_ADMIN_GROUPS=c, d ,, e#f # g
SSO_GENERIC_ADMIN_GROUPS_OLD
SSO_GENERIC_ROLE_MAPPINGS=
# SSO_ENTRA_ADMIN_GROUPS=no
`);
  assert.deepEqual(mappings.map((m) => m.slice(3)), [['a', 'x'], ['/b', 'y'],
    ['c', 'admin'], ['d', 'admin'], ['e#f', 'admin']]);
  assert.deepEqual(told('SSO_GENERIC_ROLE_MAPPINGS'), []);
});

test('what can not be read is said, and nothing is passed over', async () => {
  for (const [text, said] of [['\nA="b\n', /cf\.env:2: the quote is not closed/],
    [Buffer.from('A=\xff', 'latin1'), /cf\.env:1: is not UTF-8/],
    ['A=b\0c\n', /is no text/]]) {
    const { status, stderr } = await raw(text);
    assert.equal(status, 1);
    assert.match(stderr, said);
  }
  const { mappings, told } = await imported(`SSO_ENTRA_ROLE_MAPPINGS={"a":
SSO_ENTRA_ADMIN_GROUPS=["a"
SSO_GENERIC_ADMIN_GROUPS=[7]
SSO_KEYCLOAK_ROLE_MAPPINGS={"a":["admin"]}
`);
  assert.deepEqual(mappings, []);
  only(told('SSO_ENTRA_ROLE_MAPPINGS'), /^nothing: is not a JSON object/);
  only(told('SSO_ENTRA_ADMIN_GROUPS'), /^nothing: is not a JSON array/);
  only(told('SSO_GENERIC_ADMIN_GROUPS'), /^nothing: item 1 is no string/);
  only(told('SSO_KEYCLOAK_ROLE_MAPPINGS'), /^nothing: a leads to .* no role/);
  only(told('(all)'), /no setting maps anything/);
  // For people: on standard error, and without what a terminal would obey.
  const { stderr } = await site.ctlRaw(['map', 'import-contextforge', '--file',
    site.work.write('cf.env', 'SSO_ENTRA_ADMIN_GROUPS=["a\\u001b[2J"]\n')]);
  assert.match(stderr, /^SSO_ENTRA_ADMIN_GROUPS: app_role a\?\[2J -> admin/);
});

test('variables are not expanded, and that is said', async () => {
  const groups = 'SSO_ENTRA_ADMIN_GROUPS';
  // As python-dotenv finds them: in any quotes, and in a JSON value.
  for (const value of ['${ADMINS}', 'x,${ADMINS:-y}', "'${ADMINS}'",
    '"[\\"${A}\\"]"']) {
    const { status, stdout, stderr } = await raw(`A=1\n${groups}=${value}\n`);
    assert.equal(status, 1, value);
    assert.equal(stdout, '');
    assert.match(stderr, new RegExp(`cf\\.env:2: ${groups}: variables like`));
  }
  // One that does not count, of settings and of lines; and what is none.
  const { mappings } = await imported(`DATABASE_URL=\${DB}/x
${groups}=\${ADMINS}
${groups}=$A,\${B:c},\${D
`);
  assert.deepEqual(mappings.map((m) => m[3]), ['$A', '${B:c}', '${D']);
});

test('what a later line empties is not there', async () => {
  const { mappings } = await imported(`SSO_ENTRA_ADMIN_GROUPS=everybody
SSO_KEYCLOAK_ROLE_MAPPINGS={"reporting":"analyst"}
SSO_ENTRA_ADMIN_GROUPS=
`);
  assert.deepEqual(mappings.map((m) => m[3]), ['reporting']);
});

test('a name that no provider can have is refused', async () => {
  const text = 'SSO_ENTRA_ADMIN_GROUPS=a\n';
  for (const name of ['', 'a b', 'x'.repeat(33)]) {
    const { status, stdout, stderr } = await raw(text, '--entra', name);
    assert.equal(status, 2, name);
    assert.equal(stdout, '');
    assert.match(stderr, /--entra: a provider's name has/);
  }
  // Bytes that are not UTF-8 go through a shell: node has no such arguments.
  const res = await site.work.run('/bin/sh', ['-c',
    `exec "$0" --config "$1" map import-contextforge --file "$2" --entra "$(printf '\\377')"`,
    site.programs.rolegatectl, site.work.path('rolegate.conf'),
    site.work.write('cf.env', text)]);
  assert.equal(res.status, 2, res.stdout);
  assert.match(res.stderr, /--entra: a provider's name has/);
});

test('the document is applied, and counts at the next request', async () => {
  const before = JSON.parse(await site.ctl('map', 'export'));
  const { document } = await imported(`SSO_ENTRA_ADMIN_GROUPS=${GROUPS.admins}
SSO_ENTRA_ROLE_MAPPINGS={"${GROUPS.developers}":"developer"}
SSO_KEYCLOAK_ROLE_MAPPINGS={"my.gw:boss":"chief"}
`, '--keycloak', 'entra');
  const rolesOf = async (login) => {
    const res = await site.whoami(await site.signIn(login));
    return res.status === 200 ? res.json().roles : res.json().error;
  };
  await site.idp.person('noa', { claims: {
    resource_access: { 'my.gw': { roles: ['boss'] } } } });
  assert.equal(await rolesOf('noa'), 'no_role');
  await rolesOf('ada'); // known as an admin, so that one is left
  await apply(document);
  assert.deepEqual(await rolesOf('noa'), ['chief']);
  assert.deepEqual(await rolesOf('dev'), ['developer']);
  assert.deepEqual(await rolesOf('ada'), ['admin']);
  await apply(before);
  await site.idp.person('noa', { claims: {} });
});
