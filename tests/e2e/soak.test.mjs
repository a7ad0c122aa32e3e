// SPDX-License-Identifier: ISC
// People sign in, are asked for, edit and leave while everything breaks: workers
// and the parent are killed, the clock jumps, the provider is ill or changes its
// keys, the disk is full. A recorder that shares no code with rolegate knows what
// each answer may say. Nobody ever gets a role that the mappings of that moment
// do not give, nothing that was answered is missing from the audit, memory stays
// as it is.
//
// S seconds (make soak S=1800), a schedule from SEED, which a failure prints.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { FakeClock, canFakeTime } from './lib/fake-clock.mjs';
import { CLIENT_ID } from './lib/idp.mjs';
import { Chaos } from './lib/soak-chaos.mjs';
import { Load } from './lib/soak-load.mjs';
import { Mounts, wrapProgram } from './lib/mounts.mjs';
import { childrenOf, ownMemory } from './lib/processes.mjs';
import { SANITIZED, TOP } from './lib/programs.mjs';
import { randomNumbers } from './lib/random.mjs';
import { Recorder } from './lib/soak-recorder.mjs';
import { GROUPS, startSite } from './lib/site.mjs';
import { sql } from './lib/sqlite.mjs';
import { sleep, until } from './lib/wait.mjs';

const S = Number(process.env.S ?? 15);
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000);
const CALM = 0.3; // of the time, at the end: nobody is killed any more
/* Verified bearer tokens are kept, up to 1 MiB of them (gate_verdicts.c). */
const MORE_MEMORY = 2 * 1024 * 1024;
const PROGRESS_MS = 30_000;
const WORKERS = 8;
/* From so many seconds on, all of this must have happened: a soak that does less,
   for want of a right or of time, is none. */
const LONG = 120;
const ALL = ['parent killed', 'restart', 'reload', 'upgrade', 'provider ill',
  'key file rotated', 'disk full', ...(canFakeTime ? ['clock set', 'keys changed'] : [])];

const JUNIORS = '5ab00000-0000-4000-8000-000000000004';
/* Who is in which groups, nested ones included: tests/idp/README.md. */
const PEOPLE = { // login: groups
  ada: [GROUPS.admins], dev: [GROUPS.developers], ana: [GROUPS.analysts],
  gus: [GROUPS.analysts], nils: [GROUPS.developers, JUNIORS],
};
const mapped = (group, role, label) => ['map', 'add', '--provider', 'entra',
  '--kind', 'group', '--value', group, '--role', role, '--label', label];
const SETUP = [
  ...['base', 'user', 'analyst', 'reviewer', 'clerk'].map((r) => ['role', 'add', r]),
  mapped(GROUPS.admins, 'admin', 'admins'),
  mapped(GROUPS.developers, 'base', 'all of them'),
  mapped(GROUPS.analysts, 'base', 'all of them'),
  // These are edited: 4 and 5 by the API, 6 and 7 by rolegatectl.
  mapped(GROUPS.developers, 'user', 'edit-0'),
  mapped(GROUPS.analysts, 'analyst', 'edit-0'),
  mapped(JUNIORS, 'reviewer', 'edit-0'),
  mapped(GROUPS.analysts, 'reviewer', 'edit-0'),
];

describe(`soak of ${S} s, seed ${SEED}`, () => {
  let site;
  let mounts;
  let clock;
  let recorder;
  let load;
  let chaos;
  const memory = {};

  before(async () => {
    site = await startSite({
      idpEnv: (work) => {
        clock = new FakeClock(work.path('clock'));
        return canFakeTime ? clock.env() : {};
      },
      setup: SETUP,
      config: { rolegate: { workers: WORKERS, sign_in_workers: WORKERS - 1,
        log_level: 'warn', audit_refusals: 100_000, audit_refusals_day: 1_000_000,
        database_timeout: '10s' },
      session: { lifetime: '20d', idle: '20d' },
      'provider.entra': { timeout: SANITIZED ? '20s' : '3s', audiences: CLIENT_ID } },
    });
    site.configure({ rolegate: { audit_key_file: site.work.path('audit.key') } });
    await site.ctl('init');
    site.work.write('audit.pub', await site.ctl('audit', 'key'));
    await site.rolegate.stop();
    mounts = await Mounts.open(site.work);
    const data = site.work.path('data');
    if (mounts) {
      await mounts.must('sh', '-c', `cp -a ${data} ${data}.kept
        mount -t tmpfs -o size=${24 + Math.ceil(S / 60)}m,mode=0700 none ${data}
        cp -a ${data}.kept/. ${data}`);
    }
    const how = { enter: mounts?.enter, env: canFakeTime ? clock.env() : {} };
    site.programs = Object.fromEntries(Object.entries(site.programs).map(
      ([name, program]) => [name, wrapProgram(site.work, program, how)]));
    recorder = new Recorder({ clock });
    recorder.fixed.push({ group: GROUPS.admins, role: 'admin' },
      { group: GROUPS.developers, role: 'base' },
      { group: GROUPS.analysts, role: 'base' });
    [[4, GROUPS.developers, 'user'], [5, GROUPS.analysts, 'analyst'],
      [6, JUNIORS, 'reviewer'], [7, GROUPS.analysts, 'reviewer']].forEach(
      ([id, group, role]) => recorder.addMapping(id, group,
        { role, enabled: true, expires_at: 0, label: 'edit-0' }));
    load = new Load({ site, recorder, random: randomNumbers(SEED),
      groups: PEOPLE });
    chaos = new Chaos({ site, recorder, clock, mounts,
      random: randomNumbers(SEED + 1),
      settle: () => until('a sign-in after new keys',
        () => load.signIn('dev'), { ms: 60_000 }) });
    await chaos.start();
    // Keys are at hand: programs that bring tokens do not wait for them.
    await site.signIn('dev');
  });
  after(async () => {
    await site?.rolegate.stop();
    await mounts?.close();
    await site?.close();
    FakeClock.sweep(chaos?.pids ?? []);
  });

  const look = () => childrenOf(site.rolegate.pid).map((pid) => {
    try {
      return [pid, ownMemory(pid)];
    } catch {
      return [pid, null]; // it has ended meanwhile
    }
  }).filter(([, bytes]) => bytes !== null);

  function progress(begun) {
    if (S < LONG) return () => {};
    const timer = setInterval(() => {
      recorder.forget(Date.now() - 120_000);
      const most = Math.max(...look().map(([, bytes]) => bytes), 0) >> 10;
      const t = recorder.tally;
      process.stdout.write(`# ${Math.round((Date.now() - begun) / 1000)} s: ${
        t.requests} requests, ${t['sign-ins']} sign-ins, ${t.edits} edits, ${
        (t['worker killed'] ?? 0) + (t['parent killed'] ?? 0)} kills, ${
        recorder.faultCount} faults, ${most} KiB\n`);
    }, PROGRESS_MS);
    return () => clearInterval(timer);
  }

  test('nothing is lost, nobody gets too much', async (t) => {
    const begun = Date.now();
    const end = begun + S * 1000;
    const calm = begun + S * 1000 * (1 - CALM);
    const quiet = progress(begun);
    const people = [
      ...Array.from({ length: 4 }, () => load.person(['dev', 'ana', 'gus', 'nils'])),
      load.program('nils'), load.program('ana'), load.editor([4, 5], ['user', 'analyst'], 'ada'),
      load.editor([6, 7], ['reviewer', 'clerk']), load.auditor(),
    ];
    const gap = Math.max(S * 20, 500);
    const broken = [
      chaos.run(['killWorkers', 'killWorkers', 'killWorkers', 'killParent',
        'restart', 'reload', 'upgrade'], Math.min(gap, 2500), randomNumbers(SEED + 2),
      () => Date.now() > calm),
      // New keys are looked for once in five minutes, which have to pass.
      chaos.run([...(canFakeTime ? ['minutes', 'hours', 'minutes', 'weeks', 'keys']
        : []), 'provider', 'provider', 'keyFile', ...(mounts ? ['disk'] : [])],
      Math.min(gap, 4000), randomNumbers(SEED + 3), () => Date.now() > end),
    ];
    const failed = (err) => { load.stopped = chaos.stopped = true; throw err; };
    const all = Promise.all([...people, ...broken].map((p) => p.catch(failed)));
    const watch = (async () => {
      while (Date.now() < calm + S * 1000 * CALM * 0.3 && !load.stopped) {
        await sleep(100);
      }
      memory.early = new Map(look());
      while (Date.now() < end && !load.stopped) await sleep(100);
      memory.late = new Map(look());
      load.stopped = chaos.stopped = true;
    })();
    try {
      await Promise.all([all, watch]);
    } finally {
      quiet();
      const width = Math.max(...Object.keys(recorder.tally).map((k) => k.length));
      for (const [name, n] of Object.entries(recorder.tally).sort()) {
        t.diagnostic(`${name.padEnd(width)} ${n}`);
      }
    }
    assert.equal(recorder.faultCount, 0,
      `S=${S} SEED=${SEED}\n${recorder.faults.join('\n')}`);
    const wanted = ['role answers', 'sign-ins', 'sign-outs', 'edits',
      'worker killed', 'archive runs', 'rows exported', ...(S < LONG ? [] : ALL)];
    const lacking = wanted.filter((what) => !(recorder.tally[what] > 0));
    assert.deepEqual(lacking, [], 'did not happen (disk full needs a mount '
      + 'namespace: root, or user namespaces for everybody)');
  });

  test('all is well by itself, and archives go on', async () => {
    await site.idp.wellAgain();
    // Rows from after a jump forward are archived when that time has come.
    if (canFakeTime) clock.jump(clock.most - clock.offset + 10);
    await until('readiness', async () => (await site.client()
      .json(site.url('/readyz')).catch(() => null))?.status === 200);
    await site.signIn('dev');
    await sleep(1100);
    const { segments } = load;
    await site.ctl('audit', 'archive', '--before', '0s', '--to', segments);
    await site.ctl('audit', 'verify', '--segments', segments);
    const left = await site.audit();
    assert.ok(left.length < 50, `${left.length} rows are not archived`);
  });

  test('the audit has all that was answered', async () => {
    const database = site.config.rolegate.database;
    const files = readdirSync(load.segments).filter((n) => n.endsWith('.jsonl'))
      .sort().map((n) => join(load.segments, n));
    // A verifier that shares no code with rolegate.
    execFileSync(mounts?.enter[0] ?? 'python3', [...(mounts?.enter.slice(1) ?? []),
      ...(mounts ? ['python3'] : []), '-B', join(TOP, 'tests/audit-verify.py'),
      ...files, database]);
    const rows = files.flatMap((name) => readFileSync(name, 'utf8').split('\n')
      .filter(Boolean).map((line) => JSON.parse(line)));
    const exported = await site.ctl('audit', 'export', '--after',
      String(rows.at(-1).seq));
    rows.push(...exported.split('\n').filter(Boolean).map((l) => JSON.parse(l)));
    rows.forEach((row, i) => assert.equal(row.seq, i + 1));
    const details = (event, of) => new Map(rows.filter((r) => r.event === event)
      .map((r) => [of(JSON.parse(r.detail)), r]));
    const signedIn = details('sign_in.ok', (d) => d.session);
    const lost = [...recorder.signIns.keys()].filter((id) => !signedIn.has(id));
    assert.deepEqual(lost, [], 'sign-ins that are not on record');
    const signedOut = details('sign_out', (d) => d.session);
    assert.deepEqual([...recorder.signOuts].filter((id) => !signedOut.has(id)), [],
      'sign-outs that are not on record');
    const edited = details('mapping.set', (d) => d.new.label);
    assert.deepEqual([...recorder.edits].filter((l) => !edited.has(l)), [],
      'edits that are not on record');
    const ask = (text) => sql(database, text, { enter: mounts?.enter });
    assert.deepEqual(await ask('PRAGMA integrity_check'), [{ integrity_check: 'ok' }]);
    assert.deepEqual(await ask('PRAGMA foreign_key_check'), []);
    const sessions = await ask('SELECT public_id AS id FROM sessions');
    assert.deepEqual(sessions.filter(({ id }) => !signedIn.has(id)), [],
      'sessions without their row');
    for (const row of await site.ctlJson('map', 'list')) {
      if (recorder.mappings.has(row.id)) {
        assert.equal(row.label, recorder.value(row.id).label);
      }
    }
  });

  test('memory stays as it is', (t) => {
    for (const [pid, bytes] of memory.late) {
      const early = memory.early.get(pid);
      assert.ok(early, `worker ${pid} was replaced though nobody was killed`);
      t.diagnostic(`worker ${pid}: ${early >> 10} KiB, then ${bytes >> 10} KiB`);
      if (!SANITIZED) assert.ok(bytes - early < MORE_MEMORY, `${pid}: ${bytes}`);
    }
    assert.equal(memory.late.size, WORKERS);
  });
});
