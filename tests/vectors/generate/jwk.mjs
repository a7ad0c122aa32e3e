// SPDX-License-Identifier: ISC
// Single keys: what is accepted, refused, and why. Where a key could verify
// something, a token that it signed lies beside it.
import { b64, claims, group, jwkOf, keys, token, unb64 } from './kit.mjs';

const toNumber = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const toB64 = (number) => {
  const hex = number.toString(16);
  return b64(Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex'));
};

const rocaPrimes = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n];

// The next even number without an odd factor below 752
function noOddFactor(even) {
  let n = even;
  for (let d = 3n; d < 752n; d += 2n) if (n % d === 0n) { n += 2n; d = 1n; }
  return n;
}

// A number that carries the mark of CVE-2017-15361 and no other flaw
function roca(start, spare) {
  const primes = rocaPrimes.filter((p) => p !== spare);
  const m = primes.reduce((a, p) => a * p, 2n);
  let n = start - (start % m) + (65537n ** 5n) % m;
  const small = (x) => { for (let d = 3n; d < 752n; d += 2n) if (x % d === 0n) return true; return false; };
  const inGroup = (x, p) => { let y = 1n; do { y = (y * 65537n) % p; if (y === x % p) return true; } while (y !== 1n); return false; };
  while (n % 2n === 0n || small(n) || (spare && inGroup(n, spare))) n += m;
  return n;
}

export default function jwk() {
  const add = group(700);
  const format = 'RG_E_JWK_FORMAT';
  const weak = 'RG_E_JWK_WEAK';
  const none = { claims: null };
  const rsa = (members) => jwkOf(keys.rsa, members);
  const ec = (members) => jwkOf(keys.p256, members);
  const ed = (members) => jwkOf(keys.ed, members);
  const signed = (by, alg = 'RS256') => token({ alg }, claims, { by });
  const n = toNumber(unb64(rsa().n));

  for (const [name, k, alg] of [['rsa', keys.rsa, 'RS256'], ['p256', keys.p256, 'ES256'], ['p384', keys.p384, 'ES384'],
    ['p521', keys.p521, 'ES512'], ['ed25519', keys.ed, 'EdDSA']]) {
    add(`jwk-${name}-names-no-alg`, 'RG_OK', { jwk: jwkOf(k), token: signed(k, alg), ctx: none });
  }
  add('jwk-unknown-members', 'RG_OK', { jwk: rsa({ x5c: ['x'], x5t: 1, exp: 'soon', cloud_instance_name: 'y' }), token: signed(keys.rsa), ctx: none });

  // ---- type, use, alg
  add('jwk-array', 'RG_E_JSON', { jwk: [rsa()] });
  add('jwk-duplicate-member', 'RG_E_JSON', { jwk: `{"kty":"oct",${JSON.stringify(rsa()).slice(1)}` });
  add('jwk-kty-missing', format, { jwk: rsa({ kty: undefined }) });
  add('jwk-kty-number', format, { jwk: rsa({ kty: 1 }) });
  for (const [name, kty] of [['lower-case', 'rsa'], ['unknown', 'AKP'], ['empty', ''], ['oct', 'oct']]) {
    add(`jwk-kty-${name}`, 'RG_E_JWK_TYPE', { jwk: rsa({ kty }) });
  }
  add('jwk-use-sig', 'RG_OK', { jwk: rsa({ use: 'sig' }), token: signed(keys.rsa), ctx: none });
  add('jwk-use-enc', 'RG_E_JWK_USE', { jwk: rsa({ use: 'enc' }), token: signed(keys.rsa), ctx: none });
  add('jwk-use-other-case', 'RG_E_JWK_USE', { jwk: rsa({ use: 'SIG' }) });
  add('jwk-use-array', format, { jwk: rsa({ use: ['sig'] }) });
  add('jwk-use-null', format, { jwk: rsa({ use: null }) });
  add('jwk-ops-verify', 'RG_OK', { jwk: rsa({ key_ops: ['verify'] }), token: signed(keys.rsa), ctx: none });
  add('jwk-ops-more', 'RG_OK', { jwk: rsa({ key_ops: ['wrapKey', 'verify'] }) });
  add('jwk-ops-encrypt', 'RG_E_JWK_USE', { jwk: rsa({ key_ops: ['encrypt'] }), token: signed(keys.rsa), ctx: none });
  add('jwk-ops-empty', 'RG_E_JWK_USE', { jwk: rsa({ key_ops: [] }) });
  add('jwk-ops-sign-only', 'RG_E_JWK_USE', { jwk: rsa({ key_ops: ['sign'] }) });
  add('jwk-ops-and-use-enc', 'RG_E_JWK_USE', { jwk: rsa({ key_ops: ['verify'], use: 'enc' }) });
  add('jwk-ops-string', format, { jwk: rsa({ key_ops: 'verify' }) });
  add('jwk-ops-number-in-it', format, { jwk: rsa({ key_ops: ['verify', 1] }) });
  add('jwk-ops-repeated', format, { jwk: rsa({ key_ops: ['verify', 'verify'] }) }, 'RFC 7517 section 4.3');
  add('jwk-ops-too-many', format, { jwk: rsa({ key_ops: ['verify', ...Array(16).keys()].map(String) }) });
  add('jwk-alg-number', format, { jwk: rsa({ alg: 256 }) });
  for (const [name, k] of [['unknown', rsa({ alg: 'RS1' })], ['rsa-oaep', rsa({ alg: 'RSA-OAEP' })], ['none', rsa({ alg: 'none' })],
    ['hs256', rsa({ alg: 'HS256' })], ['other-case', rsa({ alg: 'rs256' })], ['rsa-es256', rsa({ alg: 'ES256' })],
    ['rsa-eddsa', rsa({ alg: 'EdDSA' })], ['p256-es384', ec({ alg: 'ES384' })], ['p256-rs256', ec({ alg: 'RS256' })],
    ['p384-es256', jwkOf(keys.p384, { alg: 'ES256' })], ['p521-es521', jwkOf(keys.p521, { alg: 'ES521' })],
    ['ed-es256', ed({ alg: 'ES256' })]]) {
    add(`jwk-alg-${name}`, 'RG_E_JWK_ALG', { jwk: k });
  }
  add('jwk-pin-agrees', 'RG_OK', { jwk: rsa({ alg: 'PS256' }), token: signed(keys.rsa, 'PS256'), ctx: { ...none, pin: 'PS256' } });
  add('jwk-pin-differs', 'RG_E_JWK_ALG', { jwk: rsa({ alg: 'PS256' }), token: signed(keys.rsa), ctx: { ...none, pin: 'RS256' } });
  add('jwk-pin-of-other-type', 'RG_E_JWK_ALG', { jwk: rsa(), ctx: { ...none, pin: 'ES256' } });
  add('jwk-pin-of-other-curve', 'RG_E_JWK_ALG', { jwk: ec(), ctx: { ...none, pin: 'ES384' } });
  add('jwk-pin-wins-over-default', 'RG_OK', { jwk: rsa(), token: signed(keys.rsa, 'RS512'), ctx: { ...none, pin: 'RS512' } });

  // ---- kid and Entra's issuer
  for (const [name, kid] of [['number', 1], ['null', null], ['empty', ''], ['256-characters', 'k'.repeat(256)], ['newline', 'a\nb']]) {
    add(`jwk-kid-${name}`, format, { jwk: rsa({ kid }) });
  }
  add('jwk-kid-255-characters', 'RG_OK', { jwk: rsa({ kid: 'k'.repeat(255) }) });
  add('jwk-issuer-number', format, { jwk: rsa({ issuer: 1 }) });

  // ---- private members
  for (const [name, member] of Object.entries({ d: 'AQAB', p: 'AQAB', q: 'AQAB', dp: 'AQAB', dq: 'AQAB', qi: 'AQAB', oth: [], k: 'AQAB' })) {
    add(`jwk-private-${name}`, 'RG_E_JWK_PRIVATE', { jwk: rsa({ [name]: member }) });
  }
  add('jwk-private-null', 'RG_E_JWK_PRIVATE', { jwk: ec({ d: null }) });
  const addRsa = group(780);
  rsaNumbers(addRsa, { format, weak, none, rsa, signed, n });
  points(addRsa, { format, none, ec, ed, signed });
  more(group(1130), { format, none, rsa, ec, ed, n });
}

// What follows was added when mutants of the code survived the rest.
function more(add, { format, none, rsa, ec, ed, n }) {
  for (const p of rocaPrimes) {
    add(`jwk-rsa-almost-roca-${p}`, 'RG_OK', { jwk: rsa({ n: toB64(roca(n, p)) }) }, `the mark is missing modulo ${p}`);
  }
  add('jwk-ops-16', 'RG_OK', { jwk: rsa({ key_ops: ['verify', ...Array(15).keys()].map(String) }) });
  add('jwk-ops-other-case', 'RG_E_JWK_USE', { jwk: rsa({ key_ops: ['VERIFY'] }) });
  add('jwk-ops-two-cases', 'RG_OK', { jwk: rsa({ key_ops: ['verify', 'Verify'] }) });
  add('jwk-kty-ec-lower-case', 'RG_E_JWK_TYPE', { jwk: ec({ kty: 'ec' }) });
  add('jwk-kty-okp-lower-case', 'RG_E_JWK_TYPE', { jwk: ed({ kty: 'okp' }) });
  add('jwk-ec-with-rsa-numbers', format, { jwk: rsa({ kty: 'EC' }), token: token({ alg: 'RS256' }, claims, { by: keys.rsa }), ctx: none },
    'an EC key without a curve is not an RSA key');
  add('jwk-rsa-with-ec-numbers', format, { jwk: ec({ kty: 'RSA', alg: 'RS256' }) });
  add('jwk-okp-with-rsa-numbers', format, { jwk: rsa({ kty: 'OKP' }) });
}

function rsaNumbers(add, { format, weak, none, rsa, signed, n }) {
  add('jwk-rsa-1024', weak, { jwk: jwkOf(keys.rsa1024), token: signed(keys.rsa1024), ctx: none });
  add('jwk-rsa-2047', weak, { jwk: jwkOf(keys.rsa2047), token: signed(keys.rsa2047), ctx: none });
  add('jwk-rsa-8200', format, { jwk: rsa({ n: toB64((1n << 8199n) + 12345n) }) });
  const wide = unb64(jwkOf(keys.rsa8192).n);
  add('jwk-rsa-8192-leading-zero', format, { jwk: rsa({ n: b64(Buffer.concat([Buffer.alloc(1), wide])) }) });
  add('jwk-rsa-enormous', format, { jwk: rsa({ n: b64(Buffer.alloc(100000, 0xff)) }) });
  add('jwk-rsa-even', weak, { jwk: rsa({ n: toB64(noOddFactor(n + 1n)) }) });
  add('jwk-rsa-factor-3', weak, { jwk: rsa({ n: toB64((() => { let x = n; while (x % 3n || x % 2n === 0n) x += 1n; return x; })()) }) });
  add('jwk-rsa-factor-751', weak, { jwk: rsa({ n: toB64((() => { let x = n; while (x % 751n || [2n, 3n, 5n, 7n, 11n].some((d) => x % d === 0n)) x += 1n; return x; })()) }) });
  add('jwk-rsa-roca', weak, { jwk: rsa({ n: toB64(roca(n)) }) }, 'CVE-2017-15361');
  add('jwk-rsa-almost-roca', 'RG_OK', { jwk: rsa({ n: toB64(roca(n, 157n)) }) }, 'the mark is missing for one prime of 17');
  add('jwk-e-1', weak, { jwk: rsa({ e: 'AQ' }), token: signed(keys.rsa), ctx: none }, 'with e = 1 the padded hash is its own signature');
  add('jwk-e-3', weak, { jwk: jwkOf(keys.e3), token: signed(keys.e3), ctx: none }, 'CVE-2006-4339 needs a small exponent');
  add('jwk-e-2', weak, { jwk: rsa({ e: 'Ag' }) });
  add('jwk-e-65535', weak, { jwk: rsa({ e: toB64(65535n) }) });
  add('jwk-e-65536', weak, { jwk: rsa({ e: toB64(65536n) }) });
  add('jwk-e-65539', 'RG_OK', { jwk: rsa({ e: toB64(65539n) }) });
  add('jwk-e-32-bits', 'RG_OK', { jwk: rsa({ e: toB64(0xffffffffn) }) });
  add('jwk-e-33-bits', weak, { jwk: rsa({ e: toB64(0x100000001n) }) });
  add('jwk-e-as-long-as-n', weak, { jwk: rsa({ e: toB64(n - 2n) }) });
  add('jwk-e-leading-zero', format, { jwk: rsa({ e: 'AAEAAQ' }), token: signed(keys.rsa), ctx: none }, 'RFC 7518 section 2, Base64urlUInt');
  add('jwk-e-zero', format, { jwk: rsa({ e: 'AA' }) });
  add('jwk-n-leading-zero', format, { jwk: rsa({ n: b64(Buffer.concat([Buffer.alloc(1), unb64(rsa().n)])) }), token: signed(keys.rsa), ctx: none },
    'RFC 7518 section 6.3.1.1');
  for (const [name, value] of [['missing', undefined], ['empty', ''], ['number', 65537], ['padded', 'AQAB=='], ['not-canonical', 'AQABAB'], ['standard-alphabet', '+/8B'], ['space', ' AQAB']]) {
    add(`jwk-e-${name}`, format, { jwk: rsa({ e: value }) });
  }
  add('jwk-n-missing', format, { jwk: rsa({ n: undefined }) });
  add('jwk-n-padded', format, { jwk: rsa({ n: `${rsa().n}==` }), token: signed(keys.rsa), ctx: none });
}

function points(add, { format, none, ec, ed, signed }) {
  const { x, y } = ec();
  const pad = (text) => b64(Buffer.concat([Buffer.alloc(1), unb64(text)]));
  add('jwk-ec-off-curve', format, { jwk: ec({ y: x }) });
  add('jwk-ec-zero', format, { jwk: ec({ x: b64(Buffer.alloc(32)), y: b64(Buffer.alloc(32)) }) });
  add('jwk-ec-x-padded', format, { jwk: ec({ x: pad(x) }), token: signed(keys.p256, 'ES256'), ctx: none }, 'RFC 7518 section 6.2.1.2: the full length, no more');
  add('jwk-ec-y-padded', format, { jwk: ec({ y: pad(y) }), token: signed(keys.p256, 'ES256'), ctx: none });
  add('jwk-ec-x-short', format, { jwk: ec({ x: b64(unb64(x).subarray(1)) }) });
  add('jwk-ec-x-above-p', format, { jwk: ec({ x: b64(Buffer.alloc(32, 0xff)) }) });
  add('jwk-ec-y-missing', format, { jwk: ec({ y: undefined }) });
  add('jwk-ec-crv-missing', format, { jwk: ec({ crv: undefined }) });
  add('jwk-ec-crv-number', format, { jwk: ec({ crv: 256 }) });
  add('jwk-ec-crv-other', format, { jwk: ec({ crv: 'P-384' }) });
  add('jwk-ec-crv-lower-case', 'RG_E_JWK_TYPE', { jwk: ec({ crv: 'p-256' }) });
  add('jwk-ec-crv-openssl-name', 'RG_E_JWK_TYPE', { jwk: ec({ crv: 'prime256v1' }) });
  add('jwk-ec-crv-ed25519', 'RG_E_JWK_TYPE', { jwk: ec({ crv: 'Ed25519' }) });
  add('jwk-ec-secp256k1', 'RG_E_JWK_TYPE', { jwk: jwkOf(keys.k256) });
  add('jwk-okp-ed448', 'RG_E_JWK_TYPE', { jwk: { kty: 'OKP', crv: 'Ed448', x: b64(Buffer.alloc(57, 1)) } });
  add('jwk-okp-x25519', 'RG_E_JWK_TYPE', { jwk: ed({ crv: 'X25519' }) });
  add('jwk-okp-p256', 'RG_E_JWK_TYPE', { jwk: ed({ crv: 'P-256' }) });
  add('jwk-okp-31-bytes', format, { jwk: ed({ x: b64(unb64(ed().x).subarray(1)) }) });
  add('jwk-okp-33-bytes', format, { jwk: ed({ x: b64(Buffer.concat([unb64(ed().x), Buffer.alloc(1)])) }), token: signed(keys.ed, 'EdDSA'), ctx: none });
  add('jwk-okp-x-missing', format, { jwk: ed({ x: undefined }) });
}
