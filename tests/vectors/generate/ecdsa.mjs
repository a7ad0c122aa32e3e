// SPDX-License-Identifier: ISC
// ECDSA: r and s at and beyond their limits, and in other encodings.
import crypto from 'node:crypto';
import { b64, claims, group, header, keys, remembered, sign, signer, signingInput } from './kit.mjs';

const curves = {
  ES256: { size: 32, n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n },
  ES384: {
    size: 48,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
  },
  ES512: {
    size: 66,
    n: BigInt('0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa'
      + '51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409'),
  },
};
const toBytes = (number, n) => Buffer.from(number.toString(16).padStart(2 * n, '0'), 'hex');
const toNumber = (bytes) => BigInt(`0x${bytes.toString('hex')}`);

export default function ecdsa() {
  const add = group(200);
  const no = 'RG_E_SIGNATURE';

  for (const [alg, { size, n }] of Object.entries(curves)) {
    const name = alg.toLowerCase();
    const input = signingInput(header(alg), claims);
    const sig = sign(alg, input);
    const r = toNumber(sig.subarray(0, size));
    const s = toNumber(sig.subarray(size));
    const pair = (a, b, len = size) => ({ token: `${input}.${b64(Buffer.concat([toBytes(a, len), toBytes(b, len)]))}` });

    add(`${name}-other-s`, 'RG_OK', pair(r, n - s),
      'n - s is a valid signature too, so nothing may take a token text for its identity');
    add(`${name}-zero-zero`, no, pair(0n, 0n), 'CVE-2022-21449');
    add(`${name}-r-zero`, no, pair(0n, s));
    add(`${name}-s-zero`, no, pair(r, 0n));
    add(`${name}-r-n`, no, pair(n, s));
    add(`${name}-s-n`, no, pair(r, n));
    add(`${name}-n-n`, no, pair(n, n));
    add(`${name}-one-one`, no, pair(1n, 1n));
    add(`${name}-swapped`, no, pair(s, r));
    add(`${name}-all-ones`, no, { token: `${input}.${b64(Buffer.alloc(2 * size, 0xff))}` });
    add(`${name}-short`, no, { token: `${input}.${b64(sig.subarray(0, 2 * size - 1))}` });
    add(`${name}-half`, no, { token: `${input}.${b64(sig.subarray(0, size))}` });
    add(`${name}-long`, no, { token: `${input}.${b64(Buffer.concat([sig, Buffer.alloc(2)]))}` });
    add(`${name}-padded`, no, pair(r, s, size + 1), 'right numbers, a zero byte more for each');
    const der = remembered(`${alg} der`, input, () => crypto.sign(`sha${alg.slice(2)}`, Buffer.from(input), signer[alg]));
    add(`${name}-der`, no, { token: `${input}.${b64(der)}` }, 'RFC 7518 section 3.4: r and s side by side');
  }

  const { size, n } = curves.ES512;
  const input = signingInput(header('ES512'), claims);
  const sig = sign('ES512', input);
  const r = toNumber(sig.subarray(0, size));
  const s = toNumber(sig.subarray(size));
  add('es512-r-plus-n', no, { token: `${input}.${b64(Buffer.concat([toBytes(r + n, size), toBytes(s, size)]))}` },
    '66 bytes have room for r + n, which is r again for whoever reduces first');
  add('es512-s-plus-n', no, { token: `${input}.${b64(Buffer.concat([toBytes(r, size), toBytes(s + n, size)]))}` });

  // A signature whose r starts with a zero byte is not to be shortened.
  const zeroInput = signingInput(header('ES256'), { ...claims, jti: 'zero' });
  const zero = remembered('ES256 leading zero', zeroInput, () => {
    for (;;) {
      const made = crypto.sign('sha256', Buffer.from(zeroInput), { key: keys.p256, dsaEncoding: 'ieee-p1363' });
      if (made[0] === 0) return made;
    }
  });
  add('es256-r-starts-with-zero', 'RG_OK', { token: `${zeroInput}.${b64(zero)}` });
  add('es256-r-zero-stripped', no, { token: `${zeroInput}.${b64(zero.subarray(1))}` });

  const under = (alg, hash) => {
    const text = signingInput(header(alg), claims);
    const made = remembered(`${alg} with ${hash}`, text,
      () => crypto.sign(hash, Buffer.from(text), { key: signer[alg], dsaEncoding: 'ieee-p1363' }));
    return { token: `${text}.${b64(made)}` };
  };
  add('es256-hash-sha512', no, under('ES256', 'sha512'));
  add('es384-hash-sha256', no, under('ES384', 'sha256'));
  add('es512-hash-sha256', no, under('ES512', 'sha256'));
}
