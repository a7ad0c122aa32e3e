// SPDX-License-Identifier: ISC
// The demo: lighttpd, rolegate and the demo provider on loopback, until Ctrl-C.
//
//   node demo.mjs FOLDER           fixed ports, state kept in FOLDER
//   node demo.mjs --temporary      free ports, nothing kept; prints the address
//
// PORT and IDP_PORT choose the fixed ports. Another PORT has a folder of its own.
import { existsSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { GROUPS, startSite } from './e2e/lib/site.mjs';
import { O, PROGRAMS } from './e2e/lib/programs.mjs';
import { listens } from './e2e/lib/wait.mjs';

const PORT = 8080;
const MORE = `server.modules += ( "mod_redirect" )
url.redirect = ( "^/$" => "/auth/" )
`;

const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const bold = (text) => (colour ? `\x1b[1m${text}\x1b[0m` : text);

function portFrom(name, fallback) {
  const text = process.env[name] || String(fallback);
  if (!/^\d{1,5}$/.test(text) || text < 1 || text > 65535) {
    throw new Error(`${name}=${text} is not a port.`);
  }
  return Number(text);
}

/* Before anything is touched: the one that runs keeps its files. */
async function assertFree(...ports) {
  for (const port of ports) {
    if (await listens({ host: '127.0.0.1', port })) {
      const [one, idp] = ports.map((p) => p + 1);
      throw new Error(`Port ${port} is taken. Is the demo running already? `
        + `Else choose others: make run PORT=${one} IDP_PORT=${idp}`);
    }
  }
}

/* As short as it can be typed from here. */
function near(path) {
  const way = relative('', path);
  return way.startsWith('..') ? path : way;
}

/* The number of the analysts' mapping, which may be another than at first. */
async function analysts(site) {
  const maps = await site.ctlJson('map', 'list');
  return maps.find((m) => m.value === GROUPS.analysts)?.id ?? 'ID';
}

function describe(site, id) {
  const shorter = join(dirname(O), 'rolegatectl');
  const ctl = `${near(existsSync(shorter) ? shorter : PROGRAMS.rolegatectl)
  } --config ${near(site.work.path('rolegate.conf'))}`;
  return `
${bold('Open')}  ${bold(site.url('/'))}  and sign in as one of

    Dev Dobrev    in group developers      is a user, and no admin
    Ada Admin     in group admins          is an admin
    Ana Lindt     in group data-analysts   is an analyst, may read reports
    Rob Reviewer  with app role auditor    has no role until that is mapped
    Noa Nobody    in no group              is signed in, and has no role

${bold('Try')}   the role JSON:  ${site.url('/whoami')}
      the same for a program that is not signed in:
        curl -i ${site.url('/whoami')}
      what is mapped, and how it is to lose a role (reload the page):
        ${ctl} map list
        ${ctl} map remove ${id}
        ${ctl} map add --provider entra --kind group \\
            --value ${GROUPS.analysts} --role analyst --label data-analysts
      what happened:
        ${ctl} audit list

Everything is in ${near(site.work.dir)}, also for the next time; to begin anew
remove it: rm -r ${near(site.work.dir)}
Ctrl-C stops the demo.
`;
}

/* Resolves when somebody asks the demo to end, or a part of it ends. */
function untilEnd(site) {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
      process.removeAllListeners(signal);
      process.on(signal, () => resolve(null));
    }
    for (const proc of site.work.procs) {
      proc.exit.then((code) => resolve(`${proc.name} ended with ${code}`));
    }
  });
}

async function main([what]) {
  const options = { more: MORE, config: { rolegate: { log_level: 'info',
    contact: 'the administrator of this demo' } } };
  if (what !== '--temporary') {
    options.port = portFrom('PORT', PORT);
    options.idpPort = portFrom('IDP_PORT', 9000);
    options.dir = options.port === PORT ? what : `${what}-${options.port}`;
    await assertFree(options.port, options.idpPort);
  }
  const site = await startSite(options);
  const end = untilEnd(site);
  process.stdout.write(options.dir ? describe(site, await analysts(site))
    : `${site.publicUrl}\n`);
  const trouble = await end;
  if (trouble) {
    process.exitCode = 1;
    process.stderr.write(`${trouble}\n`);
  }
  await site.close();
}

main(process.argv.slice(2)).catch((err) => {
  process.stderr.write(`${err.message}\n`);
  process.exitCode = 1;
});
