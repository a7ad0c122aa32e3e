// SPDX-License-Identifier: ISC
// Finding the key: kid is text that a stranger wrote.
import { claims, defaultSet, group, jwkOf, keys, token } from './kit.mjs';

const own = { alg: 'RS256', by: keys.rsa };
const withKid = (kid) => token({ alg: 'RS256', typ: 'JWT', kid }, claims, own);

export default function kid() {
  const add = group(640);
  const unknown = 'RG_E_KID_UNKNOWN';
  const type = 'RG_E_KID_TYPE';

  for (const [name, value] of [['unknown', 'nobody'], ['other-case', 'RS256'], ['trailing-space', 'rs256 '],
    ['prefix', 'rs25'], ['longer', 'rs2560'], ['path', '../../../../dev/null'], ['url', 'https://evil.example/key'],
    ['sql', "x' UNION SELECT 'key"], ['shell', '$(id)'], ['255-characters', 'k'.repeat(255)]]) {
    add(`kid-${name}`, unknown, { token: withKid(value) }, 'a kid is compared, never looked up by: RFC 8725 section 3.10');
  }
  for (const [name, value] of [['256-characters', 'k'.repeat(256)], ['empty', ''], ['number', 256], ['null', null],
    ['true', true], ['array', ['rs256']], ['object', { kid: 'rs256' }], ['newline', 'rs256\n'], ['escape', 'rs256\u001b[2J'],
    ['delete', 'rs256\u007f'], ['not-ascii', 'rs256é']]) {
    add(`kid-${name}`, type, { token: withKid(value) });
  }
  add('kid-of-another-key', 'RG_E_SIGNATURE', {
    token: withKid('b'),
    jwks: { keys: [jwkOf(keys.rsa, { kid: 'a' }), jwkOf(keys.other, { kid: 'b' })] },
  });
  add('kid-of-the-second-key', 'RG_OK', {
    token: withKid('b'),
    jwks: { keys: [jwkOf(keys.other, { kid: 'a' }), jwkOf(keys.rsa, { kid: 'b' })] },
  });
  add('kid-of-key-of-other-alg', 'RG_E_ALG_MISMATCH', { token: withKid('es256') });

  add('kid-absent-one-key-fits', 'RG_OK', { token: withKid(undefined) },
    'ten keys, one of them for RS256: OpenID Connect Core section 10.1');
  add('kid-absent-single-key', 'RG_OK', { token: withKid(undefined), jwks: { keys: [jwkOf(keys.rsa, { kid: 'only' })] } });
  add('kid-absent-two-keys-fit', 'RG_E_KID_MISSING', {
    token: withKid(undefined),
    jwks: { keys: [jwkOf(keys.rsa, { kid: 'a' }), jwkOf(keys.other, { kid: 'b' })] },
  });
  add('kid-absent-two-keys-without-kid', 'RG_E_KID_MISSING', {
    token: withKid(undefined), jwks: { keys: [jwkOf(keys.rsa), jwkOf(keys.other)] },
  });
  add('kid-absent-no-key-fits', unknown, {
    token: withKid(undefined), jwks: { keys: defaultSet.keys.filter(({ alg }) => alg !== 'RS256') },
  });
  add('kid-absent-wrong-key-fits', 'RG_E_SIGNATURE', { token: withKid(undefined), jwks: { keys: [jwkOf(keys.other)] } });
  add('kid-given-keys-have-none', unknown, { token: withKid('rs256'), jwks: { keys: [jwkOf(keys.rsa)] } });
  add('kid-of-a-key-left-out', unknown, {
    token: withKid('enc'),
    jwks: { keys: [jwkOf(keys.rsa, { kid: 'enc', use: 'enc' }), jwkOf(keys.other, { kid: 'a' })] },
  });
  add('kid-single-key-differs', unknown, { token: withKid('b'), jwk: jwkOf(keys.rsa, { kid: 'a' }), ctx: { claims: null } });
  add('kid-single-key-has-none', 'RG_OK', { token: withKid('b'), jwk: jwkOf(keys.rsa), ctx: { claims: null } });
  add('kid-single-token-has-none', 'RG_OK',
    { token: withKid(undefined), jwk: jwkOf(keys.rsa, { kid: 'a' }), ctx: { claims: null } });
  add('kid-single-key-other-case', unknown, { token: withKid('A'), jwk: jwkOf(keys.rsa, { kid: 'a' }), ctx: { claims: null } });
}
