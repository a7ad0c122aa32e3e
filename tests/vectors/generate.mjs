// SPDX-License-Identifier: ISC
// Writes tests/vectors/cases/ anew: `node tests/vectors/generate.mjs`.
// Only what Node brings along is used; see README.md.
import fs from 'node:fs';
import path from 'node:path';
import { count, defaultSet, expectations, root, saveMemo } from './generate/kit.mjs';

const cases = path.join(root, 'cases');
for (const name of fs.readdirSync(cases)) fs.rmSync(path.join(cases, name));

fs.writeFileSync(path.join(root, 'defaults.json'),
  `${JSON.stringify({ claims: expectations, jwks: defaultSet }, null, 1)}\n`);

for (const name of ['published', 'algorithms', 'rsa', 'ecdsa', 'parts', 'header', 'json', 'kid', 'confusion',
  'jwk', 'jwks', 'claims']) {
  const { default: write } = await import(`./generate/${name}.mjs`);
  write();
}
saveMemo();
console.log(`${count()} vectors`);
