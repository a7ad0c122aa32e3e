// SPDX-License-Identifier: ISC
// /metrics: who may read it, and that what it says is well-formed and true. The
// parser is that of Prometheus' own Python client.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { GROUPS, startSite } from './lib/site.mjs';
import { until } from './lib/wait.mjs';

const TOKEN = 'k7w0dE5q2m9uX1bN4cV8zA6y';
const PARSE = `
import json, sys
from prometheus_client.parser import text_string_to_metric_families as parse
print(json.dumps([[f.name, f.type, [[s.name, s.labels, s.value]
                  for s in f.samples]] for f in parse(sys.stdin.read())]))`;

let site;
before(async () => {
  site = await startSite({ config: { rolegate: { workers: 2 } } });
  const file = site.work.write('metrics.token', `${TOKEN}\n`, 0o600);
  await site.restartRolegate({ rolegate: { metrics_token_file: file } });
});
after(() => site?.close());

const scrape = (authorization = `Bearer ${TOKEN}`) => site.client().json(
  site.url('/metrics'), { headers: authorization ? { authorization } : {} });

function parse(text) {
  const { status, stdout, stderr } = spawnSync('/usr/bin/python3',
    ['-c', PARSE], { input: text, encoding: 'utf8' });
  assert.equal(status, 0, `not the text format: ${stderr}\n${text}`);
  return JSON.parse(stdout);
}

/* The value of the sample with these labels; 0 if there is none. */
const value = (families, name, labels = {}) => families
  .flatMap(([, , samples]) => samples)
  .filter(([n, l]) => n === name
    && Object.entries(labels).every(([k, v]) => l[k] === v))
  .reduce((sum, [, , v]) => sum + v, 0);

test('nobody reads them without the token', async () => {
  for (const wrong of [null, 'Bearer', 'Bearer ', `Bearer ${TOKEN}x`,
    `Bearer ${TOKEN.slice(1)}`, `Basic ${TOKEN}`, `Bearer  ${TOKEN}`,
    `Bearer ${TOKEN.toLowerCase()}`]) {
    const res = await scrape(wrong);
    assert.equal(res.status, 401, `${wrong}`);
    assert.equal(res.headers['www-authenticate'], 'Bearer');
    assert.doesNotMatch(res.body, /rolegate_/);
  }
  const dev = await site.signIn('dev');
  assert.equal((await dev.json(site.url('/metrics'))).status, 401,
    'a session is no token');
  assert.equal((await scrape()).status, 200);
});

test('they are well-formed, and count what happened', async () => {
  await site.restartRolegate(); // workers that end write what they counted
  const was = parse((await scrape()).body);
  await site.signIn('dev');
  await site.signIn('olga'); // too many groups for a token, and nobody to ask
  const stranger = site.client();
  for (let i = 0; i < 7; i += 1) {
    assert.equal((await site.whoami(stranger)).status, 401);
  }
  assert.equal((await stranger.get(site.url('/callback?state=x&code=y')))
    .status, 400);
  await site.ctl('role', 'add', 'metered');
  await site.ctl('map', 'add', '--provider', 'entra', '--kind', 'group',
    '--value', GROUPS.developers, '--role', 'metered');
  let now;
  const more = (name, labels) => value(now, name, labels)
    - value(was, name, labels);
  // Each worker writes down what it counted after 5 s.
  await until('all is counted', async () => {
    now = parse((await scrape()).body);
    return more('rolegate_requests_total',
      { endpoint: '/whoami', status: '401' }) >= 7
      && more('rolegate_sign_ins_total') >= 2
      && more('rolegate_groups_unknown_total') >= 1
      && more('rolegate_sign_ins_refused_total') >= 1;
  }, { ms: 15_000 });
  assert.equal(more('rolegate_requests_total',
    { endpoint: '/whoami', status: '401' }), 7);
  assert.equal(more('rolegate_sign_ins_total', { provider: 'entra' }), 2);
  assert.equal(more('rolegate_groups_unknown_total',
    { reason: 'graph_not_configured' }), 1);
  assert.equal(more('rolegate_sign_ins_refused_total',
    { reason: 'RG_E_STATE_UNKNOWN' }), 1);
  assert.equal(more('rolegate_sessions'), 2);
  assert.equal(more('rolegate_policy_version'), 2);
  assert.equal(more('rolegate_audit_events_total', { event: 'role.add' }), 1);
  assert.equal(value(now, 'rolegate_audit_rows_total'),
    (await site.audit()).at(-1).seq);
  assert.ok(value(now, 'rolegate_document_age_seconds',
    { provider: 'entra', document: 'keys' }) < 600);
});

test('an edit that is refused is in no counter of the audit', async () => {
  const admins = (await site.ctlJson('map', 'list'))
    .filter((m) => m.role === 'admin').map((m) => String(m.id));
  assert.equal(admins.length, 1);
  for (let i = 0; i < 3; i += 1) {
    const { status, stderr } = await site.ctlRaw(['map', 'remove', ...admins]);
    assert.equal(status, 1);
    assert.match(stderr, /RG_E_LAST_ADMIN/);
  }
  const { id } = await site.ctlJson('map', 'add', '--provider', 'entra',
    '--kind', 'group', '--value', GROUPS.developers, '--role', 'admin');
  await site.ctl('map', 'remove', String(id));
  const rows = await site.audit();
  const counted = (await site.ctl('--json', 'counters')).trim().split('\n')
    .map((line) => JSON.parse(line)).filter(({ name }) => name === 'audit');
  for (const event of ['mapping.add', 'mapping.remove']) {
    assert.equal(counted.find(({ reason }) => reason === event)?.count,
      rows.filter((row) => row.event === event).length, event);
  }
});

test('each family has a type and a help; nothing of a client is in a label',
  async () => {
    await site.client().get(site.url('/evil"} 1\\n?x={y="z"}'));
    await site.client().get(site.url('/%22evil%22'));
    const res = await scrape();
    assert.match(res.headers['content-type'], /^text\/plain; version=0\.0\.4/);
    assert.equal(res.headers['cache-control'], 'no-store');
    const families = parse(res.body);
    for (const [name, type, samples] of families) {
      assert.match(name, /^rolegate_[a-z_]+$/);
      assert.notEqual(type, 'unknown', name);
      for (const [, labels] of samples) {
        for (const text of Object.values(labels)) {
          assert.match(text, /^[A-Za-z0-9_./:-]+$/);
        }
      }
    }
    assert.doesNotMatch(res.body, /evil/);
    for (const line of res.body.split('\n').filter((l) => /^rolegate/.test(l))) {
      const [, name] = /^(\w+)/.exec(line);
      assert.match(res.body, new RegExp(`# HELP ${name} .`));
    }
  });

test('without a token file there is no /metrics', async () => {
  await site.restartRolegate({ rolegate: { metrics_token_file: null } });
  assert.equal((await scrape()).status, 404);
});

test('a token that is short, or that others can read, is refused at start',
  async () => {
    for (const [text, mode, why] of [['short', 0o600, /22 to 512/],
      [TOKEN, 0o644, /metrics_token_file/], [`${TOKEN}\n\n`, 0o600, /22 to 512/]]) {
      const file = site.work.write('bad.token', text, mode);
      site.configure({ rolegate: { metrics_token_file: file } });
      const { status, stderr } = await site.ctlRaw(['config', 'check']);
      assert.equal(status, 1);
      assert.match(stderr, why);
    }
  });
