// SPDX-License-Identifier: ISC
// Claims of rightly signed ID tokens: OpenID Connect Core section 3.1.3.7.
import crypto from 'node:crypto';
import { algs, b64, claims, expectations, group, header, now, token } from './kit.mjs';

const skew = expectations.skew;
const withClaims = (more, ctx) => ({ token: token(header('RS256'), { ...claims, ...more }), ctx });
const text = (from, to) => ({ token: token(header('RS256'), JSON.stringify(claims).replace(from, to), { alg: 'RS256' }) });

function names(add) {
  const iss = 'RG_E_ISS';
  add('iss-missing', iss, withClaims({ iss: undefined }));
  for (const [name, value] of [['slash', `${claims.iss}/`], ['no-version', claims.iss.replace('/v2.0', '')],
    ['upper-case', claims.iss.toUpperCase()], ['host-case', claims.iss.replace('login', 'LOGIN')],
    ['http', claims.iss.replace('https', 'http')], ['prefix', claims.iss.slice(0, -1)], ['longer', `${claims.iss}x`],
    ['userinfo', claims.iss.replace('//', '//login.example.com@evil.')], ['other-tenant', claims.iss.replace('7d4f', '8d4f')],
    ['template', 'https://login.example.com/{tenantid}/v2.0'], ['port', claims.iss.replace('.com/', '.com:443/')],
    ['space', `${claims.iss} `], ['empty', ''], ['number', 1], ['array', [claims.iss]], ['null', null]]) {
    add(`iss-${name}`, iss, withClaims({ iss: value }));
  }
  const aud = 'RG_E_AUD';
  const us = claims.aud;
  add('aud-missing', aud, withClaims({ aud: undefined }));
  for (const [name, value] of [['other', 'somebody'], ['upper-case', us.toUpperCase()], ['prefix', us.slice(0, -1)],
    ['longer', `${us}0`], ['empty', ''], ['number', 1], ['true', true], ['null', null], ['object', { [us]: true }],
    ['array-empty', []], ['array-other', ['somebody']], ['array-others-too', [us, 'somebody']],
    ['array-others-first', ['somebody', us]], ['array-number', [us, 1]], ['array-null', [null]], ['array-nested', [[us]]],
    ['uri-form', `api://${us}`]]) {
    add(`aud-${name}`, aud, withClaims({ aud: value }), name === 'array-others-too' ? 'other audiences are not trusted' : undefined);
  }
  add('aud-array', 'RG_OK', withClaims({ aud: [us] }));
  add('aud-array-repeated', 'RG_OK', withClaims({ aud: [us, us] }));
  add('aud-others-with-azp', aud, withClaims({ aud: [us, 'somebody'], azp: us }));
  add('azp-same', 'RG_OK', withClaims({ azp: us }));
  for (const [name, value] of [['other', 'somebody'], ['prefix', us.slice(0, -1)], ['empty', ''], ['number', 1], ['null', null], ['array', [us]], ['upper-case', us.toUpperCase()]]) {
    add(`azp-${name}`, 'RG_E_AZP', withClaims({ azp: value }));
  }
}

function subject(add) {
  const sub = 'RG_E_SUB';
  add('sub-missing', sub, withClaims({ sub: undefined }));
  for (const [name, value] of [['empty', ''], ['256-characters', 's'.repeat(256)], ['newline', 'a\nb'], ['delete', 'a\u007f'],
    ['not-ascii', 'José'], ['number', 1], ['null', null], ['array', ['a']]]) {
    add(`sub-${name}`, sub, withClaims({ sub: value }));
  }
  add('sub-255-characters', 'RG_OK', withClaims({ sub: 's'.repeat(255) }));
  add('sub-with-space', 'RG_OK', withClaims({ sub: 'CN=Dana Diaz, O=Contoso' }));
  const twice = 'RG_E_PAYLOAD_JSON';
  for (const name of ['iss', 'aud', 'azp', 'exp', 'nbf', 'iat', 'sub', 'nonce', 'tid', 'oid']) {
    add(`two-cases-of-${name}`, twice, withClaims({ [name]: claims[name] ?? claims.aud, [name.toUpperCase()]: 'x' }),
      'which of the two counts depends on the reader');
  }
  add('two-cases-neither-plain', twice, withClaims({ Tid: 'a', TID: 'b' }));
  add('sub-control-first', sub, withClaims({ sub: '\u001fa' }));
  add('sub-tilde', 'RG_OK', withClaims({ sub: ' ~' }), 'the first and the last printable character');
  add('other-case-alone', 'RG_OK', withClaims({ TID: 'a' }), 'one claim is no doubt; a reader of tid finds none');
}

function times(add) {
  add('exp-missing', 'RG_E_EXP_MISSING', withClaims({ exp: undefined }));
  add('iat-missing', 'RG_E_IAT_MISSING', withClaims({ iat: undefined }));
  add('nbf-missing', 'RG_OK', withClaims({ nbf: undefined }));
  add('exp-last-second', 'RG_OK', withClaims({ exp: now - skew + 1 }));
  add('exp-just-passed', 'RG_E_EXPIRED', withClaims({ exp: now - skew }));
  add('exp-long-ago', 'RG_E_EXPIRED', withClaims({ exp: now - skew - 1 }));
  add('exp-now-no-skew', 'RG_E_EXPIRED', withClaims({ exp: now }, { claims: { skew: 0 } }), 'RFC 7519 section 4.1.4: on or after');
  add('exp-next-second-no-skew', 'RG_OK', withClaims({ exp: now + 1 }, { claims: { skew: 0 } }));
  add('exp-skew-300', 'RG_OK', withClaims({ exp: now - 299 }, { claims: { skew: 300 } }));
  add('exp-skew-300-passed', 'RG_E_EXPIRED', withClaims({ exp: now - 300 }, { claims: { skew: 300 } }));
  add('exp-zero', 'RG_E_EXPIRED', withClaims({ exp: 0 }));
  add('exp-far', 'RG_OK', withClaims({ exp: 2 ** 53 }));
  add('nbf-at-skew', 'RG_OK', withClaims({ nbf: now + skew }));
  add('nbf-too-early', 'RG_E_NOT_YET', withClaims({ nbf: now + skew + 1 }));
  add('nbf-zero', 'RG_OK', withClaims({ nbf: 0 }));
  add('iat-at-skew', 'RG_OK', withClaims({ iat: now + skew }));
  add('iat-in-future', 'RG_E_IAT_FUTURE', withClaims({ iat: now + skew + 1 }));
  add('iat-long-ago', 'RG_OK', withClaims({ iat: now - 86400 }));
  const type = 'RG_E_TIME_TYPE';
  for (const name of ['exp', 'nbf', 'iat', 'auth_time']) {
    const put = (value) => ({
      token: token(header('RS256'), JSON.stringify({ ...claims, [name]: '@' }).replace('"@"', value), { alg: 'RS256' }),
    });
    add(`${name}-string`, type, put(`"${now + 3600}"`));
    add(`${name}-real`, type, put(`${now}.0`));
    add(`${name}-exponent`, type, put('1e300'));
    add(`${name}-negative`, type, put('-1'));
    add(`${name}-above-2-53`, type, put('9007199254740993'));
    add(`${name}-int64-max`, type, put('9223372036854775807'), 'added to the skew it would be negative');
    add(`${name}-null`, type, put('null'));
    add(`${name}-true`, type, put('true'));
  }
  add('exp-array', type, withClaims({ exp: [now + 3600] }));
  add('exp-above-int64', 'RG_E_PAYLOAD_JSON', text(String(now + 3600), '9223372036854775808'));
  add('nbf-minus-zero', 'RG_OK', text(`"nbf":${now}`, '"nbf":-0'));
  add('auth-time', 'RG_OK', withClaims({ auth_time: now - 10 }));
}

function bindings(add) {
  const nonce = 'RG_E_NONCE';
  add('nonce-missing', nonce, withClaims({ nonce: undefined }));
  for (const [name, value] of [['other', 'another'], ['prefix', claims.nonce.slice(0, -1)], ['longer', `${claims.nonce}x`],
    ['other-case', claims.nonce.toUpperCase()], ['empty', ''], ['number', 1], ['null', null], ['array', [claims.nonce]]]) {
    add(`nonce-${name}`, nonce, withClaims({ nonce: value }));
  }
  add('nonce-not-expected', 'RG_OK', withClaims({ nonce: 'whatever' }, { claims: { nonce: null } }));

  const access = 'an-access-token.of-any.form';
  const ctx = { claims: { access_token: access } };
  const half = (hash) => { const d = crypto.createHash(hash).update(access).digest(); return d.subarray(0, d.length / 2); };
  for (const alg of algs) {
    const at_hash = b64(half(alg === 'EdDSA' ? 'sha512' : `sha${alg.slice(2)}`));
    add(`at-hash-${alg.toLowerCase()}`, 'RG_OK', { token: token(header(alg), { ...claims, at_hash }), ctx });
  }
  const at_hash = b64(half('sha256'));
  const no = 'RG_E_AT_HASH';
  add('at-hash-absent', 'RG_OK', withClaims({}, ctx), 'tokens of the code flow need none');
  add('at-hash-no-access-token', 'RG_OK', withClaims({ at_hash: 'whatever' }));
  add('at-hash-of-another', no, withClaims({ at_hash: b64(half('sha1')) }, ctx));
  add('at-hash-whole-hash', no, withClaims({ at_hash: b64(crypto.createHash('sha256').update(access).digest()) }, ctx));
  add('at-hash-right-half', no, withClaims({ at_hash: b64(crypto.createHash('sha256').update(access).digest().subarray(16)) }, ctx));
  add('at-hash-sha512', no, withClaims({ at_hash: b64(half('sha512')) }, ctx));
  add('at-hash-eddsa-sha256', no, { token: token(header('EdDSA'), { ...claims, at_hash }), ctx });
  add('at-hash-padded', no, withClaims({ at_hash: `${at_hash}==` }, ctx));
  add('at-hash-prefix', no, withClaims({ at_hash: at_hash.slice(0, -1) }, ctx));
  add('at-hash-empty', no, withClaims({ at_hash: '' }, ctx));
  add('at-hash-null', no, withClaims({ at_hash: null }, ctx));
  add('at-hash-number', no, withClaims({ at_hash: 1 }, ctx));
}

export default function allClaims() {
  names(group(900));
  subject(group(960));
  times(group(1000));
  bindings(group(1080));
}
