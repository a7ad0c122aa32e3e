// SPDX-License-Identifier: ISC
// Every algorithm: accepted as it should be, refused when anything is touched.
import { algs, b64, claims, group, header, keys, sign, signingInput, token, unb64 } from './kit.mjs';

const strangers = {
  R: keys.other, P: keys.other, ES256: keys.p256other, EdDSA: keys.edOther,
};

function flip(signature, at, bit = 1) {
  const copy = Buffer.from(signature);
  copy[at < 0 ? copy.length + at : at] ^= bit;
  return copy;
}

export default function algorithms() {
  const add = group(20);

  for (const alg of algs) {
    const name = alg.toLowerCase();
    const good = token(header(alg));
    const [h, p, s] = good.split('.');
    const raw = unb64(s);

    add(`${name}`, 'RG_OK', { token: good });
    add(`${name}-payload-changed`, 'RG_E_SIGNATURE',
      { token: `${h}.${b64(JSON.stringify({ ...claims, sub: 'somebody-else' }))}.${s}` });
    add(`${name}-header-changed`, 'RG_E_SIGNATURE',
      { token: `${b64(JSON.stringify(header(alg, { x: 1 })))}.${p}.${s}` });
    add(`${name}-first-bit`, 'RG_E_SIGNATURE', { token: `${h}.${p}.${b64(flip(raw, 0))}` });
    add(`${name}-middle-bit`, 'RG_E_SIGNATURE', { token: `${h}.${p}.${b64(flip(raw, raw.length / 2, 0x80))}` });
    add(`${name}-last-bit`, 'RG_E_SIGNATURE', { token: `${h}.${p}.${b64(flip(raw, -1))}` });
  }
  for (const [alg, by] of [['RS256', strangers.R], ['PS256', strangers.P], ['ES256', strangers.ES256],
    ['EdDSA', strangers.EdDSA]]) {
    add(`${alg.toLowerCase()}-key-of-somebody-else`, 'RG_E_SIGNATURE', { token: token(header(alg), claims, { by }) });
  }
  const input = signingInput(header('EdDSA'), claims);
  const ed = sign('EdDSA', input);
  add('eddsa-63-bytes', 'RG_E_SIGNATURE', { token: `${input}.${b64(ed.subarray(0, 63))}` });
  add('eddsa-65-bytes', 'RG_E_SIGNATURE', { token: `${input}.${b64(Buffer.concat([ed, Buffer.alloc(1)]))}` });
  add('eddsa-zero', 'RG_E_SIGNATURE', { token: `${input}.${b64(Buffer.alloc(64))}` });
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const s = BigInt(`0x${Buffer.from(ed.subarray(32)).reverse().toString('hex')}`) + order;
  const big = Buffer.from(s.toString(16).padStart(64, '0'), 'hex').reverse();
  add('eddsa-s-plus-order', 'RG_E_SIGNATURE', { token: `${input}.${b64(Buffer.concat([ed.subarray(0, 32), big]))}` },
    'RFC 8032 section 5.1.7: s must be below the order, or a signature has two texts');
}
