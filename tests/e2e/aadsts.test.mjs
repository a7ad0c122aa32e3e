// SPDX-License-Identifier: ISC
// What Entra's errors come to: the words for the person, the sentence for the
// administrator, and nothing of Entra's own text anywhere.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { NASTY } from '../idp/behaviours-responses.mjs';
import { assertRefusalAudited, assertRefusalPage, referenceOf,
} from './lib/refusal.mjs';
import { deliver } from './lib/signin.mjs';
import { startSite } from './lib/site.mjs';

let site;
before(async () => {
  site = await startSite({
    idp: 'hostile', config: { rolegate: { audit_refusals: 100_000 } },
    more: 'server.http-parseopts = ( "url-ctrls-reject" => "disable" )',
  });
});
after(async () => {
  if (!site) return;
  const log = site.work.read('rolegate.log');
  assert.doesNotMatch(log, /stolen|alert\(|dana@contoso|Trace ID/);
  await site.close();
});

const description = (number) => `AADSTS${number}: dana@contoso.example ${NASTY}
Trace ID: 00000000-0000-0000-0000-000000000000`;

async function attempt(behaviour, answer) {
  await site.idp.behave(behaviour, { answer });
  const client = site.client();
  const back = await site.begin(undefined, { client, returnTo: '/app?x=1' });
  return { client, res: await deliver(client, back) };
}

async function assertRefused({ client, res }, cause, detail) {
  assertRefusalPage(res, cause, { jar: client.jar, secrets: ['dana@contoso'] });
  assert.match(res.body, /Whom to ask/);
  assert.match(res.body, /help@contoso\.example/);
  const row = await assertRefusalAudited(site, res, cause);
  assert.match(row.detail.detail, detail);
  assert.doesNotMatch(row.detail.detail, /dana|Trace|stolen|\n/);
  return row;
}

// [number, error, cause, of the sentence for the administrator]
const AT_CALLBACK = [
  [50105, 'interaction_required', 'RG_E_NOT_ASSIGNED', /assign the person/],
  [90094, 'access_denied', 'RG_E_CONSENT', /must grant consent/],
  [65001, 'invalid_grant', 'RG_E_CONSENT', /grant consent/],
  [50020, 'invalid_request', 'RG_E_WRONG_ACCOUNT', /invite it as a guest/],
  [50011, 'invalid_request', 'RG_E_REGISTRATION', /redirect URI/],
  [700016, 'unauthorized_client', 'RG_E_REGISTRATION', /client_id/],
  [700054, 'unsupported_response_type', 'RG_E_REGISTRATION', /response type/],
  [650053, 'invalid_client', 'RG_E_REGISTRATION', /scope/],
  [50058, 'login_required', 'RG_E_INTERACTION', /prompt=none/],
  [50076, 'interaction_required', 'RG_E_MFA', /second factor/],
  [53003, 'access_denied', 'RG_E_CONDITIONAL_ACCESS', /sign-in log/],
  [65004, 'access_denied', 'RG_E_DECLINED', /declined/],
  [50126, 'invalid_grant', 'RG_E_ACCOUNT', /password/],
  [90033, 'server_error', 'RG_E_PROVIDER_BUSY', /passes by itself/],
  [50196, 'invalid_request', 'RG_E_SIGN_IN_LOOP', /\/login/],
];
const AT_TOKEN = [
  [7000222, 'invalid_client', 'RG_E_CLIENT_AUTH', /has expired/],
  [7000215, 'invalid_client', 'RG_E_CLIENT_AUTH', /value, not its id/],
  [700027, 'invalid_client', 'RG_E_CLIENT_AUTH', /upload the certificate/],
  [70008, 'invalid_grant', 'RG_E_GRANT', /too old/],
  [54005, 'invalid_grant', 'RG_E_GRANT', /used before/],
  [700005, 'invalid_grant', 'RG_E_REGISTRATION', /another tenant/],
  [9010010, 'invalid_target', 'RG_E_REGISTRATION', /scope/],
  [50079, 'invalid_grant', 'RG_E_MFA', /register/],
  [90024, 'temporarily_unavailable', 'RG_E_PROVIDER_BUSY', /passes/],
];

for (const [number, error, cause, advice] of AT_CALLBACK) {
  test(`AADSTS${number} at the callback`, async () => {
    const tried = await attempt('error-asked',
      { error, error_description: description(number) });
    const row = await assertRefused(tried, cause, advice);
    assert.ok(row.detail.detail.includes(`AADSTS${number}`));
  });
}

for (const [number, error, cause, advice] of AT_TOKEN) {
  test(`AADSTS${number} at the token endpoint`, async () => {
    const tried = await attempt('token-error-asked', { error,
      error_codes: [number], error_description: description(number) });
    const row = await assertRefused(tried, cause, advice);
    assert.ok(row.detail.detail.includes(`AADSTS${number}`));
  });
}

test('an unknown number is noted, and the error code decides', async () => {
  await assertRefused(await attempt('error-asked', { error: 'access_denied',
    error_description: description(1234567) }), 'RG_E_PROVIDER_ERROR',
  /^access_denied AADSTS1234567$/);
  await assertRefused(await attempt('error-asked', { error: 'login_required' }),
    'RG_E_INTERACTION', /^login_required$/);
});

test('only digits at the very beginning are a number (bug 27)', async () => {
  for (const text of ['see AADSTS50105: x', 'AADSTS50105x', 'AADSTS 50105',
    'AADSTS18446744073709601721: x', `AADSTS${'5'.repeat(4000)}`]) {
    await assertRefused(await attempt('error-asked',
      { error: 'access_denied', error_description: text }),
    'RG_E_PROVIDER_ERROR', /^access_denied$/);
  }
});

test('Entra\'s own cancel is no error of anybody', async () => {
  await assertRefused(await attempt('error-asked', { error: 'access_denied',
    error_subcode: 'cancel', error_description: 'x' }), 'RG_E_DECLINED',
  /^access_denied$/);
});

test('the button leads on, by way of another account where that helps',
  async () => {
    const link = (res) => /class="button" href="([^"]*)">([^<]*)</
      .exec(res.body.replace(/&amp;/g, '&'));
    let { res } = await attempt('error-asked', { error: 'x',
      error_description: description(50020) });
    let [, href, label] = link(res);
    assert.equal(label, 'Use another account');
    const url = new URL(href, site.publicUrl);
    assert.equal(url.searchParams.get('prompt'), 'select_account');
    assert.equal(url.searchParams.get('return_to'), '/app?x=1');
    ({ res } = await attempt('error-asked', { error: 'x',
      error_description: description(90033) }));
    [, href, label] = link(res);
    assert.equal(label, 'Try again');
    assert.equal(new URL(href, site.publicUrl).search, '?return_to=%2Fapp%3Fx%3D1');
  });

test('a program gets the one error shape', async () => {
  await site.idp.behave('token-error-asked');
  const client = site.client();
  const back = await site.begin(undefined, { client });
  const res = await client.json(back.url);
  assert.equal(res.status, 500);
  assert.deepEqual(Object.keys(res.json()).sort(),
    ['error', 'message', 'request_id']);
  assert.equal(res.json().error, 'sign_in_misconfigured');
  assert.equal(referenceOf(res), res.json().request_id);
});
