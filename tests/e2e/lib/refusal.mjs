// SPDX-License-Identifier: ISC
// What a person sees when a sign-in is refused, and what is on record then.
import assert from 'node:assert/strict';

// Which page a cause leads to: [causes, status, public code, title].
const PAGES = [
  [/^RG_E_(NET(_\w+)?|DISCOVERY(_ISSUER|_CLOUD)?|TOKEN_RESPONSE|JSON|JWK_\w+|JWKS_EMPTY|USERINFO)$/,
    503, 'provider_unavailable', /sign-in provider can't be reached/],
  [/^RG_E_(STORE(_\w+)?|FILE)$/, 503, 'storage_unavailable',
    /sign-in service is not working/],
  [/^RG_E_OVERLOADED$/, 503, 'overloaded', /Many people are signing in/],
  [/^RG_E_(PROVIDER_ERROR|GRANT)$/, 403, 'provider_refused',
    /sign-in provider said no/],
  [/^RG_E_STEP_UP$/, 403, 'step_up_failed', /extra proof is missing/],
  [/^RG_E_AUTH_TIME_OLD$/, 403, 'sign_in_too_old', /fresh sign-in is needed/],
  [/^RG_E_(CLIENT_AUTH|REGISTRATION|AUTH_TIME_MISSING)$/, 500, 'sign_in_misconfigured',
    /Sign-in is not set up right/],
  [/^RG_E_PROVIDER_BUSY$/, 503, 'provider_busy', /asks for a moment/],
  [/^RG_E_NOT_ASSIGNED$/, 403, 'not_assigned', /not been let in yet/],
  [/^RG_E_CONSENT$/, 403, 'consent_required', /not approved yet/],
  [/^RG_E_(WRONG_ACCOUNT|TENANT(_PERSONAL)?|GUEST)$/, 403, 'wrong_account', /can't be used here/],
  [/^RG_E_MFA$/, 403, 'second_factor_required', /One more step is needed/],
  [/^RG_E_CONDITIONAL_ACCESS$/, 403, 'blocked_by_policy',
    /organisation blocked this sign-in/],
  [/^RG_E_DECLINED$/, 403, 'declined', /sign-in was cancelled/],
  [/^RG_E_ACCOUNT$/, 403, 'account_refused', /did not accept the account/],
  [/^RG_E_INTERACTION$/, 403, 'interaction_required', /need to sign in/],
  [/^RG_E_SIGN_IN_LOOP$/, 403, 'sign_in_loop', /too often in a row/],
  [/^RG_E_STATE_UNKNOWN$/, 400, 'sign_in_not_started', /was not started here/],
  [/^RG_E_LOGIN_REPLAYED$/, 400, 'sign_in_replayed', /already completed/],
  [/^RG_E_(REQ_\w+|CODE_MISSING|STATE_MISSING)$/, 400, 'bad_request',
    /can't be understood/],
  [/./, 403, 'sign_in_refused', /You could not be signed in/],
];

const textOf = (page) => page.replace(/<[^>]*>/g, ' ').replace(/&#39;/g, "'")
  .replace(/&quot;/g, '"').replace(/&amp;/g, '&').replace(/\s+/g, ' ');

/* The request id that a page or a JSON error gives as its reference. */
export function referenceOf(res) {
  if (/json/.test(res.headers['content-type'])) return res.json().request_id;
  return /Reference<\/dt><dd><code>([^<]+)</.exec(res.body)?.[1];
}

/*
 * An answer that refuses, shown to a person: the right status and words for
 * the cause, nothing that the provider said or that is a secret, no session.
 */
export function assertRefusalPage(res, cause, { jar, secrets = [] } = {}) {
  const [, status, code, title] = PAGES.find(([causes]) => causes.test(cause));
  assert.equal(res.status, status, `${cause}: ${textOf(res.body)}`);
  assert.match(res.headers['content-type'], /^text\/html/);
  assert.match(textOf(res.body), title);
  assert.ok(res.body.includes(`<code>${code}</code>`), 'the public code');
  assert.equal(res.headers['retry-after'] !== undefined, status === 503);
  assert.equal(res.headers['cache-control'], 'no-store');
  assert.ok(referenceOf(res), 'a reference');
  assert.ok(!res.body.includes(cause), 'the cause is for administrators only');
  for (const secret of secrets) {
    assert.ok(!res.body.includes(secret), 'a secret is in the page');
  }
  // A JWT, what the hostile provider says, and what it would like us to say.
  assert.doesNotMatch(res.body, /eyJ|AADSTS|access_denied|wrong\.example|alert\(|stolen|egnp|login_required|invalid_(grant|client)|b\u00e4d/);
  assert.equal(res.headers.stolen, undefined);
  if (jar) assert.equal(jar.get('rolegate'), undefined, 'no session');
}

/* Exactly one row says so, under the reference, with this cause. */
export async function assertRefusalAudited(site, res, cause) {
  const id = referenceOf(res);
  const rows = (await site.audit('--event', 'sign_in.refused', '--limit', '5'))
    .filter((row) => row.request_id === id);
  assert.equal(rows.length, 1, `one row for ${id}`);
  assert.equal(rows[0].detail.error, cause, rows[0].detail.detail);
  assert.equal(rows[0].client, '127.0.0.1');
  return rows[0];
}
