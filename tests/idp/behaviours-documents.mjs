// SPDX-License-Identifier: ISC
// Wrong discovery documents and key sets. An application that has good ones
// cached does not notice: start with an empty cache. Row format: behaviours.mjs.
import { publicJwk } from './forge.mjs';

const MEGABYTES = 10 * 1024 * 1024;

export const html = () => ({
  status: 200, type: 'text/html', body: '<!doctype html><p>Hello, proxy here',
});
const redirect = (path) => (body, w) => ({
  status: 302, headers: { location: w.base + path }, body: '',
});
// Valid JSON all the way, just far too much of it.
export const huge = (body) => ({
  status: 200, type: 'application/json',
  body: JSON.stringify({ ...body, padding: 'x'.repeat(MEGABYTES) }),
});
export const status500 = () => ({ status: 500, type: 'text/plain', body: 'no\n' });

const set = (name, value) => ({
  discovery: (doc, w) => {
    const v = typeof value === 'function' ? value(w) : value;
    if (v === undefined) delete doc[name];
    else doc[name] = v;
  },
});
// Every key of the set changed in one way.
const each = (change) => ({
  keys: (jwks, w) => { jwks.keys.forEach((key) => change(key, w)); },
});

const DISCOVERY = {
  'discovery-issuer-mismatch': ['refuse', 'RG_E_DISCOVERY_ISSUER',
    'the document names another issuer',
    set('issuer', (w) => w.issuer.replace('v2.0', 'v2.1'))],
  'discovery-redirect': ['refuse', 'RG_E_NET_STATUS',
    'redirects to a good document elsewhere',
    { discovery: redirect('/trap/discovery') }],
  'discovery-http-endpoint': ['refuse', 'RG_E_DISCOVERY',
    'the token endpoint is plain http on another machine',
    set('token_endpoint', 'http://192.0.2.1/token')],
  'discovery-credentials-endpoint': ['refuse', 'RG_E_DISCOVERY',
    'the token endpoint hides its host behind a user name',
    set('token_endpoint', (w) => `${w.base}@192.0.2.1/token`)],
  'discovery-file-keys': ['refuse', 'RG_E_DISCOVERY', 'jwks_uri is a file',
    set('jwks_uri', 'file:///etc/passwd')],
  'discovery-missing-token-endpoint': ['refuse', 'RG_E_DISCOVERY',
    'no token endpoint', set('token_endpoint', undefined)],
  'discovery-missing-jwks-uri': ['refuse', 'RG_E_DISCOVERY', 'no jwks_uri',
    set('jwks_uri', undefined)],
  'discovery-html': ['refuse', 'RG_E_DISCOVERY', 'a page instead of JSON',
    { discovery: html }],
  'discovery-huge': ['refuse', 'RG_E_NET_SIZE', '10 MB', { discovery: huge }],
  'discovery-500': ['refuse', 'RG_E_NET_STATUS', 'status 500',
    { discovery: status500 }],
};

const KEYS = {
  'jwks-uri-changes': ['sign-in', null,
    'keys moved to another address and changed; the old one has the old keys', {
      start: async (w) => { await w.moveKeys(); },
    }],
  'key-rotation-before-signing': ['sign-in', null,
    'a new key, published just before it signs', {
      beforeSigning: async (w) => { await w.rotate(); },
    }],
  'key-rotation-between': ['sign-in', null,
    'a new key from the second sign-in on: sign in twice', {
      start: (w) => { w.rotated = 0; },
      beforeSigning: async (w) => {
        if (w.rotated > 0) await w.rotate();
        w.rotated += 1;
      },
    }],
  'jwks-huge': ['refuse', 'RG_E_NET_SIZE', '10 MB', { keys: huge }],
  'jwks-html': ['refuse', 'RG_E_JSON',
    'a page instead of JSON', { keys: html }],
  'jwks-500': ['refuse', 'RG_E_NET_STATUS', 'status 500', { keys: status500 }],
  'jwks-redirect': ['refuse', 'RG_E_NET_STATUS',
    'redirects to good keys elsewhere', { keys: redirect('/trap/keys') }],
  'jwks-empty': ['refuse', 'RG_E_JWKS_EMPTY', 'no keys',
    { keys: (jwks) => { jwks.keys = []; } }],
  'jwks-private-key': ['refuse', 'RG_E_JWK_PRIVATE',
    'the signing key with its private part', {
      keys: (jwks, w) => {
        jwks.keys = [{ ...w.keys.signing, use: 'sig' }, ...jwks.keys.slice(1)];
      },
    }],
  'jwks-dup-kid': ['refuse', 'RG_E_JWK_DUPLICATE',
    'a foreign key under the kid of the signing key', {
      keys: (jwks, w) => {
        jwks.keys.push({
          ...publicJwk(w.keys.rogue), kid: w.keys.signing.kid,
        });
      },
    }],
  'jwks-weak-rsa': ['refuse', 'RG_E_KID_UNKNOWN', 'signs with 1024-bit RSA', {
    draft: (d, w) => {
      d.key = w.keys.weak;
      d.header.kid = w.keys.weak.kid;
    },
    keys: (jwks, w) => { jwks.keys.push(publicJwk(w.keys.weak)); },
  }],
  'jwks-use-enc': ['refuse', 'RG_E_JWKS_EMPTY', 'the keys are for encryption',
    each((key) => { key.use = 'enc'; })],
  'jwks-alg-other': ['refuse', 'RG_E_ALG_MISMATCH', 'the keys say alg RS512',
    each((key) => { key.alg = 'RS512'; })],
  'jwks-issuer-other': ['refuse', 'RG_E_KEY_ISSUER',
    'the keys are meant for another tenant\'s issuer',
    { entra: true, ...each((key, w) => {
      key.issuer = w.issuer.replace(
        w.tenant, 'ffffffff-0000-4000-8000-000000000000',
      );
    }) }],
};

export const DOCUMENTS = { ...DISCOVERY, ...KEYS };
