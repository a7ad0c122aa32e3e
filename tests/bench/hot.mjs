// SPDX-License-Identifier: ISC
// Where the instructions of a request go: the functions that take most of them,
// rolegate's and the libraries'. README.md here tells what that led to.
//
//   B=build node tests/bench/hot.mjs
import { execFileSync } from 'node:child_process';
import { costs, startCounted } from '../e2e/lib/counted.mjs';
import { CLIENT_ID } from '../e2e/lib/idp.mjs';
import { startSite } from '../e2e/lib/site.mjs';

const LINES = 16;
const WHOLE = 90; // percent: what merely calls everything else

const site = await startSite({ config: {
  'provider.entra': { audiences: `api://${CLIENT_ID}` } } });

/* {count, part (%), name, object} of each function, by callgrind's own list. */
function functions(file, inclusive) {
  const text = execFileSync('callgrind_annotate', ['--show-percs=yes',
    '--threshold=100', '--auto=no', `--inclusive=${inclusive}`, file],
  { encoding: 'utf8', maxBuffer: 1 << 26 });
  return [...text.matchAll(
    /^\s*([\d,]+) \(\s*([\d.]+)%\)\s+\S*?:([^\s'[]+)\S*(?: \[(.*)\])?$/gm)]
    .map(([, count, part, name, object = '']) => ({ name, part: Number(part),
      count: Number(count.replaceAll(',', '')),
      object: object.replace(/^.*\//, '') }))
    .filter((f) => f.part < WHOLE);
}

const percent = (part) => `${part.toFixed(1)} %`;

/* Rolegate's functions with all that they call, and each library by itself. */
function hottest(file) {
  const own = functions(file, 'yes').filter((f) => f.object === 'rolegate')
    .slice(0, LINES);
  const parts = {};
  for (const f of functions(file, 'no')) {
    parts[f.object] = (parts[f.object] ?? 0) + f.part;
  }
  return { own: own.map((f) => ({ 'function, and what it calls': f.name,
    part: percent(f.part), instructions: f.count })),
  libraries: Object.entries(parts).sort(([, x], [, y]) => y - x).slice(0, 6)
    .map(([name, part]) => `${name} ${percent(part)}`) };
}

async function show(what, client, headers) {
  let hot;
  // The first ones fill caches.
  for (let i = 0; i < 3; i += 1) {
    const [count] = await costs(site, client, headers(i),
      { look: (file) => { hot = hottest(file); } });
    if (i === 2) console.log(`${what}: ${count} instructions`);
  }
  console.log(`  ${hot.libraries.join(', ')}`);
  console.table(hot.own);
}

try {
  const ada = await site.signIn('ada');
  const tokens = [];
  for (let i = 0; i < 3; i += 1) {
    tokens.push((await site.idp.control('POST', '/access-token', { login: 'ada',
      groups: true, audience: `api://${CLIENT_ID}` })).token);
  }
  const bearer = (token) => ({ authorization: `Bearer ${token}` });
  await startCounted(site);
  await show('/whoami with a session, decided anew', ada,
    (i) => ({ 'x-run': `s${i}` }));
  await show('/whoami with a token that was verified before', site.client(),
    (i) => ({ ...bearer(tokens[0]), 'x-run': `b${i}` }));
  await show('/whoami with a token that was not', site.client(),
    (i) => bearer(tokens[i]));
} catch (err) {
  process.exitCode = 1;
  throw err;
} finally {
  await site.close();
}
