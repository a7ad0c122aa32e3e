// SPDX-License-Identifier: ISC
// Web servers take 8 KB of headers; who somebody is has 4 KB of them. What does
// not fit is left out whole, and that is said: half a list would be a lie.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GATEWAYS } from '../lib/gateways.mjs';
import { GROUPS } from '../lib/site.mjs';
import { sql } from '../lib/sqlite.mjs';
import { GUARDS, PROGRAM, ask, stage } from './stage.mjs';

const BUDGET = 4096;
const prefix = (gw) => (gw.proxied ? 'HTTP_X_AUTH_REQUEST' : 'AUTH');

/* What the protected program was told: {name: value}. */
const told = (body) => Object.fromEntries(body.split('\n')
  .filter((line) => line.includes('=')).map((line) => {
    const cut = line.indexOf('=');
    return [line.slice(0, cut), line.slice(cut + 1)];
  }));

test('too many permissions are left out whole, and that is said', async () => {
  for (const role of ['large1', 'large2', 'large3']) {
    const names = Array.from({ length: 30 },
      (_, i) => `p.${role}.${i}.${'x'.repeat(40)}`);
    await stage.site.ctl('role', 'add', role,
      ...names.flatMap((name) => ['--permission', name]));
    await stage.site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
      '--value', GROUPS.analysts, '--role', role, '--label', role);
  }
  for (const gw of GUARDS) {
    const { status, body } = await ask(gw, 'reports', stage.people.ana);
    assert.equal(status, 200, gw.name);
    const lines = body.split('\n');
    const pre = prefix(gw);
    assert.ok(lines.includes(`${pre}_OMITTED=${gw.proxied
      ? 'X-Auth-Request-Permissions' : 'AUTH_PERMISSIONS'}`), gw.name);
    assert.ok(lines.includes(`${pre}_ROLES=analyst,large1,large2,large3`), gw.name);
    assert.ok(!lines.some((line) => line.startsWith(`${pre}_PERMISSIONS=p`)));
  }
});

test('300 roles: decided as ever, and no part of the list is told', async () => {
  // As an import would, at once.
  await sql(stage.site.config.rolegate.database, `
    CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS
      (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 399) SELECT i FROM n;
    INSERT INTO roles (name, description, is_admin)
      SELECT 'department-role-' || i, '', 0 FROM n;
    INSERT INTO mappings (provider, kind, value, effect, role, label, note,
      enabled, expires_at, created_by, created_at) SELECT 'entra', 'group',
      '${GROUPS.analysts}', 'allow', 'department-role-' || i, '', '', 1, 0, 'x', 1
      FROM n;`);
  const me = (await stage.site.whoami(stage.people.ana)).json();
  assert.equal(me.roles.filter((r) => r.startsWith('department-')).length, 300);
  for (const gw of GATEWAYS) {
    // The client's own would fill the gap, if any could.
    const res = await ask(gw, 'reports', stage.people.ana, { headers: {
      ...PROGRAM, 'x-auth-request-roles': 'admin', 'auth-roles': 'admin' } });
    assert.equal(res.status, 200, gw.name);
    assert.equal((await ask(gw, 'admin', stage.people.ana)).status, 403, gw.name);
    if (gw.kind === 'asks') {
      assert.equal(res.json().roles.length, me.roles.length, gw.name);
      assert.equal(res.headers['x-auth-request-roles'] ?? '', '', gw.name);
      assert.match(res.headers['x-auth-request-omitted'],
        /(^|,)X-Auth-Request-Roles(,|$)/, gw.name);
      const size = Object.entries(res.headers)
        .filter(([name]) => name.startsWith('x-auth-request-'))
        .reduce((n, [name, value]) => n + name.length + value.length + 4, 0);
      assert.ok(size <= BUDGET + 200, `${gw.name}: ${size}`);
      continue;
    }
    const env = told(res.body);
    // A server may leave out what is empty.
    assert.equal(env[`${prefix(gw)}_ROLES`] ?? '', '', gw.name);
    assert.match(env[`${prefix(gw)}_OMITTED`], gw.proxied
      ? /(^|,)X-Auth-Request-Roles(,|$)/ : /(^|,)AUTH_ROLES(,|$)/, gw.name);
    assert.equal(env[`${prefix(gw)}_USER`], me.subject.id, gw.name);
    assert.equal(env[`${prefix(gw)}_EMAIL`], me.subject.email, gw.name);
  }
});
