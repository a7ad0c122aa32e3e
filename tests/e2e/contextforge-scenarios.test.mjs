// SPDX-License-Identifier: ISC
// What ContextForge's own tests say about claims, overage, roles and sync
// (IBM/mcp-context-forge, tests/unit/.../test_sso_entra_role_mapping.py,
// test_sso_service.py, test_sso_admin_assignment.py), put to rolegate: claims
// and Graph's answers in, roles out. Where rolegate deliberately answers
// otherwise, `differs` says why in one line.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';

const G1 = '11110000-0000-4000-8000-000000000001';
const G2 = '22220000-0000-4000-8000-000000000002';
const G3 = '33330000-0000-4000-8000-000000000003';
const ADMINS = 'adadadad-0000-4000-8000-00000000000a';
const OTHER = 'ffff0000-0000-4000-8000-00000000000f';
const SETUP = [
  ['role', 'add', 'developer', '--permission', 'code.write'],
  ['role', 'add', 'team_admin'],
  ['role', 'add', 'viewer'],
  ...[['group', ADMINS, 'admin'], ['group', G1, 'developer'],
    ['group', G3, 'developer'], ['group', G2, 'team_admin'],
    ['app_role', 'Admin', 'admin'], ['app_role', 'Developer', 'developer'],
  ].map(([kind, value, role]) => ['map', 'add', '--provider', 'entra',
    '--kind', kind, '--value', value, '--role', role]),
];
const overage = { _claim_names: { groups: 'src1' } };
const unknown = { unknown: true };

// [name, person, expected roles or `unknown`, Graph's behaviour, differs]
const CLAIMS = [
  ['groups_claim_extraction', { groups: [G1, G2] },
    ['developer', 'team_admin']],
  ['roles_claim_extraction', { roles: ['Admin', 'Developer'] },
    ['admin', 'developer']],
  ['both_groups_and_roles', { groups: [G2], roles: ['Developer'] },
    ['developer', 'team_admin']],
  ['duplicate_groups_deduplication', { groups: [G1, G3], roles: ['Developer'] },
    ['developer']],
  ['no_groups_or_roles', {}, []],
  ['entra_admin_group_assignment', { groups: [ADMINS, OTHER] }, ['admin']],
  ['no admin by another group', { groups: [G1, OTHER] }, ['developer']],
  ['admin group in capitals', { groups: [ADMINS.toUpperCase()] }, ['admin']],
  ['admin by app role', { roles: ['Admin'] }, ['admin']],
  ['unmapped groups', { groups: [OTHER] }, []],
  ['unmapped app role', { roles: ['Viewer'] }, []],
  ['string groups (bug 29)', { claims: { groups: G1 } }, ['developer']],
  ['string roles', { claims: { roles: 'Developer' } }, ['developer']],
  ['app role in capitals', { roles: ['ADMIN'] }, [], {},
    'only GUIDs are compared without regard to case; names are exact'],
  ['group named like an app role', { claims: { groups: ['Admin'] } }, [], {},
    'a group is never an app role: anybody may create one of that name'],
  ['app role named like a group', { roles: [ADMINS] }, [], {},
    'and the other way round'],
  ['role name as a group', { claims: { groups: ['admin', 'platform_admin'] } },
    [], {}, 'roles come from mappings, not from names that look like roles'],
  ['wids of a Global Administrator',
    { wids: ['62e90394-69f5-4237-9190-012177145e10'] }, [], {},
    'a directory role is nothing here unless it is mapped'],
  ['non-strings filtered', { claims: { groups: [G1, 7, null] } }, unknown, {},
    'a list with a fault in it is not believed in part'],
  ['groups as an object', { claims: { groups: { a: [G1] } } }, [], {},
    'the value of an object of lists is "a:…": G1 of a is not G1'],
  ['groups as an object of something else',
    { claims: { groups: { a: { b: [G1] } } } }, unknown, {},
    'what can not be read is unknown, not empty'],
  ['email absent', { groups: [G1], email: null, claims: { email: null } },
    ['developer'], {}, 'the identity is (tenant, oid): e-mail is for display'],
  ['email_verified false', { groups: [G1], claims: { email_verified: false } },
    ['developer'], {}, 'an e-mail address decides nothing, verified or not'],
];

const OVERAGE = [
  ['entra_group_overage', { graph: [G1, G2, G2], claims: overage },
    ['developer', 'team_admin']],
  ['hasgroups_marker', { graph: [G1], claims: { hasgroups: true } },
    ['developer']],
  ['overage and app roles', { graph: [G2], roles: ['Developer'],
    claims: overage }, ['developer', 'team_admin']],
  ['groups_src_marker', { graph: [G1], claims: { 'groups:src1': 'x' } }, [], {},
    'Microsoft documents no such claim; without groups there is no role'],
  ['graph_fallback_failure 403', { graph: [G1], claims: overage }, unknown,
    { consent: false }, 'refused is unknown, not "no groups"'],
  ['graph 500', { graph: [G1], claims: overage }, unknown,
    { fault: '500' }, 'an error is unknown, not "no groups"'],
  ['graph timeout', { graph: [G1], claims: overage }, unknown,
    { fault: 'hang' }, 'late is unknown, not "no groups"'],
  ['graph invalid JSON', { graph: [G1], claims: overage }, unknown,
    { lie: 'malformed' }, 'unreadable is unknown, not "no groups"'],
  ['graph with non-strings', { graph: [G1], claims: overage }, unknown,
    { lie: 'wrong-type' }, 'an answer with a fault in it is not believed'],
  ['graph in part', { graph: [G1], claims: overage }, unknown,
    { lie: 'half' }, 'nothing partial is taken for whole'],
  ['cap of groups (bug 18)', { groups: [G2], others: 5000 }, ['team_admin'], {},
    'nothing is cut off before matching: only mapped groups are asked about'],
  ['failure with app roles', { graph: [G2], roles: ['Developer'],
    claims: overage }, ['developer'], { consent: false },
  'app roles are in the token and count; what Graph would add is missing'],
];

// Keycloak and other providers: groups in memberOf, roles in realm_access.roles
// (test_sso_generic_oidc_role_mapping.py, test_sso_user_normalization.py).
const realm = (roles) => ({ realm_access: { roles } });
const GENERIC = [
  ['keycloak realm roles', { claims: realm(['Developer', 'offline_access']) },
    ['developer']],
  ['string realm role', { claims: realm('Developer') }, ['developer']],
  ['dict-shaped roles', { claims: realm({ SERVICE: ['ServiceOwner'] }) },
    ['team_admin']],
  ['of another service', { claims: realm({ OTHER: ['ServiceOwner'] }) }, []],
  ['client roles', { claims: { resource_access: {
    'realm_access.roles': { roles: ['Admin'] }, shop: { roles: ['Admin'] } } } },
  [], {}, 'they are at a path of their own, never mixed with those of the realm'],
  ['custom claim', { claims: { memberOf: ['/staff', '/staff'] } }, ['developer']],
  ['string value of it', { claims: { memberOf: '/staff' } }, ['developer']],
  ['a group path in capitals', { claims: { memberOf: ['/STAFF'] } }, [], {},
    'names are exact'],
  ['union of both', { claims: { memberOf: ['/staff'], ...realm(['Admin']) } },
    ['admin', 'developer']],
  ['role in the groups claim', { claims: { memberOf: ['Admin'] } }, [], {},
    'the two are never one list'],
  ['groups beside the custom claim', { groups: [ADMINS], roles: ['Admin'] }, [],
    {}, 'only the configured claims are read'],
  ['no groups or roles at all', {}, []],
];

let site;

async function prepare(person, { fault, ...graph } = {}) {
  await site.idp.wellAgain();
  await site.idp.control('POST', '/graph', graph);
  await site.idp.person('noa', { groups: [], graph: null, roles: [], wids: [],
    email: 'noa@contoso.example', claims: {}, ...person });
  if (fault) await site.idp.fault('graph', fault);
}

async function signIn() {
  const client = await site.signIn('noa');
  const res = await site.whoami(client);
  return { client, status: res.status, body: res.json() };
}

async function assertRoles(expected) {
  const { status, body } = await signIn();
  if (expected === unknown) {
    assert.equal(status, 403);
    assert.equal(body.error, 'groups_unknown');
  } else if (expected.length === 0) {
    assert.equal(status, 403);
    assert.equal(body.error, 'no_role');
  } else {
    assert.deepEqual(body.roles, expected);
    assert.equal(body.is_admin, expected.includes('admin'));
  }
  return body;
}

const entra = (more) => ({ 'provider.entra': { graph: 'delegated',
  graph_url: new URL(site.idp.issuer).origin, graph_time: 2, timeout: 1,
  on_unknown_groups: 'deny', ...more } });

function table(rows) {
  for (const [name, person, expected, graph, differs] of rows) {
    it(differs ? `${name}: ${differs}` : name, async () => {
      await prepare(person, graph);
      await assertRoles(expected);
    });
  }
}

before(async () => {
  site = await startSite({ setup: SETUP });
  await site.restartRolegate(entra());
});
after(() => site?.close());

describe('claims', () => table(CLAIMS));
describe('overage', () => table(OVERAGE));

describe('sync: roles follow the claims at the next sign-in', () => {
  it('assign_new_roles, revoke_old_roles, keep the remaining (bug 15)', async () => {
    for (const [groups, roles] of [[[G1], ['developer']],
      [[G1, G2], ['developer', 'team_admin']], [[G2], ['team_admin']],
      [[], []]]) {
      await prepare({ groups });
      await assertRoles(roles);
    }
  });

  it('is_admin: first sign-in, gained, lost, whoever made them one (bug 2)', async () => {
    // Also of somebody who was an admin from the first sign-in on.
    for (const groups of [[ADMINS], [G1], [G1, ADMINS], [G1]]) {
      await prepare({ groups });
      await assertRoles([...(groups.includes(ADMINS) ? ['admin'] : []),
        ...(groups.includes(G1) ? ['developer'] : [])]);
    }
  });

  it('preserve_manual_assignments: a grant stays, sync or not', async () => {
    await prepare({ groups: [G1] });
    await assertRoles(['developer']);
    await sql(site.work.path('data/rolegate.db'), `INSERT INTO grants
      (principal, role, reason, expires_at, created_by, created_at)
      SELECT id, 'viewer', 'asked for', 0, 'test', 1 FROM principals
      WHERE username LIKE 'noa@%'`);
    await prepare({ groups: [] });
    await assertRoles(['viewer']);
    // And over a mapped one of the same role: both count, each for itself.
    await sql(site.work.path('data/rolegate.db'), 'DELETE FROM grants');
  });

  it('an outage revokes nothing that a session has (bug 3)', async () => {
    await prepare({ graph: [G1], claims: overage });
    const { client } = await signIn();
    await site.idp.fault('graph', 'down');
    await assertRoles(unknown);
    assert.deepEqual((await site.whoami(client)).json().roles, ['developer']);
    await site.idp.wellAgain();
    await assertRoles(['developer']);
  });

  it('unknown role: refused when the mapping is made, not at sign-in', async () => {
    const { status, stderr } = await site.ctlRaw(['map', 'add', '--provider',
      'entra', '--kind', 'group', '--value', OTHER, '--role', 'nosuch']);
    assert.notEqual(status, 0);
    assert.match(stderr, /nosuch/);
  });

  it('emptied mappings: nobody keeps what they gave (bug 17)', async () => {
    await prepare({ groups: [G2] });
    const { client } = await signIn();
    const { id } = (await site.ctlJson('map', 'list')).find(
      (m) => m.value === G2);
    await site.ctl('map', 'remove', String(id));
    assert.equal((await site.whoami(client)).status, 403);
    await site.ctl(...SETUP.find((line) => line.includes(G2)));
    assert.equal((await site.whoami(client)).status, 200);
  });
});

describe('default role', () => {
  before(() => site.restartRolegate(entra({ default_role: 'viewer' })));

  it('applied with no groups, or unmapped ones', async () => {
    for (const groups of [[], [OTHER]]) {
      await prepare({ groups });
      await assertRoles(['viewer']);
    }
  });

  it('not applied when there is a mapped role', async () => {
    await prepare({ groups: [ADMINS] });
    await assertRoles(['admin']);
  });

  it('not applied when the groups are unknown: they may lead elsewhere', async () => {
    await prepare({ graph: [G1], claims: overage }, { consent: false });
    await assertRoles(unknown);
  });
});

describe('custom groups claim', () => {
  before(() => site.restartRolegate(entra({ default_role: undefined,
    groups_claim: 'custom_groups' })));

  it('is read, and groups is not', async () => {
    await prepare({ groups: [G2], claims: { custom_groups: [G1] } });
    await assertRoles(['developer']);
  });

  it('its overage is overage', async () => {
    await prepare({ graph: [G1],
      claims: { _claim_names: { custom_groups: 'src1' } } });
    await assertRoles(['developer']);
  });
});

describe('emit_as_roles: groups come in the roles claim', () => {
  before(() => site.restartRolegate(entra({ groups_claim: 'roles' })));

  it('object ids count as groups, app roles not at all', async () => {
    await prepare({ roles: [G1, 'Admin'] });
    await assertRoles(['developer']);
  });

  it('a mapping of an app role is refused, as it would do nothing', async () => {
    const { status, stderr } = await site.ctlRaw(['map', 'add', '--provider',
      'entra', '--kind', 'app_role', '--value', 'Admin', '--role', 'viewer']);
    assert.equal(status, 1);
    assert.match(stderr, /kind: groups_claim and roles_claim .* are the same/);
  });

  it('overage is named after roles', async () => {
    await prepare({ graph: [G2], claims: { _claim_names: { roles: 'src1' } } });
    await assertRoles(['team_admin']);
  });
});

describe('generic OIDC', () => {
  before(async () => {
    await site.restartRolegate({ 'provider.entra': { type: 'oidc', tenant: null,
      graph: null, graph_url: null, graph_time: null, groups_claim: 'memberOf',
      roles_claim: 'realm_access.roles' } });
    for (const [kind, value, role] of [['group', '/staff', 'developer'],
      ['app_role', 'SERVICE:ServiceOwner', 'team_admin']]) {
      await site.ctl('map', 'add', '--provider', 'entra', '--kind', kind,
        '--value', value, '--role', role);
    }
  });
  table(GENERIC);

  it('a mapping that names a tenant is refused: there are none', async () => {
    const { status, stderr } = await site.ctlRaw(['map', 'add', '--provider',
      'entra', '--kind', 'group', '--value', 'x', '--role', 'viewer', '--tenant',
      'aaaaaaaa-0000-4000-8000-00000000000a']);
    assert.equal(status, 1);
    assert.match(stderr, /tenant: expected a GUID, with a provider of type entra/);
  });

  it('admin groups of one provider are none of another', async () => {
    await site.restartRolegate({ 'provider.other': site.config['provider.entra'] });
    await prepare({ claims: { memberOf: ['/staff'], ...realm(['Admin']) } });
    const of = async (provider) => (await site.whoami(await site.signIn('noa',
      { query: { provider } }))).json();
    assert.deepEqual((await of('entra')).roles, ['admin', 'developer']);
    assert.equal((await of('other')).error, 'no_role');
  });
});
