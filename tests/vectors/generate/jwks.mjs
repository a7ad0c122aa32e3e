// SPDX-License-Identifier: ISC
// Key sets: what is left out of them, and what refuses them.
import { claims, group, jwkOf, keys, token } from './kit.mjs';

export default function jwks() {
  const add = group(850);
  const rsa = (members) => jwkOf(keys.rsa, { kid: 'rs256', ...members });
  const other = (members) => jwkOf(keys.other, { kid: 'other', ...members });
  const good = token({ alg: 'RS256', kid: 'rs256' }, claims, { by: keys.rsa });
  const set = (list, more = {}) => ({ token: good, jwks: { keys: list, ...more } });

  add('jwks-entra', 'RG_OK', set([
    other({ use: 'sig', x5t: 'other', x5c: ['MIIC'], issuer: 'https://login.microsoftonline.com/{tenantid}/v2.0' }),
    rsa({ use: 'sig', x5t: 'rs256', x5c: ['MIIC'], issuer: claims.iss, cloud_instance_name: 'microsoftonline.com' }),
  ]), 'as Entra publishes it: no alg, an issuer for each key');
  add('jwks-keycloak', 'RG_OK', set([
    rsa({ alg: 'RS256', use: 'sig' }),
    other({ alg: 'RSA-OAEP', use: 'enc' }),
  ]), 'an encryption key beside the signing key');
  const leftOut = {
    'use-enc': other({ use: 'enc' }),
    'key-ops': other({ key_ops: ['encrypt'] }),
    'unknown-type': { kty: 'AKP', kid: 'pq', alg: 'ML-DSA-44', pub: 'AAAA' },
    'unknown-curve': jwkOf(keys.k256, { kid: 'k' }),
    'unknown-alg': other({ alg: 'RSA-OAEP' }),
    weak: jwkOf(keys.rsa1024, { kid: 'weak' }),
    malformed: other({ n: '?' }),
    'no-type': { kid: 'x' },
    'same-kid': other({ kid: 'rs256', use: 'enc' }),
  };
  for (const [name, one] of Object.entries(leftOut)) {
    add(`jwks-left-out-${name}`, 'RG_OK', set([one, rsa()]), 'RFC 7517 section 5: a key of no use does not spoil the others');
    add(`jwks-nothing-but-${name}`, 'RG_E_JWKS_EMPTY', set([one]));
  }
  add('jwks-empty', 'RG_E_JWKS_EMPTY', set([]));
  add('jwks-more-members', 'RG_OK', set([rsa()], { issuer: 1, x: {} }));

  add('jwks-private-key', 'RG_E_JWK_PRIVATE', set([rsa(), { ...other(), d: 'AQAB' }]),
    'the set is not to be trusted, even where another key would verify');
  add('jwks-private-key-for-encryption', 'RG_E_JWK_PRIVATE', set([rsa(), { ...other({ use: 'enc' }), d: 'AQAB' }]));
  add('jwks-same-kid-twice', 'RG_E_JWK_DUPLICATE', set([rsa(), other({ kid: 'rs256' })]));
  add('jwks-same-key-twice', 'RG_E_JWK_DUPLICATE', set([rsa(), rsa()]));
  add('jwks-same-kid-other-type', 'RG_E_JWK_DUPLICATE', set([rsa(), jwkOf(keys.p256, { kid: 'rs256' })]));

  const text = (t) => ({ token: good, jwks: t });
  const whole = JSON.stringify({ keys: [rsa()] });
  const json = 'RG_E_JSON';
  add('jwks-duplicate-member', json, text(whole.replace('{', '{"keys":[],')));
  add('jwks-duplicate-member-in-key', json, text(whole.replace('"kty"', '"kid":"x","kty"')));
  add('jwks-array', json, text(`[${whole}]`));
  add('jwks-text-behind', json, text(`${whole}x`));
  add('jwks-nothing', json, text(''));
  add('jwks-html', json, text('<!doctype html><title>502 Bad Gateway</title>'));
  add('jwks-too-deep', json, text(whole.replace('{', `{"x":${'['.repeat(70)}${']'.repeat(70)},`)));
  const format = 'RG_E_JWK_FORMAT';
  add('jwks-single-key', format, text(JSON.stringify(rsa())));
  add('jwks-keys-object', format, text(JSON.stringify({ keys: { a: rsa() } })));
  add('jwks-keys-null', format, text('{"keys":null}'));
  add('jwks-keys-name-other-case', format, text(JSON.stringify({ Keys: [rsa()] })));
  add('jwks-key-is-string', format, set([rsa(), 'key']));
  add('jwks-key-is-null', format, set([null, rsa()]));
  add('jwks-key-is-array', format, set([rsa(), [rsa()]]));

  const many = (n) => Array.from({ length: n }, (_, i) => jwkOf(keys.ed, { kid: `k${i}` }));
  add('jwks-128-keys', 'RG_OK', set([...many(127), rsa()]));
  add('jwks-129-keys', 'RG_E_TOO_LARGE', set([rsa(), ...many(128)]));
  add('jwks-kids-differ-in-case', 'RG_OK', set([other({ kid: 'RS256' }), rsa()]), 'two kids, not one twice');
}
