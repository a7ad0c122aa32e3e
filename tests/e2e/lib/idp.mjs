// SPDX-License-Identifier: ISC
// Starts a provider of tests/idp and talks to its control port.
import { createInterface } from 'node:readline';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { send } from './http.mjs';

export const CLIENT_ID = 'c11e0000-0000-4000-8000-000000000001';
export const CLIENT_SECRET = 'not-a-secret+of/tests=&~';

const here = (name) => fileURLToPath(new URL(`../../idp/${name}`,
  import.meta.url));

export class Idp {
  constructor(ready, proc) {
    Object.assign(this, ready);
    this.proc = proc;
  }

  /* Asks the control API; throws what it answers if that is an error. */
  async control(method, path, body) {
    const res = await send(this.control_url + path, {
      method, body: body && JSON.stringify(body),
    });
    if (res.status !== 200) throw new Error(`${path}: ${res.body}`);
    return res.json();
  }

  person(login, change) {
    return this.control('PUT', `/people/${login}`, change);
  }

  fault(endpoint, mode, ms) {
    return this.control('POST', '/fault', { endpoint, mode, ms });
  }

  wellAgain() {
    return this.control('POST', '/fault/clear');
  }

  counts() {
    return this.control('GET', '/counts');
  }

  /* Of the hostile one: from now on do this. */
  behave(name, more = {}) {
    return this.control('POST', '/behave', { name, ...more });
  }
}

/* kind is 'provider' or 'hostile'; publicUrls are those of the sites. */
export async function startIdp(work, {
  kind = 'provider', publicUrls, port = 0, args = [], env,
}) {
  const all = [here(`${kind}.mjs`), '--client-id', CLIENT_ID,
    '--client-secret', CLIENT_SECRET, '--port', String(port),
    '--exit-with-stdin', '--quiet'];
  for (const url of publicUrls) {
    all.push('--redirect-uri', `${url}/callback`,
      '--post-logout-uri', `${url}/signed-out`);
  }
  const proc = work.spawn(kind, process.execPath, [...all, ...args], {
    stdin: 'pipe', stdout: 'pipe', env,
    // It reads these sources, which www-data perhaps may not.
    asUs: true,
  });
  proc.child.stdin.on('error', () => {});
  const lines = createInterface({ input: proc.child.stdout });
  const line = await Promise.race([
    once(lines, 'line').then(([text]) => text),
    proc.exit.then((code) => { throw new Error(`${kind} ended with ${code}`); }),
  ]);
  const { control, ...ready } = JSON.parse(line);
  return new Idp({ ...ready, control_url: control }, proc);
}
