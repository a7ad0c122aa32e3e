// SPDX-License-Identifier: ISC
// Wrong answers of the token endpoint, of userinfo, and wrong ways back to the
// application. Row format: behaviours.mjs.
import { html, huge, status500 } from './behaviours-documents.mjs';

// What a log, a page and a header must survive.
export const NASTY = 'AADSTS65004: no\r\nSet-Cookie: stolen=1\r\n\r\n'
  + '<script>alert(1)</script> \u202egnp.exe "quoted"';

const TOKEN = {
  'missing-id-token': ['refuse', 'RG_E_ID_TOKEN_MISSING', 'no id_token',
    { token: (body) => { delete body.id_token; } }],
  'id-token-number': ['refuse', 'RG_E_ID_TOKEN_MISSING', 'id_token is a number',
    { token: (body) => { body.id_token = 1; } }],
  'token-html': ['refuse', 'RG_E_TOKEN_RESPONSE', 'a page instead of JSON',
    { token: html }],
  'token-array': ['refuse', 'RG_E_TOKEN_RESPONSE', 'the answer in an array', {
    token: (body) => ({
      status: 200, type: 'application/json', body: JSON.stringify([body]),
    }),
  }],
  'token-redirect': ['refuse', 'RG_E_NET_STATUS',
    '307 to another address, which would repeat code and secret there', {
      token: (body, w) => ({
        status: 307, headers: { location: `${w.base}/trap/token` }, body: '',
      }),
    }],
  'token-500': ['refuse', 'RG_E_NET_STATUS',
    'status 500', { token: status500 }],
  'token-huge': ['refuse', 'RG_E_NET_SIZE', '10 MB', { token: huge }],
  'token-slow-drip': ['refuse', 'RG_E_NET_TIMEOUT',
    'a good answer, one byte in 200 ms', {
      token: (body) => ({
        status: 200, type: 'application/json', body: JSON.stringify(body),
        then: 'drip',
      }),
    }],
  'token-hang': ['refuse', 'RG_E_NET_TIMEOUT', 'no answer at all',
    { token: () => ({ then: 'hang' }) }],
  'token-close': ['refuse', 'RG_E_NET', 'half a good answer', {
    token: (body) => ({
      status: 200, type: 'application/json', body: JSON.stringify(body),
      then: 'close',
    }),
  }],
  'token-dup-keys': ['refuse', 'RG_E_TOKEN_RESPONSE', 'id_token twice', {
    token: (body) => ({
      status: 200, type: 'application/json',
      body: JSON.stringify(body)
        .replace(/}$/, `,"id_token":${JSON.stringify(body.id_token)}}`),
    }),
  }],
  'token-invalid-grant': ['refuse', 'RG_E_GRANT',
    'invalid_grant with line breaks and markup in its description', {
      token: () => ({
        status: 400, type: 'application/json', body: JSON.stringify({
          error: 'invalid_grant', error_description: NASTY,
          error_codes: [70008], error_uri: 'https://wrong.example/?<script>',
        }),
      }),
    }],
  'token-invalid-client': ['refuse', 'RG_E_CLIENT_AUTH', 'invalid_client', {
    token: () => ({
      status: 401, type: 'application/json',
      body: JSON.stringify({ error: 'invalid_client' }),
    }),
  }],
  'token-error-asked': ['refuse', 'RG_E_CLIENT_AUTH',
    'the error in `answer` of POST /behave, or an expired secret', {
      token: (body, w) => ({
        status: 400, type: 'application/json', body: JSON.stringify(
          w.answer ?? { error: 'invalid_client', error_codes: [7000222],
            error_description: `AADSTS7000222: ${NASTY}` },
        ),
      }),
    }],
  'token-cookie': ['sign-in', null, 'sets a cookie at the back channel', {
    token: (body) => ({
      status: 200, type: 'application/json', body: JSON.stringify(body),
      headers: { 'set-cookie': 'tracker=1; Path=/' },
    }),
  }],
};

const USERINFO = {
  'userinfo-invalid-sub': ['either', 'RG_E_USERINFO_SUB',
    'userinfo is about somebody else: refuse, unless it is never asked',
    { userinfo: (body) => { body.sub = 'somebody-else'; } }],
  'userinfo-groups': ['sign-in', null,
    'userinfo claims more groups and roles than the ID token', {
      userinfo: (body, w) => {
        body.groups = w.people.groups.map((group) => group.id);
        body.roles = ['admin', 'auditor'];
      },
    }],
};

const replace = (name, value) => ({
  callback: (list, w) => {
    const i = list.findIndex(([key]) => key === name);
    const pair = [name, typeof value === 'function' ? value(w) : value];
    if (i < 0) list.push(pair);
    else list[i] = pair;
  },
});
const remove = (name) => ({
  callback: (list) => {
    const i = list.findIndex(([key]) => key === name);
    if (i >= 0) list.splice(i, 1);
  },
});
const twice = (name) => ({
  callback: (list) => {
    list.push(list.find(([key]) => key === name));
  },
});
const error = (code, description) => ({
  callback: (list) => {
    const state = list.filter(([key]) => key === 'state' || key === 'iss');
    list.splice(0, list.length, ['error', code],
      ...(description ? [['error_description', description]] : []), ...state);
  },
});
const advertise = {
  discovery: (doc) => {
    doc.authorization_response_iss_parameter_supported = true;
  },
};

const CALLBACK = {
  'state-wrong': ['refuse', 'RG_E_STATE_UNKNOWN', 'another state',
    replace('state', 'x'.repeat(43))],
  'state-missing': ['refuse', 'RG_E_STATE_MISSING', 'no state',
    remove('state')],
  'state-twice': ['refuse', 'RG_E_REQ_DUPLICATE', 'state twice',
    twice('state')],
  'code-twice': ['refuse', 'RG_E_REQ_DUPLICATE', 'code twice', twice('code')],
  'code-missing': ['refuse', 'RG_E_CODE_MISSING', 'no code', remove('code')],
  'code-empty': ['refuse', null, 'code is empty', replace('code', '')],
  'iss-param-ok': ['sign-in', null, 'RFC 9207 announced and right',
    { ...advertise, ...replace('iss', (w) => w.issuer) }],
  'iss-param-wrong': ['refuse', 'RG_E_ISS_PARAM', 'iss is another issuer',
    replace('iss', 'https://wrong.example/')],
  'iss-param-missing-though-advertised': ['refuse', 'RG_E_ISS_PARAM',
    'RFC 9207 announced, but no iss', { ...advertise, ...remove('iss') }],
  'error-asked': ['refuse', 'RG_E_NOT_ASSIGNED',
    'the error in `answer` of POST /behave, or: not assigned', {
      callback: (list, w) => {
        const answer = w.answer ?? { error: 'access_denied',
          error_description: `AADSTS50105: ${NASTY}` };
        const kept = list.filter(([key]) => key === 'state' || key === 'iss');
        list.splice(0, list.length, ...Object.entries(answer), ...kept);
      },
    }],
  'error-access-denied': ['refuse', 'RG_E_PROVIDER_ERROR', 'access_denied',
    error('access_denied')],
  'error-with-crlf-description': ['refuse', 'RG_E_DECLINED',
    'line breaks and markup behind a number in the description',
    error('access_denied', NASTY)],
  'error-with-nul': ['refuse', null, 'a NUL in the description',
    error('access_denied', 'before\u0000after')],
  'error-unknown': ['refuse', 'RG_E_PROVIDER_ERROR',
    'an error code nobody registered, with markup in it',
    error('<b>b\u00e4d</b>')],
  'error-and-code': ['refuse', null, 'both error and code',
    replace('error', 'access_denied')],
  'form-post-error': ['refuse', 'RG_E_INTERACTION',
    'login_required, by form_post',
    { ...error('login_required'), formPost: true }],
  'callback-extras': ['sign-in', null, 'parameters that nobody knows', {
    callback: (list) => {
      list.push(['session_state', '0'], ['admin_consent', 'True'],
        ['x', '<script>']);
    },
  }],
};

const LOGOUT = {
  'logout-other-state': ['sign-in', null, 'logout comes back with other state', {
    logout: (list) => { list.splice(0, list.length, ['state', 'other']); },
  }],
  'logout-no-state': ['sign-in', null, 'logout comes back without state',
    { logout: (list) => { list.length = 0; } }],
};

export const RESPONSES = { ...TOKEN, ...USERINFO, ...CALLBACK, ...LOGOUT };
