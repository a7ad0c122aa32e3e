// SPDX-License-Identifier: ISC
// What the groups of vectors are made with: keys, signatures, tokens, files.
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));
export const root = path.dirname(here);
const keyDir = path.join(root, 'keys');
const memoFile = path.join(keyDir, 'signatures.json');

export const b64 = (data) => Buffer.from(data).toString('base64url');
export const unb64 = (text) => Buffer.from(text, 'base64url');

// ---- keys ------------------------------------------------------------------

// Made once, then read from keys/: the same keys give the same vectors.
export function key(name, type, options = {}) {
  const file = path.join(keyDir, `${name}.json`);
  if (!fs.existsSync(file)) {
    const pair = crypto.generateKeyPairSync(type, options);
    const jwk = pair.privateKey.export({ format: 'jwk' });
    fs.writeFileSync(file, `${JSON.stringify(jwk, null, 1)}\n`);
  }
  const jwk = JSON.parse(fs.readFileSync(file, 'utf8'));
  return crypto.createPrivateKey({ key: jwk, format: 'jwk' });
}

// The public JWK, with more members or (undefined) fewer.
export function jwkOf(privateKey, members = {}) {
  const jwk = crypto.createPublicKey(privateKey).export({ format: 'jwk' });
  return { ...jwk, ...members };
}

const rsa = (modulusLength, publicExponent = 65537) => ({ modulusLength, publicExponent });
export const keys = {
  rsa: key('rsa2048', 'rsa', rsa(2048)),
  other: key('rsa2048-other', 'rsa', rsa(2048)),
  rsa1024: key('rsa1024', 'rsa', rsa(1024)),
  rsa2047: key('rsa2047', 'rsa', rsa(2047)),
  rsa3072: key('rsa3072', 'rsa', rsa(3072)),
  rsa8192: key('rsa8192', 'rsa', rsa(8192)),
  e3: key('rsa2048-e3', 'rsa', rsa(2048, 3)),
  p256: key('p256', 'ec', { namedCurve: 'P-256' }),
  p256other: key('p256-other', 'ec', { namedCurve: 'P-256' }),
  p384: key('p384', 'ec', { namedCurve: 'P-384' }),
  p521: key('p521', 'ec', { namedCurve: 'P-521' }),
  k256: key('secp256k1', 'ec', { namedCurve: 'secp256k1' }),
  ed: key('ed25519', 'ed25519'),
  edOther: key('ed25519-other', 'ed25519'),
};

// alg -> the key that signs with it, unless a vector says otherwise
export const signer = {
  RS256: keys.rsa, RS384: keys.rsa, RS512: keys.rsa,
  PS256: keys.rsa, PS384: keys.rsa, PS512: keys.rsa,
  ES256: keys.p256, ES384: keys.p384, ES512: keys.p521, EdDSA: keys.ed,
};
export const algs = Object.keys(signer);

// The key set of defaults.json: each key named after its algorithm.
export const defaultSet = {
  keys: algs.map((alg) => jwkOf(signer[alg], { kid: alg.toLowerCase(), use: 'sig', alg })),
};

// ---- signatures ------------------------------------------------------------

// PSS and ECDSA are randomised: what was signed once is remembered, so that
// running the generator again changes no file.
const memo = fs.existsSync(memoFile) ? JSON.parse(fs.readFileSync(memoFile, 'utf8')) : {};
const used = {};

export function remembered(label, input, make) {
  const id = crypto.createHash('sha256').update(`${label}\n`).update(input).digest('base64url');
  used[id] ??= memo[id] ?? b64(make());
  return unb64(used[id]);
}

export function saveMemo() {
  const sorted = Object.fromEntries(Object.entries(used).sort(([a], [b]) => (a < b ? -1 : 1)));
  fs.writeFileSync(memoFile, `${JSON.stringify(sorted, null, 1)}\n`);
}

const fingerprint = (k) => crypto.createHash('sha256')
  .update(crypto.createPublicKey(k).export({ format: 'der', type: 'spki' })).digest('hex');

export function sign(alg, input, privateKey = signer[alg]) {
  const data = Buffer.from(input);
  const hash = `sha${alg.slice(2)}`;
  switch (alg.slice(0, 2)) {
    case 'RS':
      return crypto.sign(hash, data, privateKey);
    case 'PS':
      return remembered(`${alg} ${fingerprint(privateKey)}`, data, () => crypto.sign(hash, data, {
        key: privateKey,
        padding: crypto.constants.RSA_PKCS1_PSS_PADDING,
        saltLength: crypto.constants.RSA_PSS_SALTLEN_DIGEST,
      }));
    case 'ES':
      return remembered(`${alg} ${fingerprint(privateKey)}`, data, () =>
        crypto.sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' }));
    case 'HS':
      return crypto.createHmac(hash, privateKey).update(data).digest();
    default:
      return crypto.sign(null, data, privateKey);
  }
}

// ---- tokens ----------------------------------------------------------------

export const now = 1750000000;
export const expectations = {
  issuer: 'https://login.example.com/7d4f0f9e-4d5c-4a5b-9f0e-3a1c5b6d7e8f/v2.0',
  audience: '6f1c2d3e-8a9b-4c5d-9e0f-a1b2c3d4e5f6',
  nonce: 'Zm9yIHRoaXMgc2lnbi1pbiBvbmx5IDAxMjM0NTY3ODk',
  access_token: null,
  now,
  skew: 60,
};
export const claims = {
  iss: expectations.issuer,
  aud: expectations.audience,
  sub: 'AAAAAAAAAAAAAAAAAAAAAIkzqFVrSaSaFHy782bbtaQ',
  exp: now + 3600,
  nbf: now,
  iat: now,
  nonce: expectations.nonce,
};

const text = (part) => (typeof part === 'string' || Buffer.isBuffer(part) ? part : JSON.stringify(part));

export const signingInput = (header, payload) => `${b64(text(header))}.${b64(text(payload))}`;

// Header and payload may be objects, or the very text to encode. `alg` and
// `by` say how it is really signed, whatever the header claims.
export function token(header, payload = claims, { alg = header.alg, by = signer[alg] } = {}) {
  const input = signingInput(header, payload);
  return `${input}.${b64(sign(alg, input, by))}`;
}

export const header = (alg, more = {}) => ({ alg, typ: 'JWT', kid: alg.toLowerCase(), ...more });

// ---- files -----------------------------------------------------------------

const written = new Map();

// Numbers are given group by group, so that a new vector at the end of a
// group renames no other.
export function group(first) {
  let n = first;
  return (name, want, files, why) => {
    const id = `${String(n).padStart(3, '0')}-${name}`;
    n += 1;
    if (n > first + 100 || written.has(name)) throw new Error(`${id}: number or name is taken`);
    written.set(name, id);
    const put = (ending, content) => fs.writeFileSync(path.join(root, 'cases', `${id}.${ending}`), content);
    put('want', why ? `${want}\n${why}\n` : `${want}\n`);
    if (files.token !== undefined) put('jwt', files.token);
    if (files.jwk !== undefined) put('jwk', text(files.jwk));
    if (files.jwks !== undefined) put('jwks', text(files.jwks));
    if (files.ctx !== undefined) put('ctx.json', `${JSON.stringify(files.ctx)}\n`);
  };
}

export const count = () => written.size;
