// SPDX-License-Identifier: ISC
// What both providers share as programs: options, the one line that says
// "ready", and a quick end. Nothing else is ever written to stdout.
import { parseArgs } from 'node:util';
import { pathToFileURL } from 'node:url';

const OPTIONS = {
  port: { type: 'string', default: '0' },
  tenant: { type: 'string' },
  several: { type: 'string' },
  origin: { type: 'string' },
  'client-id': { type: 'string' },
  'client-secret': { type: 'string' },
  'redirect-uri': { type: 'string', multiple: true, default: [] },
  'post-logout-uri': { type: 'string', multiple: true, default: [] },
  rfc9207: { type: 'boolean', default: false },
  quiet: { type: 'boolean', default: false },
  'exit-with-stdin': { type: 'boolean', default: false },
};

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/* Returns the options of a provider, or throws with a text for a person. */
export function parseOptions(argv) {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  const port = Number(values.port);
  if (!/^\d{1,5}$/.test(values.port) || port > 65535) {
    throw new Error(`--port ${values.port}: not a port`);
  }
  if (values.tenant !== undefined && !GUID.test(values.tenant)) {
    throw new Error(`--tenant ${values.tenant}: not a lower-case GUID`);
  }
  if (values.several !== undefined
      && !['organizations', 'common'].includes(values.several)) {
    throw new Error(`--several ${values.several}: organizations or common`);
  }
  for (const name of ['client-id', 'client-secret']) {
    if (!values[name]) throw new Error(`--${name} is missing`);
  }
  if (values['redirect-uri'].length === 0) {
    throw new Error('--redirect-uri is missing');
  }
  return {
    port,
    tenant: values.tenant,
    several: values.several,
    origin: values.origin,
    clientId: values['client-id'],
    clientSecret: values['client-secret'],
    redirectUris: values['redirect-uri'],
    postLogoutUris: values['post-logout-uri'],
    rfc9207: values.rfc9207,
    quiet: values.quiet,
    exitWithStdin: values['exit-with-stdin'],
  };
}

/* True if the module at this address is the program that node was given. */
export function isProgram(url) {
  return process.argv[1] !== undefined
    && url === pathToFileURL(process.argv[1]).href;
}

/*
 * Runs start(options) -> {ready, close()} as a program: prints `ready` as one
 * JSON line, and ends on SIGTERM, SIGINT or, if asked to, at the end of stdin.
 */
export async function runProgram(start) {
  let options;
  try {
    options = parseOptions(process.argv.slice(2));
  } catch (err) {
    process.stderr.write(`${err.message}\n`);
    process.exit(2);
  }
  // The library may say things with console.info: stdout carries one line only.
  console.info = options.quiet ? () => {} : console.error;
  console.log = console.info;
  if (options.quiet) console.warn = () => {};

  let running;
  try {
    running = await start(options);
  } catch (err) {
    process.stderr.write(`cannot start: ${err.message}\n`);
    process.exit(1);
  }
  const end = () => {
    running.close().finally(() => process.exit(0));
  };
  process.once('SIGTERM', end);
  process.once('SIGINT', end);
  if (options.exitWithStdin) {
    process.stdin.on('error', end);
    process.stdin.once('end', end);
    process.stdin.resume();
  }
  process.stdout.write(`${JSON.stringify(running.ready)}\n`);
}
