// SPDX-License-Identifier: ISC
// lighttpd, nginx and Apache, each with the file of cgi/servers/ for rolegate,
// and beside it /ceiling, the smallest FastCGI program there is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVERS } from '../e2e/lib/programs.mjs';
import { nginxTemp } from '../e2e/lib/servers.mjs';
import { freePort, untilListens } from '../e2e/lib/wait.mjs';

const MODULES = '/usr/lib/apache2/modules';

/* A file of cgi/servers/ with our paths; `put`: more of them, from and to. */
function shipped(work, name, put = {}) {
  let text = readFileSync(join(SERVERS, name), 'utf8');
  for (const [from, to] of Object.entries({
    '/run/rolegate/rolegate.sock': work.socket,
    '/etc/rolegate/lighttpd-strip-headers.conf':
      join(SERVERS, 'lighttpd-strip-headers.conf'),
    '/etc/rolegate/nginx-strip-headers.conf':
      join(SERVERS, 'nginx-strip-headers.conf'),
    'conf-available/rolegate-strip-headers.conf':
      join(SERVERS, 'apache-strip-headers.conf'),
    ...put })) text = text.replaceAll(from, to);
  return work.write(`shipped.${name}`, text);
}

function lighttpd(work, { port, ceiling, htdocs }) {
  const conf = work.write('bench.lighttpd.conf', `
server.modules = ( )
server.bind = "127.0.0.1"
server.port = ${port}
server.document-root = "${htdocs}"
server.errorlog = "${work.path('lighttpd.error.log')}"
server.max-connections = 512
include "${shipped(work, 'lighttpd.conf')}"
fastcgi.server += ( "/ceiling" => (( "socket" => "${ceiling}",
  "check-local" => "disable" )) )
`);
  return work.spawn('lighttpd', '/usr/sbin/lighttpd', ['-D', '-f', conf]);
}

function nginx(work, { port, ceiling, htdocs }) {
  const conf = work.write('bench.nginx.conf', `
daemon off;
${process.getuid() === 0 ? 'user root;' : ''}
worker_processes 1;
pid ${work.path('nginx.pid')};
error_log ${work.path('nginx.error.log')} warn;
events {}
http {
  access_log off;
  ${nginxTemp(work, 'nginx')}
  server {
    listen 127.0.0.1:${port};
    root ${htdocs};
    include ${shipped(work, 'nginx.conf')};
    location = /ceiling {
      fastcgi_pass unix:${ceiling};
      fastcgi_param SCRIPT_NAME $fastcgi_script_name;
      fastcgi_param QUERY_STRING $query_string;
      fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REMOTE_ADDR $remote_addr;
      fastcgi_param SERVER_PROTOCOL $server_protocol;
    }
  }
}
`);
  return work.spawn('nginx', '/usr/sbin/nginx', ['-e', 'stderr', '-c', conf]);
}

/* Apache as Debian has it, but for the number of threads. */
export async function startApache(work, { name = 'apache', port, htdocs, confs,
  modules = [], put = {}, more = '' }) {
  const dir = work.mkdir(name);
  // In Debian's order, on which it depends whose hook comes first.
  const load = ['mpm_event', 'authz_core', 'authz_user', 'authn_core', 'env',
    'setenvif', 'headers', 'dir', ...modules].sort()
    .map((m) => `LoadModule ${m}_module ${MODULES}/mod_${m}.so`);
  const conf = work.write(`${name}.bench.conf`, `
ServerRoot "${dir}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${dir}/apache.pid"
ErrorLog "${work.path(`${name}.error.log`)}"
LogLevel warn
Mutex "file:${dir}" default
MaxKeepAliveRequests 0
StartServers 2
ServerLimit 4
ThreadsPerChild 64
MaxRequestWorkers 256
${load.join('\n')}
DocumentRoot "${htdocs}"
<Directory "${htdocs}">
  Require all granted
</Directory>
${confs.map((c) => `Include "${shipped(work, c, put)}"`).join('\n')}
${more}
`);
  const proc = work.spawn(name, '/usr/sbin/apache2',
    ['-D', 'FOREGROUND', '-f', conf]);
  await untilListens(proc, { host: '127.0.0.1', port });
  return { proc, port, url: (path) => `http://127.0.0.1:${port}${path}` };
}

const apache = async (work, { port, ceiling, htdocs }) => (await startApache(work,
  { port, htdocs, confs: ['apache-proxy-fcgi.conf'],
    modules: ['proxy', 'proxy_fcgi'], more: `
<Location /ceiling>
  ProxyPass "unix:${ceiling}|fcgi://ceiling/"
  Require all granted
</Location>
` })).proc;

const START = { lighttpd, nginx, apache };

/* Returns {lighttpd, nginx, apache}: {proc, port, url(path)} of each. */
export async function startServers(work, { ceiling, ports }) {
  const htdocs = work.mkdir('htdocs');
  const all = {};
  for (const [name, start] of Object.entries(START)) {
    const port = ports?.[name] ?? await freePort();
    const proc = await start(work, { port, ceiling, htdocs });
    await untilListens(proc, { host: '127.0.0.1', port });
    all[name] = { proc, port, url: (path) => `http://127.0.0.1:${port}${path}` };
  }
  return all;
}
