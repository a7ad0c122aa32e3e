// SPDX-License-Identifier: ISC
// The shape of a compact JWS: RFC 7515 sections 2, 3.1 and 5.2.
import { b64, claims, group, header, signingInput, sign, token } from './kit.mjs';

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

// The same bytes in another text: the unused bits of the last character set.
function notCanonical(part) {
  const free = { 2: 4, 3: 2 }[part.length % 4];
  if (!free) throw new Error('no unused bits');
  return part.slice(0, -1) + alphabet[alphabet.indexOf(part.at(-1)) | ((1 << free) - 1)];
}

// The same header and payload texts, with a signature over just them: a lenient
// reader finds nothing wrong.
function signedAsIs([h, p, s], i) {
  return `${h}.${p}.${i === 2 ? s : b64(sign('RS256', `${h}.${p}`))}`;
}

// A signed token whose part `i` has unused bits.
function withFreeBits(i) {
  for (let n = 0; ; n += 1) {
    const t = token(header('RS256', { x: 'x'.repeat(n % 4) }), { ...claims, x: 'x'.repeat(n % 5) });
    if (t.split('.')[i].length % 4 !== 0) return t;
  }
}

export default function parts() {
  const add = group(300);
  const good = token(header('RS256'));
  const [h, p, s] = good.split('.');
  const none = 'RG_E_TOKEN_PARTS';
  const base64 = 'RG_E_TOKEN_BASE64';

  add('empty', none, { token: '' });
  add('one-part', none, { token: h });
  add('two-parts', none, { token: `${h}.${p}` });
  add('signature-empty', none, { token: `${h}.${p}.` }, 'CVE-2020-28042');
  add('signature-empty-extra-dot', none, { token: `${h}.${p}..` });
  add('payload-empty', none, { token: `${h}..${s}` }, 'detached content (RFC 7515 appendix F) is not for tokens');
  add('header-empty', none, { token: `.${p}.${s}` });
  add('two-dots', none, { token: '..' });
  add('one-dot', none, { token: '.' });
  add('no-dot', none, { token: 'token' });
  add('four-parts', none, { token: `${good}.${s}` });
  add('trailing-dot', none, { token: `${good}.` });
  add('leading-dot', none, { token: `.${good}` });
  add('thousands-of-dots', none, { token: '.'.repeat(60000) }, 'CVE-2025-27144, CVE-2025-30204');
  add('jwe-compact', none, {
    token: `${b64('{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"rs256"}')}.${b64('key')}.${b64('iv')}.${b64('text')}.${b64('tag')}`,
  }, 'CVE-2023-51774: an encrypted token where a signed one is due');
  add('jwe-dir-empty-key', none, { token: `${b64('{"alg":"dir","enc":"A256GCM"}')}..${b64('iv')}.${b64('text')}.${b64('tag')}` });
  add('json-general', none, {
    token: JSON.stringify({ payload: p, signatures: [{ protected: h, signature: s }] }),
  }, 'RFC 7515 section 7.2.1: only the compact serialisation is read');
  add('json-flattened', none, { token: JSON.stringify({ payload: p, protected: h, signature: s }) });
  add('json-flattened-unprotected-alg', none, {
    token: JSON.stringify({ payload: p, header: { alg: 'none' }, signature: '' }),
  });
  add('json-around-compact', 'RG_E_TOKEN_BASE64', { token: `{"x":"${good}"}` });

  const padded = (i) => { const t = withFreeBits(i).split('.'); t[i] += '='.repeat(4 - (t[i].length % 4)); return signedAsIs(t, i); };
  const loose = (i) => { const t = withFreeBits(i).split('.'); t[i] = notCanonical(t[i]); return signedAsIs(t, i); };
  for (const [i, name] of ['header', 'payload', 'signature'].entries()) {
    add(`${name}-padded`, base64, { token: padded(i) }, 'RFC 7515 section 2: no padding');
    add(`${name}-not-canonical`, base64, { token: loose(i) }, 'the same bytes, another text (RFC 4648 section 3.5)');
    const put = (text) => signedAsIs(
      good.split('.').map((part, j) => (i === j ? part.slice(0, 8) + text + part.slice(8) : part)), i);
    add(`${name}-space`, base64, { token: put(' ') });
    add(`${name}-newline`, base64, { token: put('\n') });
    add(`${name}-question-mark`, base64, { token: put('?') });
    add(`${name}-nul`, base64, { token: put('\0') });
    add(`${name}-not-ascii`, base64, { token: put('é') });
    const t = good.split('.');
    while (t[i].length % 4 !== 1) t[i] += 'A';
    add(`${name}-length-4n-plus-1`, base64, { token: signedAsIs(t, i) });
  }
  // The standard alphabet, where the text needs a character of its own
  const standard = token(header('RS256', { x: '???>>>' }), { ...claims, x: '???>>>' }).split('.');
  for (let n = 0; !/[-_]/.test(standard[2]) || !/[-_]/.test(standard[1]) || !/[-_]/.test(standard[0]); n += 1) {
    standard.splice(0, 3, ...token(header('RS256', { x: `${'?'.repeat(n % 9)}>>>` }),
      { ...claims, x: `${'?'.repeat(n % 7)}>>>` }).split('.'));
  }
  for (const [i, name] of ['header', 'payload', 'signature'].entries()) {
    const t = [...standard];
    t[i] = t[i].replaceAll('-', '+').replaceAll('_', '/');
    add(`${name}-standard-alphabet`, base64, { token: signedAsIs(t, i) });
  }
  add('leading-space', base64, { token: ` ${good}` });
  add('trailing-space', base64, { token: `${good} ` });
  add('trailing-newline', base64, { token: `${good}\n` });
  add('trailing-nul', base64, { token: `${good}\0` });
  add('bearer-in-front', base64, { token: `Bearer ${good}` });
  add('quoted', base64, { token: `"${good}"` });
  add('percent-encoded-dots', none, { token: good.replaceAll('.', '%2E') });
  add('one-signature-character', base64, { token: `${h}.${p}.A` });

  // The limit of 64 KiB, exactly met and passed by one
  const fill = (n, x) => signingInput(header('RS256', { x }), { ...claims, fill: 'x'.repeat(n) });
  const missing = (text) => 65536 - text.length - 1 - b64(Buffer.alloc(256)).length;
  let n = 48000;
  while (missing(fill(n, '')) > 8) n += Math.max(1, Math.floor(missing(fill(n, '')) / 2));
  const fits = ['', 'x', 'xx'].flatMap((x) => [0, 1, 2, 3, 4, 5].map((i) => fill(n - 1 + i, x)));
  const most = fits.find((text) => missing(text) === 0);
  add('size-at-the-limit', 'RG_OK', { token: `${most}.${b64(sign('RS256', most))}` });
  add('size-above-the-limit', 'RG_E_TOKEN_SIZE', { token: `${most}.${b64(sign('RS256', most))}A` });
  add('size-of-garbage', 'RG_E_TOKEN_SIZE', { token: 'a'.repeat(65537) });
}
