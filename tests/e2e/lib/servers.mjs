// SPDX-License-Identifier: ISC
// Real web servers on loopback. Each gets a minimal configuration of its own
// and includes the file of cgi/servers/ that administrators are given; only
// the paths in it are changed.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVERS } from './programs.mjs';
import { untilListens } from './wait.mjs';

/* A file for administrators in which there is nothing to change. */
export const copy = (work, name) =>
  work.write(name, readFileSync(join(SERVERS, name), 'utf8'));

/* The file for administrators, with our paths. It must have named them all. */
function snippet(work, name, { prefix, program }) {
  let text = readFileSync(join(SERVERS, name), 'utf8');
  const put = (from, to) => { text = text.replaceAll(from, to); };
  put('/run/rolegate/rolegate.sock', work.socket);
  put('/usr/local/lib/rolegate/rolegate', program);
  put('/etc/rolegate/rolegate.conf', work.path('rolegate.conf'));
  for (const [strip, beside] of [
    ['lighttpd-strip-headers.conf', '/etc/rolegate/lighttpd-strip-headers.conf'],
    ['apache-strip-headers.conf', 'conf-available/rolegate-strip-headers.conf'],
    ['nginx-strip-headers.conf', '/etc/rolegate/nginx-strip-headers.conf'],
  ]) {
    if (text.includes(beside)) put(beside, copy(work, strip));
  }
  if (prefix !== '/auth') {
    const root = prefix === '';
    put('"^/(auth|', root ? '"^/(|' : `"^/(${prefix.slice(1)}|`);
    if (root) put('oauth-protected-resource)(/|$)"', 'oauth-protected-resource)"');
    put('<Location /auth>', `<Location ${prefix || '/'}>`);
  }
  return work.write(name, text);
}

async function runLighttpd(work, port, include, more) {
  work.mkdir('htdocs');
  const conf = work.write('lighttpd.main.conf', `
server.modules = ( "mod_accesslog", "mod_setenv" )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${work.path('htdocs')}"
server.errorlog = "${work.path('lighttpd.error.log')}"
accesslog.filename = "${work.path('lighttpd.access.log')}"
accesslog.format = "%m %U %s"
${more ?? ''}
include "${include}"
`);
  const proc = work.spawn('lighttpd', '/usr/sbin/lighttpd', ['-D', '-f', conf]);
  await untilListens(proc, { host: '127.0.0.1', port });
  return proc;
}

/* In front of a rolegate that listens on WORK/rolegate.sock. */
export function startLighttpd(work, { port, prefix, more }) {
  return runLighttpd(work, port,
    snippet(work, 'lighttpd.conf', { prefix, program: '' }), more);
}

/* Spawns rolegate itself. */
export function startLighttpdSpawn(work, { port, prefix, program, more }) {
  return runLighttpd(work, port,
    snippet(work, 'lighttpd-spawn.conf', { prefix, program }), more);
}

/* nginx makes its folders for temporary files where it may not, by default. */
export const nginxTemp = (work, tag) =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) =>
    `${name}_temp_path ${work.path(`${tag}.${name}`)};`).join('\n');

/* In front of a rolegate that listens on WORK/rolegate.sock. */
export async function startNginx(work, { port, prefix }) {
  work.mkdir('htdocs');
  // As root it would become nobody, to whom the socket is closed.
  const conf = work.write('nginx.main.conf', `
${process.getuid() === 0 && !work.user ? 'user root;' : ''}
daemon off;
worker_processes 1;
pid ${work.path('nginx.pid')};
error_log ${work.path('nginx.error.log')};
events {}
http {
  access_log off;
  ${nginxTemp(work, 'nginx')}
  server {
    listen 127.0.0.1:${port};
    root ${work.path('htdocs')};
    include ${snippet(work, 'nginx.conf', { prefix, program: '' })};
  }
}
`);
  const proc = work.spawn('nginx', '/usr/sbin/nginx', ['-c', conf]);
  await untilListens(proc, { host: '127.0.0.1', port });
  return proc;
}

const MODULES = '/usr/lib/apache2/modules';

/* mod_fcgid spawns rolegate. */
export async function startApache(work, { port, prefix, program, more }) {
  for (const name of ['htdocs', 'fcgid']) work.mkdir(name);
  const include = snippet(work, 'apache-fcgid.conf', { prefix, program });
  const env = Object.entries(work.sanitizerEnv())
    .map(([name, value]) => `FcgidInitialEnv ${name} "${value}"`).join('\n');
  const conf = work.write('apache.main.conf', `
ServerRoot "${work.dir}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${work.path('apache.pid')}"
ErrorLog "${work.path('apache.error.log')}"
LogLevel info
Mutex "file:${work.dir}" default
LoadModule mpm_event_module ${MODULES}/mod_mpm_event.so
LoadModule authz_core_module ${MODULES}/mod_authz_core.so
LoadModule env_module ${MODULES}/mod_env.so
LoadModule setenvif_module ${MODULES}/mod_setenvif.so
LoadModule headers_module ${MODULES}/mod_headers.so
LoadModule fcgid_module ${MODULES}/mod_fcgid.so
CustomLog "${work.path('apache.access.log')}" "%m %U %s"
DocumentRoot "${work.path('htdocs')}"
FcgidIPCDir "${work.path('fcgid')}"
FcgidProcessTableFile "${work.path('fcgid_shm')}"
${env}
${more ?? ''}
Include "${include}"
`);
  const proc = work.spawn('apache', '/usr/sbin/apache2',
    ['-D', 'FOREGROUND', '-f', conf]);
  await untilListens(proc, { host: '127.0.0.1', port });
  return proc;
}
