// SPDX-License-Identifier: ISC
// rolegate.conf as an object: {section: {key: value}}. A value of undefined
// or null leaves the key out.
import { CLIENT_ID, CLIENT_SECRET } from './idp.mjs';

export function toIni(sections) {
  return Object.entries(sections).filter(([, keys]) => keys).map(([name, keys]) => [
    `[${name}]`,
    ...Object.entries(keys)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([key, value]) => `${key} = ${value}`),
    '',
  ].join('\n')).join('\n');
}

/* Defaults below, changes on top, section by section. */
export function merge(base, change = {}) {
  const all = { ...base };
  for (const [name, keys] of Object.entries(change)) {
    all[name] = keys === null ? null : { ...all[name], ...keys };
  }
  return all;
}

/* What a test site runs with, unless it says otherwise. */
export function baseConfig(work, { publicUrl, idp, listen }) {
  const secret = work.write('client-secret', `${CLIENT_SECRET}\n`, 0o600);
  return {
    rolegate: {
      public_url: publicUrl,
      database: work.path('data/rolegate.db'),
      key_file: work.path('data/rolegate.key'),
      listen,
      workers: 4,
      log_level: 'debug',
      contact: 'help@contoso.example',
    },
    session: {},
    'provider.entra': idp && {
      type: 'entra',
      label: 'Contoso',
      issuer: idp.issuer,
      tenant: idp.tenant,
      client_id: CLIENT_ID,
      client_secret_file: secret,
    },
  };
}
