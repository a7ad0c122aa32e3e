// SPDX-License-Identifier: ISC
// Every web server and way of asking, side by side on one rolegate: each with a
// small configuration of its own that includes the files of cgi/servers/, in
// which only paths and ports are changed. What is protected is a program that
// shows what it was told.
import {
  chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { running } from './processes.mjs';
import { SERVERS } from './programs.mjs';
import { nginxTemp } from './servers.mjs';
import { freePort, until, untilListens } from './wait.mjs';

const MODULES = '/usr/lib/apache2/modules';
const TOY = fileURLToPath(new URL('./toy-fcgi.mjs', import.meta.url));

/* Seconds that a server waits for rolegate, where its configuration says it. */
export const PATIENCE = 8;

/* Where Apache protects a proxied application. */
export const PROXIED = '/reports/app';

export const MARK = 'THIS IS PROTECTED';

/* What administrators have, with our paths, and patience for a test. */
function snippet(ctx, tag, name, more = {}) {
  const { work } = ctx;
  let text = readFileSync(join(SERVERS, name), 'utf8');
  const put = {
    '/run/rolegate/rolegate.sock': work.socket,
    '/usr/local/lib/rolegate/rolegate': ctx.wrapper,
    '/etc/rolegate/rolegate.conf': work.path('rolegate.conf'),
    'fcgi://127.0.0.1:9001': `fcgi://127.0.0.1:${ctx.authorizerPort}`,
    '127.0.0.1:8080': `127.0.0.1:${ctx.echoPort}`,
    'FcgidIOTimeout 40': 'FcgidIOTimeout 5',
    '"read-timeout" => 30': `"read-timeout" => ${PATIENCE}`,
    '"read-timeout" => 10': `"read-timeout" => ${PATIENCE}`,
    'timeout=30': `timeout=${PATIENCE}`,
    'read_timeout 10s': `read_timeout ${PATIENCE}s`,
    ...ctx.change, ...more,
  };
  for (const [from, to] of Object.entries(put)) text = text.replaceAll(from, to);
  return work.write(`${tag}.${name}`, text);
}

/* A proxied application that anybody may use. */
export const OPEN = '/open/app';

const lighttpd = (name, conf) => async (ctx, gw) => {
  const { work } = ctx;
  const beside = Object.fromEntries(['lighttpd-strip-headers.conf',
    'lighttpd-strip-token.lua'].map((file) => [`/etc/rolegate/${file}`,
    snippet(ctx, gw.tag, file)]));
  const include = snippet(ctx, gw.tag, conf, beside);
  // As at the end of Debian's own file: what serves files is asked first.
  const main = work.write(`${gw.tag}.main.conf`, `
server.modules = ( "mod_dirlisting", "mod_staticfile", "mod_cgi", "mod_proxy" )
static-file.exclude-extensions = ( ".cgi" )
server.bind = "127.0.0.1"
server.port = ${gw.port}
server.document-root = "${ctx.htdocs}"
server.errorlog = "${work.path(`${gw.tag}.error.log`)}"
server.max-read-idle = 30
index-file.names = ( "show.cgi" )
$HTTP["url"] =~ "\\.cgi(/|$)" { cgi.assign = ( ".cgi" => "" ) }
$HTTP["url"] =~ "^${OPEN}" { proxy.server = ( "" => (
  ( "host" => "127.0.0.1", "port" => ${ctx.echoPort} ) ) ) }
include "${include}"
`);
  return work.spawn(gw.tag, '/usr/sbin/lighttpd', ['-D', '-f', main]);
};

const apache = (confs, modules) => async (ctx, gw) => {
  const { work } = ctx;
  const strip = snippet(ctx, gw.tag, 'apache-strip-headers.conf');
  const includes = confs.map((name) => snippet(ctx, gw.tag, name,
    { 'conf-available/rolegate-strip-headers.conf': strip }));
  const app = `ProxyPass http://127.0.0.1:${ctx.echoPort}`;
  const dir = join(work.dir, gw.tag);
  if (!ctx.made.has(dir)) work.mkdir(gw.tag);
  ctx.made.add(dir);
  // Loaded in Debian's order, on which it depends whose hook comes first.
  const load = ['mpm_event', 'authz_core', 'env', 'setenvif', 'headers', 'cgi',
    'mime', 'dir', 'proxy', 'proxy_http', ...modules].sort()
    .map((m) => `LoadModule ${m}_module ${MODULES}/mod_${m}.so`);
  const env = Object.entries(work.sanitizerEnv())
    .map(([name, value]) => `FcgidInitialEnv ${name} "${value}"`);
  const main = work.write(`${gw.tag}.main.conf`, `
ServerRoot "${dir}"
ServerName 127.0.0.1
Listen 127.0.0.1:${gw.port}
PidFile "${dir}/apache.pid"
ErrorLog "${work.path(`${gw.tag}.error.log`)}"
LogLevel info
TypesConfig /dev/null
Mutex "file:${dir}" default
Timeout 5
StartServers 1
${load.join('\n')}
DocumentRoot "${ctx.htdocs}"
<Directory "${ctx.htdocs}">
  Options +ExecCGI
  AddHandler cgi-script .cgi
  DirectoryIndex show.cgi
</Directory>
<Location ${OPEN}>
  ${app}
</Location>
<Location ${PROXIED}>
  ${app}
  RequestHeader set X-Auth-Request-Roles "expr=%{reqenv:AUTH_ROLES}"
</Location>
${modules.includes('fcgid') ? `FcgidIPCDir "${dir}"
FcgidProcessTableFile "${dir}/shm"
${env.join('\n')}` : ''}
${includes.map((file) => `Include "${file}"`).join('\n')}
`);
  return work.spawn(gw.tag, '/usr/sbin/apache2', ['-D', 'FOREGROUND', '-f', main]);
};

async function nginx(ctx, gw) {
  const { work } = ctx;
  const strip = snippet(ctx, gw.tag, 'nginx-strip-headers.conf');
  const main = work.write(`${gw.tag}.main.conf`, `
daemon off;
worker_processes 1;
pid ${work.path(`${gw.tag}.pid`)};
error_log ${work.path(`${gw.tag}.error.log`)} info;
events {}
http {
  access_log off;
  ${nginxTemp(work, gw.tag)}
  server {
    listen 127.0.0.1:${gw.port};
    root ${ctx.htdocs};
    add_header X-Site own always;
    include ${snippet(ctx, gw.tag, 'nginx.conf',
    { '/etc/rolegate/nginx-strip-headers.conf': strip })};
    location ${OPEN} {
      proxy_pass http://127.0.0.1:${ctx.echoPort};
    }
    location ${OPEN}/own {
      include ${strip};
      proxy_set_header X-Other-Than-These x;
      proxy_pass http://127.0.0.1:${ctx.echoPort};
    }
    location ${OPEN}/fcgi {
      include ${strip};
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_pass unix:${ctx.work.path('echo.sock')};
    }
    location /reports/closed/ {
      set $rolegate_require "permission:reports.read";
      auth_request /_rolegate;
      deny all;
      error_page 403 = @rolegate_refused;
    }
  }
}
`);
  return work.spawn(gw.tag, '/usr/sbin/nginx', ['-e', 'stderr', '-c', main]);
}

async function caddy(ctx, gw) {
  const { work } = ctx;
  const main = work.write(`${gw.tag}.main.conf`, `{
	admin off
	auto_https off
}
import ${snippet(ctx, gw.tag, 'Caddyfile')}
http://:${gw.port} {
	bind 127.0.0.1
	import rolegate
	handle ${OPEN}* {
		reverse_proxy 127.0.0.1:${ctx.echoPort}
	}
	handle {
		respond 404
	}
}
`);
  return work.spawn(gw.tag, '/usr/bin/caddy',
    ['run', '--adapter', 'caddyfile', '--config', main], { env: {
      XDG_DATA_HOME: work.dir, XDG_CONFIG_HOME: work.dir } });
}

/*
 * kind 'guards': the server protects /reports/ and /admin/. 'asks': it only
 * leads to rolegate, and an application asks /auth/whoami. spawns: the server
 * starts rolegate itself. `stranger` is what a browser without a session gets;
 * `down` and `hung` are the statuses without a rolegate that answers, `patience`
 * the seconds until then where they can't be set. slow: ask it less.
 */
export const GATEWAYS = [
  { name: 'lighttpd responder', tag: 'lr', kind: 'asks', down: 503, hung: 504,
    start: lighttpd('lr', 'lighttpd.conf') },
  { name: 'lighttpd authorizer', tag: 'la', kind: 'guards', down: 503, hung: 504,
    start: lighttpd('la', 'lighttpd-authorizer.conf'), stranger: 302 },
  { name: 'plain CGI', tag: 'cg', kind: 'asks', spawns: true, down: 500, hung: 504,
    slow: true, start: lighttpd('cg', 'lighttpd-cgi.conf') },
  { name: 'mod_fcgid responder', tag: 'fr', kind: 'asks', spawns: true,
    down: 500, hung: 500, start: apache(['apache-fcgid.conf'], ['fcgid']) },
  { name: 'mod_fcgid access checker', tag: 'fc', kind: 'guards', spawns: true,
    down: 500, hung: 500, stranger: 302, start: apache(['apache-fcgid.conf',
      'apache-fcgid-checker.conf'], ['fcgid']) },
  { name: 'mod_proxy_fcgi', tag: 'pf', kind: 'asks', down: 503, hung: 504,
    start: apache(['apache-proxy-fcgi.conf'], ['proxy_fcgi']) },
  { name: 'mod_authnz_fcgi', tag: 'az', kind: 'guards', down: 500, hung: 500,
    stranger: 302, patience: 30, start: apache(['apache-proxy-fcgi.conf',
      'apache-authnz-fcgi.conf'], ['proxy_fcgi', 'authnz_fcgi', 'authn_core',
      'authz_user']) },
  { name: 'nginx', tag: 'ng', kind: 'guards', proxied: true, down: 500, hung: 500,
    stranger: 302, start: nginx },
  { name: 'Caddy', tag: 'ca', kind: 'guards', proxied: true, down: 502, hung: 504,
    stranger: 302, start: caddy },
];

/* The protected application of nginx and Caddy: as a CGI program would. */
async function startEcho(ctx) {
  const server = createServer((req, res) => {
    const lines = [MARK, `REQUEST_METHOD=${req.method}`];
    for (let i = 0; i < req.rawHeaders.length; i += 2) {
      lines.push(`HTTP_${req.rawHeaders[i].toUpperCase().replaceAll('-', '_')}=${
        req.rawHeaders[i + 1]}`);
    }
    let size = 0;
    req.on('data', (chunk) => { size += chunk.length; });
    req.on('end', () => {
      res.setHeader('content-type', 'text/plain');
      res.end([...lines, `BODY=${size}`, ''].join('\n'));
    });
  });
  await new Promise((resolve) => {
    server.listen(ctx.echoPort, '127.0.0.1', resolve);
  });
  return server;
}

function makeContent(ctx) {
  for (const place of ['reports', 'admin', 'open']) {
    const dir = join(ctx.htdocs, place);
    mkdirSync(dir, { recursive: true });
    writeFileSync(join(dir, 'show.cgi'), `#!/bin/sh
printf 'Content-Type: text/plain\\r\\n\\r\\n${MARK}\\n'
env
printf 'BODY=%d\\n' "$(head -c "\${CONTENT_LENGTH:-0}" | wc -c)"
`);
    chmodSync(join(dir, 'show.cgi'), 0o755);
    writeFileSync(join(dir, 'plain.txt'), `${MARK}\n`);
  }
}

export class Gateways {
  constructor(site, { authorizerPort }) {
    const { work } = site;
    Object.assign(this, { site, work, authorizerPort, made: new Set(),
      wrapper: work.path('start-rolegate'), htdocs: work.path('site') });
    mkdirSync(this.htdocs);
    makeContent(this);
    this.#wrap(site.programs.rolegate);
  }

  /* What a server that starts rolegate itself starts. */
  #wrap(program) {
    this.work.write('start-rolegate', `#!/bin/sh\nexec ${program}\n`, 0o755);
  }

  async start() {
    this.echoPort = await freePort();
    this.echo = await startEcho(this);
    this.work.write('echo', 'echo');
    // Where the servers' user can read it, which the sources perhaps are not.
    this.toyProgram = this.work.write('toy-fcgi.mjs', readFileSync(TOY));
    await untilListens(this.work.spawn('echo', process.execPath, [this.toyProgram,
      this.work.path('echo'), `unix:${this.work.path('echo.sock')}`]),
    { path: this.work.path('echo.sock') });
    for (const gw of GATEWAYS) gw.port = await freePort();
    await this.#startServers(GATEWAYS);
  }

  async #startServers(list) {
    for (const gw of list) gw.proc = await gw.start(this, gw);
    await Promise.all(list.map((gw) => untilListens(gw.proc,
      { host: '127.0.0.1', port: gw.port })));
  }

  /* One more server like `gw`, with other fields of this, or `change`d files. */
  async startAlso(gw, tag, fields) {
    const also = { ...gw, tag, port: await freePort() };
    also.proc = await gw.start(Object.assign(Object.create(this), fields), also);
    await untilListens(also.proc, { host: '127.0.0.1', port: also.port });
    return also;
  }

  url(gw, path) {
    return `http://127.0.0.1:${gw.port}${path}`;
  }

  /* Where `gw` demands what: 'reports' or 'admin'. */
  place(gw, what) {
    if (gw.kind === 'guards') return this.url(gw, `/${what}/show.cgi`);
    return this.url(gw, `/auth/whoami?${what === 'admin' ? 'role=admin'
      : 'permission=reports.read'}`);
  }

  /* Process ids of all that run rolegate's program here, whoever started it. */
  pids() {
    return running(this.site.programs.rolegate);
  }

  signal(name) {
    for (const pid of this.pids()) {
      try {
        process.kill(pid, name);
      } catch { /* it has ended */ }
    }
  }

  async #restart(list) {
    await Promise.all(list.map((gw) => gw.proc.stop()));
    await this.#startServers(list);
  }

  /* Nothing answers any more, and nothing can be started. */
  async takeAway() {
    await this.site.rolegate.stop();
    this.#wrap('false');
    await this.#restart(GATEWAYS.filter((gw) => gw.spawns));
  }

  /* A CGI process lives for one request: let it be one that never answers. */
  hangPrograms() {
    this.#wrap('sleep 60');
  }

  async putBack() {
    this.#wrap(this.site.programs.rolegate);
    await this.site.startRolegate();
    await this.#restart(GATEWAYS.filter((gw) => gw.spawns));
  }

  /* The toy in rolegate's place; after takeAway(). */
  async startToy() {
    this.answer('');
    const { work } = this;
    work.write('answer.asked', '');
    const node = process.execPath;
    work.write('start-rolegate', `#!/bin/sh\nexec ${node} ${this.toyProgram} ${
      work.path('answer')} fd:0\n`, 0o755);
    this.toy = work.spawn('toy', node, [this.toyProgram, work.path('answer'),
      `unix:${work.socket}`, `tcp:${this.authorizerPort}`]);
    await untilListens(this.toy, { path: work.socket });
    // All of them: lighttpd remembers for a while that nobody was there.
    await this.#restart(GATEWAYS);
  }

  /* How often the toy was asked since it holds its answers. */
  held() {
    return this.work.read('answer.asked').length;
  }

  answer(text) {
    // At once: the toy must not read half of it.
    this.work.write('answer.new', text);
    renameSync(this.work.path('answer.new'), this.work.path('answer'));
  }

  close() {
    this.signal('SIGCONT');
    this.echo?.close();
  }

  /* Until no process is stopped any more. */
  settled() {
    return until('rolegate to answer', async () => (
      await this.site.whoami(this.site.client())).status === 401);
  }
}
