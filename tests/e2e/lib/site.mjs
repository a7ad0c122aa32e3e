// SPDX-License-Identifier: ISC
// A whole installation on loopback: provider, rolegate, web server. Use:
//
//   const site = await startSite({ server: 'lighttpd' });   // in before()
//   after(() => site.close());
//   const ana = await site.signIn('ana');                   // a Client
//   (await site.whoami(ana)).json().roles
//   await site.ctl('map', 'remove', '2');                   // rolegatectl
//   await site.audit('--event', 'sign_in.refused');         // rows, parsed
//
// Every site has a folder of its own (site.work), which is removed at the end;
// logs are printed when a test of the file failed.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { Client } from './http.mjs';
import { baseConfig, merge, toIni } from './config.mjs';
import { startIdp } from './idp.mjs';
import { PROGRAMS, serverUser } from './programs.mjs';
import { startApache, startLighttpd, startLighttpdSpawn } from './servers.mjs';
import { deliver, toCallback } from './signin.mjs';
import { freePort, untilListens } from './wait.mjs';
import { Workspace } from './workspace.mjs';

export const GROUPS = {
  admins: 'a0000000-0000-4000-8000-000000000001',
  developers: 'd0000000-0000-4000-8000-000000000002',
  analysts: 'da7a0000-0000-4000-8000-000000000003',
};

/* The roles and mappings of the founding scenarios: rolegatectl arguments. */
export const FOUNDING = [
  ['role', 'add', 'user', '--description', 'Everybody who works here'],
  ['role', 'add', 'analyst', '--permission', 'reports.read'],
  ...[['admins', 'admin'], ['developers', 'user'], ['analysts', 'analyst']].map(
    ([group, role]) => ['map', 'add', '--provider', 'entra', '--kind', 'group',
      '--value', GROUPS[group], '--role', role, '--label',
      group === 'analysts' ? 'data-analysts' : group],
  ),
];

export class Site {
  constructor(fields) {
    Object.assign(this, fields);
  }

  url(path) {
    return this.publicUrl + path;
  }

  /* rolegatectl with this site's configuration: {status, stdout, stderr}. */
  ctlRaw(args, { input, env } = {}) {
    return this.work.run(this.programs.rolegatectl,
      ['--config', this.work.path('rolegate.conf'), ...args], { input, env });
  }

  /* The same, which must succeed; returns stdout. */
  async ctl(...args) {
    const { status, stdout, stderr } = await this.ctlRaw(args);
    assert.equal(status, 0, `rolegatectl ${args.join(' ')}: ${stderr}`);
    return stdout;
  }

  async ctlJson(...args) {
    return JSON.parse(await this.ctl('--json', ...args));
  }

  /* Audit rows, oldest first. */
  async audit(...args) {
    const text = await this.ctl('--json', 'audit', 'list', ...args);
    return text.split('\n').filter(Boolean).map((line) => JSON.parse(line));
  }

  client(options) {
    return new Client(options);
  }

  /* Up to the callback, which is not asked for; see toCallback(). */
  begin(login, { client = new Client(), returnTo, query = {} } = {}) {
    const params = new URLSearchParams(query);
    if (returnTo !== undefined) params.set('return_to', returnTo);
    return toCallback(client, this.url(`/login?${params}`),
      { login, callback: this.url('/callback') });
  }

  /* Signs a person in, which must succeed; returns the Client. */
  async signIn(login, { client = new Client(), ...more } = {}) {
    const back = await this.begin(login, { client, ...more });
    assert.ok(back.url, `no callback; ${back.res?.status} ${back.res?.body}`);
    const res = await deliver(client, back);
    assert.equal(res.status, 303, res.body);
    client.landed = new URL(res.headers.location, res.url).href;
    return client;
  }

  whoami(client, query = '', init = {}) {
    return client.json(this.url(`/whoami${query}`), init);
  }

  /* Writes rolegate.conf anew, with these changes; nobody is told. */
  configure(change) {
    this.config = merge(this.config, change);
    this.work.write('rolegate.conf', toIni(this.config), 0o600);
  }

  /* Starts rolegate on its own socket (server 'lighttpd' or 'none'). */
  async startRolegate(args = []) {
    this.rolegate = this.work.spawn('rolegate', this.programs.rolegate,
      ['--config', this.work.path('rolegate.conf'), ...args]);
    await untilListens(this.rolegate, { path: this.work.socket });
    return this.rolegate;
  }

  async restartRolegate(change = {}) {
    await this.rolegate.stop();
    this.configure(change);
    await this.startRolegate();
  }

  /* Configures a site whose rolegate belongs to the web server, anew. */
  async restartWeb(change = {}) {
    await this.web.stop();
    this.configure(change);
    await this.start();
  }

  close() {
    return this.work.close();
  }
}

async function startServer(site, server, more) {
  const { work, port, prefix } = site;
  const options = { port, prefix, program: site.programs.rolegate,
    more: typeof more === 'function' ? more(site) : more };
  if (['lighttpd', 'none'].includes(server)) await site.startRolegate();
  switch (server) {
    case 'lighttpd': site.web = await startLighttpd(work, options); break;
    case 'lighttpd-spawn':
      site.web = await startLighttpdSpawn(work, options);
      break;
    case 'apache': site.web = await startApache(work, options); break;
    default: // nothing to start
  }
}

/*
 * server: 'lighttpd' (rolegate on its own), 'lighttpd-spawn', 'apache', 'none'
 * (rolegate alone, on site.work.socket) or 'tools' (nothing runs but the
 * provider). prefix: path of public_url. config: changes of rolegate.conf.
 * idp: 'provider', 'hostile', or an Idp that runs already. idpArgs: options of
 * the provider; idpEnv(work): variables of it. setup: rolegatectl commands for a new database; FOUNDING unless
 * given. more: lines for the web server's configuration. port, idpPort: free
 * ones unless given. dir: see Workspace.
 */
export async function startSite({
  server = 'lighttpd', prefix = '/auth', config = {}, idp = 'provider',
  idpArgs = [], idpEnv, setup = FOUNDING, more, port, idpPort, scheme = 'http', dir,
  user = server === 'apache' ? serverUser() : null,
} = {}) {
  const work = new Workspace({ user, dir: dir && resolve(dir) });
  try {
    const site = new Site({
      work, prefix, port: port ?? await freePort(),
      programs: dir ? PROGRAMS : {
        rolegate: work.install(PROGRAMS.rolegate),
        rolegatectl: work.install(PROGRAMS.rolegatectl),
      },
    });
    site.publicUrl = `${scheme}://127.0.0.1:${site.port}${prefix}`;
    site.idp = typeof idp === 'string' ? await startIdp(work, { kind: idp,
      port: idpPort, publicUrls: [site.publicUrl], args: idpArgs,
      env: idpEnv?.(work) }) : idp;
    site.config = baseConfig(work, {
      publicUrl: site.publicUrl, idp: site.idp,
      listen: ['lighttpd', 'none'].includes(server)
        ? `unix:${work.socket}` : undefined,
    });
    site.configure(config);
    work.mkdir('data', 0o700);
    const { database } = await site.ctlJson('init');
    if (database === 'created') {
      for (const command of setup) await site.ctl(...command);
    }
    site.start = () => startServer(site, server, more);
    await site.start();
    return site;
  } catch (err) {
    process.exitCode = 1;
    await work.close();
    throw err;
  }
}
