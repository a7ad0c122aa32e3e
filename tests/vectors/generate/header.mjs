// SPDX-License-Identifier: ISC
// Members of the JOSE header: alg, crit, typ and the ones that bring keys.
import { b64, claims, group, header, jwkOf, keys, sign, signingInput, token } from './kit.mjs';

// Rightly signed with RS256, whatever the header says
const rs256 = (head, payload = claims) => token(head, payload, { alg: 'RS256', by: keys.rsa });
const withAlg = (alg, kid = 'rs256') => ({ token: rs256({ alg, typ: 'JWT', kid }) });

function algNames(add) {
  for (const [name, alg] of [['lower', 'none'], ['title', 'None'], ['upper', 'NONE'], ['mixed', 'nOnE'], ['bis', 'noNE']]) {
    add(`alg-none-${name}`, 'RG_E_ALG_NONE', withAlg(alg), 'CVE-2015-9235, RFC 8725 section 3.1');
  }
  const input = signingInput({ alg: 'none' }, claims);
  add('alg-none-unsigned', 'RG_E_TOKEN_PARTS', { token: `${input}.` });
  add('alg-none-fake-signature', 'RG_E_ALG_NONE', { token: `${input}.AAAA` });
  for (const [name, alg] of [['lower-case', 'rs256'], ['mixed-case', 'Rs256'], ['trailing-space', 'RS256 '],
    ['leading-space', ' RS256'], ['empty', ''], ['prefix', 'RS25'], ['longer', 'RS2560'], ['none-space', 'none '],
    ['es256k', 'ES256K'], ['ed25519-name', 'Ed25519'], ['ed448', 'Ed448'], ['rs1', 'RS1'], ['hs256', 'HS256'],
    ['rsa-oaep', 'RSA-OAEP'], ['dir', 'dir'], ['pbes2', 'PBES2-HS256+A128KW'], ['sha256withrsa', 'SHA256withRSA'],
    ['ml-dsa', 'ML-DSA-44']]) {
    add(`alg-${name}`, 'RG_E_ALG_UNSUPPORTED', withAlg(alg));
  }
  add('alg-pbes2-p2c-bomb', 'RG_E_ALG_UNSUPPORTED', {
    token: rs256({ alg: 'PBES2-HS512+A256KW', enc: 'A256GCM', p2c: 2147483647, p2s: 'c2FsdA', kid: 'rs256' }),
  }, 'CVE-2023-51775, CVE-2024-29371: no derivation is ever started');
  add('alg-with-nul', 'RG_E_HEADER_JSON', { token: rs256('{"alg":"RS256\\u0000","kid":"rs256"}') });
  add('alg-missing', 'RG_E_ALG_MISSING', { token: rs256({ typ: 'JWT', kid: 'rs256' }) });
  for (const [name, alg] of [['null', null], ['number', 256], ['true', true], ['array', ['RS256']], ['object', { name: 'RS256' }]]) {
    add(`alg-${name}`, 'RG_E_ALG_MISSING', withAlg(alg));
  }
  add('alg-name-other-case', 'RG_E_ALG_MISSING', { token: rs256({ ALG: 'RS256', kid: 'rs256' }) });
}

function pinned(add) {
  const no = 'RG_E_ALG_MISMATCH';
  const with_ = (alg, kid, by) => ({ token: token({ alg, typ: 'JWT', kid }, claims, { by }) });
  add('alg-rs384-with-rs256-key', no, with_('RS384', 'rs256', keys.rsa), 'a good signature by the right key, but not its algorithm');
  add('alg-rs512-with-rs256-key', no, with_('RS512', 'rs256', keys.rsa), 'libjwt before c948840 took one algorithm of a family for another');
  add('alg-rs256-with-rs512-key', no, with_('RS256', 'rs512', keys.rsa));
  add('alg-ps256-with-rs256-key', no, with_('PS256', 'rs256', keys.rsa));
  add('alg-rs256-with-ps256-key', no, with_('RS256', 'ps256', keys.rsa));
  add('alg-ps384-with-ps256-key', no, with_('PS384', 'ps256', keys.rsa));
  add('alg-es256-with-es384-key', no, with_('ES256', 'es384', keys.p384));
  add('alg-es384-with-es256-key', no, with_('ES384', 'es256', keys.p256));
  add('alg-es256-with-rsa-key', no, with_('ES256', 'rs256', keys.p256));
  add('alg-rs256-with-ec-key', no, with_('RS256', 'es256', keys.rsa));
  add('alg-eddsa-with-ec-key', no, with_('EdDSA', 'es256', keys.ed));
  add('alg-es256-with-ed-key', no, with_('ES256', 'eddsa', keys.p256));
  const entra = { keys: [jwkOf(keys.rsa, { kid: 'rs256', use: 'sig' })] };
  add('alg-rs512-with-key-that-names-none', no, { ...with_('RS512', 'rs256', keys.rsa), jwks: entra },
    'Entra publishes no alg: the configuration says it, not the token (CVE-2026-44699)');
  add('alg-rs256-with-key-that-names-none', 'RG_OK', { ...with_('RS256', 'rs256', keys.rsa), jwks: entra });
  add('alg-ps256-with-key-that-names-none', 'RG_OK',
    { ...with_('PS256', 'rs256', keys.rsa), jwks: entra, ctx: { rsa_default: 'PS256' } });
  add('alg-rs256-with-ps256-configured', no,
    { ...with_('RS256', 'rs256', keys.rsa), jwks: entra, ctx: { rsa_default: 'PS256' } });
}

function critical(add) {
  const more = (members) => ({ token: rs256(header('RS256', members)) });
  add('crit-unknown', 'RG_E_CRIT', more({ crit: ['x'], x: 1 }), 'CVE-2026-32597');
  add('crit-empty', 'RG_E_CRIT', more({ crit: [] }));
  add('crit-absent-member', 'RG_E_CRIT', more({ crit: ['exp'] }));
  add('crit-standard-member', 'RG_E_CRIT', more({ crit: ['alg'] }));
  add('crit-null', 'RG_E_CRIT', more({ crit: null }));
  add('crit-string', 'RG_E_CRIT', more({ crit: 'exp', exp: 1 }));
  add('crit-b64', 'RG_E_CRIT', more({ crit: ['b64'], b64: false }), 'RFC 7797');
  add('b64-false', 'RG_E_CRIT', more({ b64: false }));
  add('b64-true', 'RG_E_CRIT', more({ b64: true }));
  const raw = `${b64('{"alg":"RS256","kid":"rs256","b64":false,"crit":["b64"]}')}.${JSON.stringify({ sub: 'x' }).replaceAll('.', '')}`;
  add('b64-false-raw-payload', 'RG_E_TOKEN_BASE64', { token: `${raw}.${b64(sign('RS256', raw))}` });
}

function types(add) {
  const typ = (value) => ({ token: rs256(header('RS256', { typ: value })) });
  add('typ-absent', 'RG_OK', typ(undefined));
  add('typ-jwt-lower', 'RG_OK', typ('jwt'));
  add('typ-jwt-title', 'RG_OK', typ('Jwt'));
  for (const [name, value] of [['at-jwt', 'at+jwt'], ['logout-jwt', 'logout+jwt'], ['dpop-jwt', 'dpop+jwt'],
    ['jose', 'JOSE'], ['media-type', 'application/jwt'], ['empty', ''], ['longer', 'JWTX'], ['shorter', 'JW'],
    ['number', 1], ['null', null], ['array', ['JWT']]]) {
    add(`typ-${name}`, 'RG_E_TYP', typ(value), 'RFC 8725 section 3.11: one kind of token must not pass for another');
  }
  add('cty-ignored', 'RG_OK', { token: rs256(header('RS256', { cty: 'json' })) });
  const inner = token(header('RS256'));
  add('nested-token', 'RG_E_PAYLOAD_JSON', { token: rs256(header('RS256', { cty: 'JWT' }), inner) });
}

function keysInTheHeader(add) {
  const evil = { by: keys.other, alg: 'RS256' };
  const jwk = jwkOf(keys.other);
  const from = (members, options = evil) => ({ token: token(header('RS256', members), claims, options) });
  const no = 'RG_E_SIGNATURE';
  add('jwk-of-attacker', no, from({ jwk }), 'CVE-2018-0114');
  add('jwk-of-attacker-own-kid', 'RG_E_KID_UNKNOWN', from({ jwk: { ...jwk, kid: 'evil' }, kid: 'evil' }));
  add('jwk-of-attacker-no-kid', no, from({ jwk, kid: undefined }));
  add('jku-of-attacker', no, from({ jku: 'https://evil.example/keys' }), 'nothing is fetched: RFC 8725 section 3.10');
  add('x5u-of-attacker', no, from({ x5u: 'https://evil.example/cert.pem' }));
  add('x5c-of-attacker', no, from({ x5c: ['MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8A'] }));
  const own = { by: keys.rsa, alg: 'RS256' };
  add('jwk-ignored', 'RG_OK', from({ jwk }, own));
  add('jku-ignored', 'RG_OK', from({ jku: 'file:///etc/passwd' }, own));
  add('x5c-ignored', 'RG_OK', from({ x5c: 7, x5t: 'AAAA', 'x5t#S256': null, x5u: {} }, own));
  add('zip-ignored', 'RG_OK', from({ zip: 'DEF' }, own), 'zip is for JWE only; nothing is inflated');
  add('nonce-hashed', no, (() => {
    const t = token(header('RS256', { nonce: 'hash-of-this-was-signed' })).split('.');
    return { token: `${b64(JSON.stringify(header('RS256', { nonce: 'this' })))}.${t[1]}.${t[2]}` };
  })(), 'an access token for Microsoft Graph: its signature is for Graph only');
}

export default function headers() {
  const add = group(400);
  algNames(add);
  pinned(add);
  critical(add);
  types(add);
  keysInTheHeader(add);
}
