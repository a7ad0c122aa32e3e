// SPDX-License-Identifier: ISC
// lighttpd, nginx and Apache, each with the file of cgi/servers/ for rolegate,
// and beside it /ceiling, the smallest FastCGI program there is. In Apache also
// the peer, mod_auth_openidc, when `peer` tells how.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SERVERS } from '../e2e/lib/programs.mjs';
import { nginxTemp } from '../e2e/lib/servers.mjs';
import { freePort, untilListens } from '../e2e/lib/wait.mjs';

const MODULES = '/usr/lib/apache2/modules';

function shipped(work, name) {
  return work.write(name, readFileSync(join(SERVERS, name), 'utf8')
    .replaceAll('/run/rolegate/rolegate.sock', work.socket)
    .replaceAll('/etc/rolegate/lighttpd-strip-headers.conf',
      join(SERVERS, 'lighttpd-strip-headers.conf'))
    .replaceAll('/etc/rolegate/nginx-strip-headers.conf',
      join(SERVERS, 'nginx-strip-headers.conf'))
    .replaceAll('conf-available/rolegate-strip-headers.conf',
      join(SERVERS, 'apache-strip-headers.conf')));
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

const peerConf = (peer) => `
LoadModule auth_openidc_module ${MODULES}/mod_auth_openidc.so
OIDCProviderMetadataURL ${peer.metadata}
OIDCClientID ${peer.clientId}
OIDCClientSecret "${peer.clientSecret}"
OIDCRedirectURI ${peer.redirect}
OIDCCryptoPassphrase not-a-secret-of-the-bench
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCResponseMode query
OIDCInfoHook iat exp id_token session
OIDCSSLValidateServer Off
<Location /peer>
  AuthType openid-connect
  Require valid-user
</Location>
`;

function apache(work, { port, ceiling, htdocs, peer }) {
  const dir = work.mkdir('apache');
  const load = ['mpm_event', 'authz_core', 'authz_user', 'authn_core', 'env',
    'setenvif', 'headers', 'proxy', 'proxy_fcgi']
    .map((m) => `LoadModule ${m}_module ${MODULES}/mod_${m}.so`);
  const conf = work.write('bench.apache.conf', `
ServerRoot "${dir}"
ServerName 127.0.0.1
Listen 127.0.0.1:${port}
PidFile "${dir}/apache.pid"
ErrorLog "${work.path('apache.error.log')}"
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
Include "${shipped(work, 'apache-proxy-fcgi.conf')}"
<Location /ceiling>
  ProxyPass "unix:${ceiling}|fcgi://ceiling/"
  Require all granted
</Location>
${peer ? peerConf(peer) : ''}
`);
  return work.spawn('apache', '/usr/sbin/apache2',
    ['-D', 'FOREGROUND', '-f', conf]);
}

const START = { lighttpd, nginx, apache };

/* Returns {lighttpd, nginx, apache}: {proc, port, url(path)} of each. */
export async function startServers(work, { ceiling, ports, peer }) {
  const htdocs = work.path('htdocs');
  mkdirSync(join(htdocs, 'peer'), { recursive: true });
  writeFileSync(join(htdocs, 'peer/file.txt'), 'small\n');
  const all = {};
  for (const [name, start] of Object.entries(START)) {
    const port = ports?.[name] ?? await freePort();
    const proc = await start(work, { port, ceiling, htdocs, peer });
    await untilListens(proc, { host: '127.0.0.1', port });
    all[name] = { proc, port, url: (path) => `http://127.0.0.1:${port}${path}` };
  }
  return all;
}
