// SPDX-License-Identifier: ISC
// A public key taken for a shared secret, and secrets in key sets.
import crypto from 'node:crypto';
import { b64, claims, group, header, jwkOf, keys, sign, signingInput, token } from './kit.mjs';

export default function confusion() {
  const add = group(680);
  const no = 'RG_E_ALG_UNSUPPORTED';

  const forge = (alg, kid, secret) => {
    const input = signingInput(header(alg, { kid }), claims);
    return { token: `${input}.${b64(sign(alg, input, secret))}` };
  };
  const publicOf = (k) => crypto.createPublicKey(k);
  const pem = (k) => publicOf(k).export({ format: 'pem', type: 'spki' });
  const why = 'CVE-2015-9235, CVE-2016-10555, CVE-2024-54150';
  for (const hs of ['HS256', 'HS384', 'HS512']) {
    add(`${hs.toLowerCase()}-rsa-pem`, no, forge(hs, 'rs256', pem(keys.rsa)), why);
  }
  add('hs256-rsa-pem-no-newline', no, forge('HS256', 'rs256', pem(keys.rsa).trimEnd()), why);
  add('hs256-rsa-pkcs1-pem', no, forge('HS256', 'rs256', publicOf(keys.rsa).export({ format: 'pem', type: 'pkcs1' })));
  add('hs256-rsa-der', no, forge('HS256', 'rs256', publicOf(keys.rsa).export({ format: 'der', type: 'spki' })),
    'CVE-2024-33663: the same key without its PEM armour');
  add('hs256-rsa-jwk-text', no, forge('HS256', 'rs256', JSON.stringify(jwkOf(keys.rsa))), 'CVE-2026-48526');
  add('hs256-rsa-modulus', no, forge('HS256', 'rs256', Buffer.from(jwkOf(keys.rsa).n, 'base64url')));
  add('hs256-ec-pem', no, forge('HS256', 'es256', pem(keys.p256)), 'CVE-2022-29217');
  add('hs256-ed25519-bytes', no, forge('HS256', 'eddsa', Buffer.from(jwkOf(keys.ed).x, 'base64url')));
  add('hs256-empty-key', no, forge('HS256', 'rs256', Buffer.alloc(0)), 'CVE-2026-44699, CVE-2026-45363');
  add('hs256-zero-key', no, forge('HS256', 'rs256', Buffer.alloc(32)));
  add('hs256-lower-case', no, (() => {
    const input = signingInput({ alg: 'hs256', kid: 'rs256' }, claims);
    return { token: `${input}.${b64(sign('HS256', input, pem(keys.rsa)))}` };
  })());
  const bare = { keys: [jwkOf(keys.rsa, { kid: 'rs256' })] };
  add('hs256-empty-key-jwk-without-alg', no, { ...forge('HS256', 'rs256', Buffer.alloc(0)), jwks: bare },
    'CVE-2026-44699: the set is as Entra publishes it');

  const secret = Buffer.alloc(32, 7);
  const oct = { kty: 'oct', kid: 'hs', k: b64(secret) };
  add('oct-key-in-set', 'RG_E_JWK_PRIVATE', {
    ...forge('HS256', 'hs', secret), jwks: { keys: [oct, jwkOf(keys.rsa, { kid: 'rs256' })] },
  }, 'a published secret is none');
  add('oct-key-without-k', no, {
    ...forge('HS256', 'hs', Buffer.alloc(0)), jwks: { keys: [{ kty: 'oct', kid: 'hs' }, jwkOf(keys.rsa, { kid: 'rs256' })] },
  });
  add('oct-key-and-rs256', 'RG_E_KID_UNKNOWN', {
    token: token({ alg: 'RS256', kid: 'hs' }, claims, { by: keys.rsa }),
    jwks: { keys: [{ kty: 'oct', kid: 'hs', alg: 'RS256' }, jwkOf(keys.rsa, { kid: 'rs256' })] },
  });
}
