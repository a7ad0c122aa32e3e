// SPDX-License-Identifier: ISC
// Wrong ID tokens. The names of the OpenID Foundation's conformance modules
// (oidcc-client-test-…) are kept where there is one. Row format: behaviours.mjs.
import { publicJwk, publicPem } from './forge.mjs';

const HOUR = 3600;
const OTHER_TENANT = 'ffffffff-0000-4000-8000-000000000000';

const claim = (name, value) => ({
  draft: (d, w) => {
    d.claims[name] = typeof value === 'function' ? value(w) : value;
  },
});
// Rules that hold for Entra only.
const entra = (hooks, plain) => ({ ...hooks, entra: true,
  ...(plain && { plain }) });
const without = (name) => ({ draft: (d) => { delete d.claims[name]; } });

// Writes a number that JSON.stringify cannot write.
const literal = (name, text) => ({
  draft: (d) => {
    d.payloadText = JSON.stringify({ ...d.claims, [name]: '@literal@' })
      .replace('"@literal@"', text);
  },
});

// Signed by a key that nobody published, under the kid of one that was.
const rogue = (header) => ({
  draft: (d, w) => {
    d.key = w.keys.rogue;
    Object.assign(d.header, header?.(w));
  },
});
const unsigned = (alg) => ({
  draft: (d) => {
    d.header.alg = alg;
    d.signature = Buffer.alloc(0);
  },
});
const hmac = (secret) => ({
  draft: (d, w) => {
    d.header.alg = 'HS256';
    d.alg = 'HS256';
    d.key = secret(w);
  },
});
const other = (alg) => ({
  draft: (d) => {
    d.header.alg = alg;
    d.alg = alg;
  },
});

const CLAIMS = {
  'invalid-iss': ['refuse', 'RG_E_ISS', 'iss is another issuer',
    claim('iss', (w) => `https://wrong.example/${w.tenant}/v2.0`)],
  'iss-trailing-slash': ['refuse', 'RG_E_ISS', 'iss has one more slash',
    claim('iss', (w) => `${w.issuer}/`)],
  'missing-iss': ['refuse', 'RG_E_ISS', 'no iss', without('iss')],
  'missing-sub': ['refuse', 'RG_E_SUB', 'no sub', without('sub')],
  'sub-empty': ['refuse', 'RG_E_SUB', 'sub is ""', claim('sub', '')],
  'sub-too-long': ['refuse', 'RG_E_SUB', 'sub of 256 characters',
    claim('sub', 'a'.repeat(256))],
  'sub-number': ['refuse', 'RG_E_SUB', 'sub is a number', claim('sub', 42)],
  'invalid-aud': ['refuse', 'RG_E_AUD', 'aud is another client',
    claim('aud', 'ffffffff-0000-4000-8000-000000000000')],
  'missing-aud': ['refuse', 'RG_E_AUD', 'no aud', without('aud')],
  'aud-empty-array': ['refuse', 'RG_E_AUD', 'aud is []', claim('aud', [])],
  'aud-prefix': ['refuse', 'RG_E_AUD', 'aud is our id and one character more',
    claim('aud', (w) => `${w.client}0`)],
  'aud-array-ok': ['sign-in', null, 'aud is an array of just our id',
    claim('aud', (w) => [w.client])],
  'multiple-aud-no-azp': ['refuse', 'RG_E_AUD', 'two audiences, no azp',
    claim('aud', (w) => [w.client, 'other'])],
  'wrong-azp': ['refuse', 'RG_E_AZP', 'azp is another client',
    claim('azp', 'other')],
  'missing-iat': ['refuse', 'RG_E_IAT_MISSING', 'no iat', without('iat')],
  'iat-future': ['refuse', 'RG_E_IAT_FUTURE', 'iat in an hour',
    claim('iat', (w) => w.now() + HOUR)],
  'missing-exp': ['refuse', 'RG_E_EXP_MISSING', 'no exp', without('exp')],
  expired: ['refuse', 'RG_E_EXPIRED', 'exp an hour ago', {
    draft: (d, w) => Object.assign(d.claims, {
      iat: w.now() - 2 * HOUR, nbf: w.now() - 2 * HOUR, exp: w.now() - HOUR,
    }),
  }],
  'exp-string': ['refuse', 'RG_E_TIME_TYPE', 'exp is a string of digits',
    claim('exp', (w) => String(w.now() + HOUR))],
  'exp-float': ['refuse', 'RG_E_TIME_TYPE', 'exp has a fraction',
    claim('exp', (w) => w.now() + HOUR + 0.5)],
  'exp-huge': ['refuse', 'RG_E_TIME_TYPE', 'exp is 1e300',
    literal('exp', '1e300')],
  'exp-over-64-bit': ['refuse', 'RG_E_PAYLOAD_JSON',
    'exp is 2^64 written as an integer',
    literal('exp', '18446744073709551616')],
  'exp-negative': ['refuse', 'RG_E_TIME_TYPE', 'exp is -1', claim('exp', -1)],
  'nbf-future': ['refuse', 'RG_E_NOT_YET', 'nbf in an hour',
    claim('nbf', (w) => w.now() + HOUR)],
  'nonce-invalid': ['refuse', 'RG_E_NONCE', 'another nonce',
    claim('nonce', 'x'.repeat(43))],
  'nonce-missing': ['refuse', 'RG_E_NONCE', 'no nonce', without('nonce')],
  'at-hash-wrong': ['refuse', 'RG_E_AT_HASH', 'at_hash of another token',
    claim('at_hash', 'A'.repeat(22))],
  'tid-wrong': ['refuse', 'RG_E_ISS_TENANT', 'tid is another tenant',
    entra(claim('tid', OTHER_TENANT))],
  'tenant-wrong': ['refuse', 'RG_E_TENANT', 'tid and iss of another tenant',
    entra({ draft: (d, w) => Object.assign(d.claims, {
      tid: OTHER_TENANT, iss: w.issuer.replace(w.tenant, OTHER_TENANT),
    }) }, 'RG_E_ISS')],
  'tid-twice': ['refuse', 'RG_E_TID_DUPLICATE', 'a second tid, as TID',
    entra(claim('TID', OTHER_TENANT), 'RG_E_PAYLOAD_JSON')],
  'iss-tenant': ['refuse', 'RG_E_ISS_TENANT', 'iss of another tenant',
    entra(claim('iss',
      (w) => w.issuer.replace(w.tenant, OTHER_TENANT)),
    'RG_E_ISS')],
  'iss-template': ['refuse', 'RG_E_TENANT_TEMPLATE', 'iss is the template',
    entra(claim('iss',
      (w) => w.issuer.replace(w.tenant, '{tenantid}')),
    'RG_E_ISS')],
  'iss-userinfo': ['refuse', 'RG_E_ISS_USERINFO',
    'iss hides its host behind user info',
    entra(claim('iss',
      (w) => w.issuer.replace('/127.0.0.1', '/a@127.0.0.1')),
    'RG_E_ISS')],
  'iss-cloud': ['refuse', 'RG_E_ISS_CLOUD', 'iss is of Microsoft\'s own cloud',
    entra(claim('iss',
      (w) => `https://login.microsoftonline.com/${w.tenant}/v2.0`),
    'RG_E_ISS')],
  'ver-1': ['refuse', 'RG_E_TOKEN_VERSION', 'ver is 1.0',
    entra(claim('ver', '1.0'))],
  'id-token-v1': ['refuse', 'RG_E_TOKEN_VERSION', 'an ID token of v1.0',
    entra({ draft: (d, w) => Object.assign(d.claims, {
      ver: '1.0', iss: w.issuer.replace(/v2\.0$/, ''),
    }) }, 'RG_E_ISS')],
  'app-only': ['refuse', 'RG_E_APP_ONLY', 'a token of an application',
    entra(claim('idtyp', 'app'))],
  'app-only-sub': ['refuse', 'RG_E_APP_ONLY', 'sub is oid: no person has that',
    entra({ draft: (d) => { d.claims.sub = d.claims.oid; } })],
  'missing-tid': ['refuse', 'RG_E_TID', 'no tid', entra(without('tid'))],
  'missing-oid': ['refuse', 'RG_E_OID', 'no oid', entra(without('oid'))],
};

const SHAPES = {
  'dup-claim': ['refuse', 'RG_E_PAYLOAD_JSON', 'sub twice in the payload', {
    draft: (d) => {
      d.payloadText = JSON.stringify(d.claims).replace(/}$/, ',"sub":"victim"}');
    },
  }],
  'dup-claim-escaped': ['refuse', 'RG_E_PAYLOAD_JSON',
    'sub twice, once spelled s\\u0075b', {
      draft: (d) => {
        d.payloadText = JSON.stringify(d.claims)
          .replace(/}$/, ',"s\\u0075b":"victim"}');
      },
    }],
  'dup-header': ['refuse', 'RG_E_HEADER_JSON', 'alg twice in the header', {
    draft: (d) => {
      d.headerText = JSON.stringify(d.header).replace(/^{/, '{"alg":"none",');
    },
  }],
  'payload-array': ['refuse', 'RG_E_PAYLOAD_JSON', 'the payload is an array', {
    draft: (d) => { d.payloadText = JSON.stringify([d.claims]); },
  }],
  'four-parts': ['refuse', 'RG_E_TOKEN_PARTS', 'a fourth part', {
    draft: (d) => { d.finish = (parts) => [...parts, 'e30'].join('.'); },
  }],
  'base64-padded': ['refuse', 'RG_E_TOKEN_BASE64', 'the signature is padded', {
    draft: (d) => { d.finish = (parts) => `${parts.join('.')}==`; },
  }],
  'token-oversize': ['refuse', 'RG_E_NET_SIZE', 'a claim of 100 KB', {
    draft: (d) => { d.claims.padding = 'x'.repeat(100 * 1024); },
  }],
  'typ-at-jwt': ['refuse', 'RG_E_TYP', 'typ is at+jwt', {
    draft: (d) => { d.header.typ = 'at+jwt'; },
  }],
  'access-token-as-id-token': ['refuse', 'RG_E_AUD',
    'the id_token is an access token for another API, well signed', {
      draft: (d) => {
        d.claims.aud = 'api://other';
        d.claims.scp = 'User.Read';
        delete d.claims.nonce;
      },
    }],
};

const SIGNATURES = {
  'kid-absent-single': ['sign-in', null, 'no kid, one key published', {
    draft: (d) => { delete d.header.kid; },
    keys: (set) => { set.keys = set.keys.slice(0, 1); },
  }],
  'kid-absent-multiple': ['either', 'RG_E_KID_MISSING',
    'no kid, two keys published', {
      draft: (d) => { delete d.header.kid; },
    }],
  'kid-unknown': ['refuse', 'RG_E_KID_UNKNOWN',
    'signed by a key that is not published, under its own kid',
    rogue((w) => ({ kid: w.keys.rogue.kid }))],
  'kid-path': ['refuse', 'RG_E_KID_UNKNOWN', 'kid is a path and a piece of SQL',
    rogue(() => ({ kid: "../../etc/passwd' OR 1=1 --" }))],
  'sig-none': ['refuse', 'RG_E_TOKEN_PARTS', 'alg none, no signature',
    unsigned('none')],
  'sig-none-case': ['refuse', 'RG_E_TOKEN_PARTS', 'alg nOnE, no signature',
    unsigned('nOnE')],
  'sig-none-garbage': ['refuse', 'RG_E_ALG_NONE',
    'alg none, some bytes as signature', {
      draft: (d) => {
        d.header.alg = 'none';
        d.signature = Buffer.from('nothing');
      },
    }],
  'sig-stripped': ['refuse', 'RG_E_TOKEN_PARTS', 'alg RS256, no signature',
    unsigned('RS256')],
  'invalid-sig': ['refuse', 'RG_E_SIGNATURE', 'one bit of it is wrong', {
    draft: (d) => {
      d.finish = ([head, body, text]) => {
        const bytes = Buffer.from(text, 'base64url');
        bytes[10] ^= 1;
        return [head, body, bytes.toString('base64url')].join('.');
      };
    },
  }],
  'payload-swapped': ['refuse', 'RG_E_SIGNATURE',
    'the payload was changed after signing', {
      draft: (d) => {
        d.finish = ([head, , text]) => [head, Buffer.from(JSON.stringify(
          { ...d.claims, name: 'Somebody Else' },
        )).toString('base64url'), text].join('.');
      },
    }],
  'sig-rogue-key': ['refuse', 'RG_E_SIGNATURE',
    'signed by an unpublished key under a published kid', rogue()],
  'hs256-client-secret': ['refuse', 'RG_E_ALG_UNSUPPORTED',
    'HS256 with the client secret',
    hmac((w) => w.secret)],
  'hs256-public-pem': ['refuse', 'RG_E_ALG_UNSUPPORTED',
    'HS256 with the public key as PEM',
    hmac((w) => publicPem(w.keys.signing))],
  'hs256-public-jwk': ['refuse', 'RG_E_ALG_UNSUPPORTED',
    'HS256 with the public key as JWK text',
    hmac((w) => JSON.stringify(publicJwk(w.keys.signing)))],
  'hs256-empty': ['refuse', 'RG_E_ALG_UNSUPPORTED',
    'HS256 with an empty key', hmac(() => '')],
  'rs512-under-rs256': ['refuse', 'RG_E_ALG_MISMATCH',
    'RS512 by the right key, though RS256 is agreed', other('RS512')],
  'ps256-under-rs256': ['refuse', 'RG_E_ALG_MISMATCH',
    'PS256 by the right key, though RS256 is agreed', other('PS256')],
  'alg-lower-case': ['refuse', 'RG_E_ALG_UNSUPPORTED', 'alg is "rs256"', {
    draft: (d) => { d.header.alg = 'rs256'; },
  }],
  'embedded-jwk': ['refuse', 'RG_E_KID_UNKNOWN',
    'brings its own key in the header',
    rogue((w) => ({ jwk: publicJwk(w.keys.rogue), kid: w.keys.rogue.kid }))],
  'embedded-jwk-known-kid': ['refuse', 'RG_E_SIGNATURE',
    'brings its own key under a published kid',
    rogue((w) => ({ jwk: publicJwk(w.keys.rogue) }))],
  'jku-known-kid': ['refuse', 'RG_E_SIGNATURE',
    'names an address of keys under a published kid',
    rogue((w) => ({ jku: `${w.base}/trap/keys` }))],
  jku: ['refuse', 'RG_E_KID_UNKNOWN', 'names an address of keys in the header',
    rogue((w) => ({ jku: `${w.base}/trap/keys`, kid: w.keys.rogue.kid }))],
  x5u: ['refuse', 'RG_E_KID_UNKNOWN',
    'names an address of a certificate in the header',
    rogue((w) => ({ x5u: `${w.base}/trap/cert`, kid: w.keys.rogue.kid }))],
  crit: ['refuse', 'RG_E_CRIT', 'crit names an unknown extension', {
    draft: (d) => { Object.assign(d.header, { crit: ['x'], x: 1 }); },
  }],
  'crit-b64': ['refuse', 'RG_E_CRIT', 'crit names b64, which is true', {
    draft: (d) => { Object.assign(d.header, { crit: ['b64'], b64: true }); },
  }],
};

export const TOKENS = { ...CLAIMS, ...SHAPES, ...SIGNATURES };
