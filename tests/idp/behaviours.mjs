// SPDX-License-Identifier: ISC
// What the hostile provider can do wrong. One row, one wrong; everything else
// stays right, so a sign-in that is refused is refused for this reason.
//
// Row: name: [expect, cause, what it does, hooks]
//   expect  "sign-in", "refuse", or "either" where OpenID leaves the choice
//   cause   the name under which rolegate has to record the refusal, or null
//   hooks   any of (w is the world: issuer, keys, client, …):
//     draft(d, w)        changes the ID token before it is built (forge.mjs)
//     token(body, w)     changes the token response, or returns a raw answer
//     keys(set, w)       the same for the key set
//     discovery(doc, w)  the same for discovery
//     userinfo(body, w)  the same for userinfo
//     callback(list, w)  changes the [name, value] pairs that go back
//     logout(list, w)    the same for the way back from logout
//     start(w), beforeSigning(w)   changes the world
//     formPost           answers by form_post whatever was asked for
//     entra              a rule for Entra only: other types of provider sign in
//     plain              ... or refuse it, too, under this name
// A raw answer is {status, type, headers, body, then} (hostile.mjs).
import { DOCUMENTS } from './behaviours-documents.mjs';
import { RESPONSES } from './behaviours-responses.mjs';
import { TOKENS } from './behaviours-tokens.mjs';

const good = ['sign-in', null, 'everything right', {}];

const ROWS = { ok: good, ...TOKENS, ...DOCUMENTS, ...RESPONSES };

export const BEHAVIOURS = new Map(Object.entries(ROWS).map(
  ([name, [expect, cause, does, hooks]]) => [
    name, { name, expect, cause, does, hooks },
  ],
));

/* For GET /behaviours: the table without its functions. */
export function listBehaviours() {
  return [...BEHAVIOURS.values()].map(({ name, expect, cause, does, hooks }) => ({
    name, expect, cause, does, entra: hooks.entra === true,
    plain: hooks.plain ?? null,
    touches: Object.keys(hooks).filter((key) => hooks[key] !== true && key !== 'plain'),
  }));
}
