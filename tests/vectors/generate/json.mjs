// SPDX-License-Identifier: ISC
// What a lenient JSON reader makes of header and payload: each text is signed
// rightly, so only the reader can refuse it.
import { claims, group, keys, token } from './kit.mjs';

const own = { alg: 'RS256', by: keys.rsa };
const head = '{"alg":"RS256","typ":"JWT","kid":"rs256"}';
const good = JSON.stringify(claims);
const inside = good.slice(1, -1);

const depth = (n) => '['.repeat(n) + ']'.repeat(n);
const bytes = (...parts) => Buffer.concat(parts.map((part) => Buffer.from(part)));

// [name, header text, payload text]: what stands for a claim stands in both.
const texts = [
  ['duplicate-name', '{"alg":"none","alg":"RS256","kid":"rs256"}', `{"sub":"evil",${inside}}`, 'RFC 8725 section 2.4'],
  ['duplicate-name-equal', '{"alg":"RS256","alg":"RS256","kid":"rs256"}', `{"iss":${JSON.stringify(claims.iss)},${inside}}`],
  ['duplicate-name-escaped', '{"\\u0061lg":"none","alg":"RS256","kid":"rs256"}', `{"\\u0073ub":"evil",${inside}}`],
  ['duplicate-name-nested', '{"alg":"RS256","kid":"rs256","x":{"a":1,"a":2}}', `{${inside},"x":{"a":1,"a":2}}`],
  ['array', `[${head}]`, `[${good}]`],
  ['string', '"RS256"', '"sub"'],
  ['number', '1', '1'],
  ['null', 'null', 'null'],
  ['true', 'true', 'true'],
  ['nothing-but-space', ' ', ' '],
  ['cut-off', head.slice(0, -1), good.slice(0, -1)],
  ['text-behind', `${head}x`, `${good}x`],
  ['object-behind', `${head}{}`, `${good}${good}`],
  ['nul-behind', `${head}\0`, `${good}\0`],
  ['text-behind-nul', `${head}\0{"alg":"none"}`, `${good}\0{"sub":"evil"}`],
  ['comma-behind-last', '{"alg":"RS256","kid":"rs256",}', `{${inside},}`],
  ['single-quotes', "{'alg':'RS256','kid':'rs256'}", good.replaceAll('"', "'")],
  ['bare-names', '{alg:"RS256",kid:"rs256"}', `{x:1,${inside}}`],
  ['comment', '{"alg":"RS256",/**/"kid":"rs256"}', `{/**/${inside}}`],
  ['nan', '{"alg":"RS256","kid":"rs256","x":NaN}', `{${inside},"x":NaN}`],
  ['infinity', '{"alg":"RS256","kid":"rs256","x":-Infinity}', `{${inside},"x":Infinity}`],
  ['leading-zero', '{"alg":"RS256","kid":"rs256","x":01}', `{${inside},"x":01}`],
  ['plus-sign', '{"alg":"RS256","kid":"rs256","x":+1}', `{${inside},"x":+1}`],
  ['hexadecimal', '{"alg":"RS256","kid":"rs256","x":0x10}', `{${inside},"x":0x10}`],
  ['integer-above-2-63', '{"alg":"RS256","kid":"rs256","x":9223372036854775808}', `{${inside},"x":9223372036854775808}`],
  ['real-above-all', '{"alg":"RS256","kid":"rs256","x":1e999}', `{${inside},"x":1e999}`],
  ['nul-in-string', '{"alg":"RS256","kid":"rs256\\u0000x"}', `{${inside},"x":"a\\u0000b"}`],
  ['nul-in-name', '{"alg":"RS256","kid":"rs256","x\\u0000":1}', `{${inside},"sub\\u0000":"evil"}`],
  ['lone-surrogate', '{"alg":"RS256","kid":"rs256","x":"\\ud800"}', `{${inside},"x":"\\ud800"}`],
  ['reversed-surrogates', '{"alg":"RS256","kid":"rs256","x":"\\udc00\\ud800"}', `{${inside},"x":"\\udc00\\ud800"}`],
  ['bad-escape', '{"alg":"RS256","kid":"rs256","x":"\\x41"}', `{${inside},"x":"\\x41"}`],
  ['raw-control', '{"alg":"RS256","kid":"rs256","x":"a\nb"}', `{${inside},"x":"a\tb"}`],
  ['byte-order-mark', `\ufeff${head}`, `\ufeff${good}`],
  ['utf-16', Buffer.from(head, 'utf16le'), Buffer.from(good, 'utf16le')],
  ['utf-8-invalid', bytes('{"alg":"RS256","kid":"rs256","x":"', [0xff], '"}'), bytes(`{${inside},"x":"`, [0xc3, 0x28], '"}')],
  ['utf-8-overlong', bytes('{"alg":"RS256","kid":"rs256","x":"', [0xc0, 0xaf], '"}'), bytes(`{${inside},"x":"`, [0xe0, 0x80, 0xaf], '"}')],
  ['utf-8-surrogate', bytes('{"alg":"RS256","kid":"rs256","x":"', [0xed, 0xa0, 0x80], '"}'), bytes(`{${inside},"x":"`, [0xed, 0xa0, 0x80], '"}')],
  ['utf-8-above-10ffff', bytes('{"alg":"RS256","kid":"rs256","x":"', [0xf4, 0x90, 0x80, 0x80], '"}'), bytes(`{${inside},"x":"`, [0xf4, 0x90, 0x80, 0x80], '"}')],
  ['depth-65', `{"alg":"RS256","kid":"rs256","x":${depth(64)}}`, `{${inside},"x":${depth(64)}}`],
  ['depth-thousands', `{"alg":"RS256","kid":"rs256","x":${depth(9000)}}`, `{${inside},"x":${depth(9000)}}`],
];

export default function json() {
  const add = group(520);
  const addPayload = group(580);

  for (const [name, h, , why] of texts) {
    add(`header-json-${name}`, 'RG_E_HEADER_JSON', { token: token(h, good, own) }, why);
  }
  for (const [name, , p, why] of texts) {
    addPayload(`payload-json-${name}`, 'RG_E_PAYLOAD_JSON', { token: token(head, p, own) }, why);
  }
  const fine = (name, h, p) => addPayload(`json-${name}`, 'RG_OK', { token: token(h, p, own) });
  fine('white-space', ` \t\r\n${head} `, ` {\n${inside}\r\n}\n `);
  fine('depth-64', `{"alg":"RS256","kid":"rs256","x":${depth(63)}}`, `{${inside},"x":${depth(63)}}`);
  fine('brackets-in-strings', `{"alg":"RS256","kid":"rs256","x":"${'['.repeat(99)}"}`, `{${inside},"x":"\\"${'{'.repeat(99)}"}`);
  fine('escaped-names', '{"\\u0061lg":"\\u0052S256","kid":"rs256"}', good.replace('"sub"', '"\\u0073ub"'));
  fine('not-ascii', head, `{${inside},"name":"Zoë 🦊"}`);
  fine('unknown-members', head.replace('{', '{"x":[1,{}],'), `{${inside},"groups":["a"],"x":null,"y":1.5,"z":9223372036854775807}`);
}
