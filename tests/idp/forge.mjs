// SPDX-License-Identifier: ISC
// Makes tokens, good ones and forged ones, with node:crypto only.
import {
  constants, createHash, createHmac, createPrivateKey, createPublicKey, sign,
} from 'node:crypto';

const b64 = (data) => Buffer.from(data).toString('base64url');

/* The signature of a JWS algorithm; `key` is a private JWK, or a MAC secret. */
function signature(alg, key, input) {
  const hash = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) {
    return createHmac(hash, key).update(input).digest();
  }
  const options = { key: createPrivateKey({ key, format: 'jwk' }) };
  if (alg.startsWith('PS')) {
    options.padding = constants.RSA_PKCS1_PSS_PADDING;
    options.saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
  }
  return sign(hash, Buffer.from(input), options);
}

/*
 * Assembles a token from a draft that a behaviour may have changed:
 *   header, claims    objects
 *   headerText, payloadText   replace their JSON
 *   alg, key          how it is really signed, whatever the header says
 *   signature         replaces the signature (a Buffer)
 *   finish(parts)     changes the three encoded parts; returns the token
 */
export function buildToken(draft) {
  const parts = [
    b64(draft.headerText ?? JSON.stringify(draft.header)),
    b64(draft.payloadText ?? JSON.stringify(draft.claims)),
  ];
  parts.push(b64(draft.signature
    ?? signature(draft.alg, draft.key, parts.join('.'))));
  return draft.finish ? draft.finish(parts) : parts.join('.');
}

/* at_hash, OpenID Connect Core 1.0 section 3.1.3.6, for SHA-256. */
export function halfHash(text) {
  return createHash('sha256').update(text).digest().subarray(0, 16)
    .toString('base64url');
}

export function publicJwk(jwk) {
  return { kty: 'RSA', use: 'sig', kid: jwk.kid, n: jwk.n, e: jwk.e };
}

export function publicPem(jwk) {
  return createPublicKey({ key: publicJwk(jwk), format: 'jwk' })
    .export({ type: 'spki', format: 'pem' });
}
