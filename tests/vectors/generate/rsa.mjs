// SPDX-License-Identifier: ISC
// RSA signatures with everything right but the padding. They are made with
// the private key, so a lax verifier accepts them.
import crypto from 'node:crypto';
import { b64, claims, group, header, jwkOf, keys, sign, signingInput, token, unb64 } from './kit.mjs';

const size = 256;
const hash = (name, data) => crypto.createHash(name).update(data).digest();
const fixedSalt = (n) => Buffer.alloc(n, 0x5a);

const rawSign = (block) => crypto.privateEncrypt(
  { key: keys.rsa, padding: crypto.constants.RSA_NO_PADDING }, block);

const toNumber = (bytes) => BigInt(`0x${bytes.toString('hex')}`);
const toBytes = (number, n) => Buffer.from(number.toString(16).padStart(2 * n, '0'), 'hex');
const modulus = toNumber(unb64(jwkOf(keys.rsa).n));

// DigestInfo of RFC 8017 section 9.2 up to the hash itself
const oid = { sha1: '2b0e03021a', sha256: '608648016503040201', sha512: '608648016503040203' };
function digestInfo(name, data, { params = '0500', long = false, tail = '' } = {}) {
  const h = hash(name, data);
  const id = Buffer.from(oid[name], 'hex');
  const alg = Buffer.concat([Buffer.from([0x06, id.length]), id, Buffer.from(params, 'hex')]);
  const body = Buffer.concat([Buffer.from([0x30, alg.length]), alg, Buffer.from([0x04, h.length]), h,
    Buffer.from(tail, 'hex')]);
  return Buffer.concat([Buffer.from(long ? [0x30, 0x81, body.length] : [0x30, body.length]), body]);
}

function block(info, { first = 0, type = 1, fill = 0xff, separator = 0, tail = Buffer.alloc(0), ps } = {}) {
  const n = ps ?? size - 3 - info.length - tail.length;
  return Buffer.concat([Buffer.from([first, type]), Buffer.alloc(n, fill), Buffer.from([separator]), info, tail]);
}

// EMSA-PSS of RFC 8017 section 9.1.1, with choices that it does not leave
function pss(data, { digest = 'sha256', mgf = digest, salt = 32, trailer = 0xbc, top = false, pad = 1 } = {}) {
  const mHash = hash(digest, data);
  const saltBytes = fixedSalt(salt);
  const h = hash(digest, Buffer.concat([Buffer.alloc(8), mHash, saltBytes]));
  const db = Buffer.concat([Buffer.alloc(size - h.length - 2 - salt), Buffer.from([pad]), saltBytes]);
  let mask = Buffer.alloc(0);
  for (let i = 0; mask.length < db.length; i += 1) {
    mask = Buffer.concat([mask, hash(mgf, Buffer.concat([h, Buffer.from([0, 0, 0, i])]))]);
  }
  for (let i = 0; i < db.length; i += 1) db[i] ^= mask[i];
  db[0] &= 0x7f;
  if (top) db[0] |= 0x80;
  return Buffer.concat([db, h, Buffer.from([trailer])]);
}

export default function rsa() {
  const add = group(100);
  const input = signingInput(header('RS256'), claims);
  const good = digestInfo('sha256', input);
  const forged = (em) => ({ token: `${input}.${b64(rawSign(em))}` });
  const no = 'RG_E_SIGNATURE';

  add('pkcs1-by-hand', 'RG_OK', forged(block(good)), 'the control: what the others change one thing of');
  add('pkcs1-type-2', no, forged(block(good, { type: 2 })));
  add('pkcs1-type-0', no, forged(block(good, { type: 0, fill: 0 })));
  add('pkcs1-first-byte-1', no, forged(block(good, { first: 1 })));
  add('pkcs1-fill-not-ff', no, forged(block(good, { fill: 0xfe })));
  add('pkcs1-fill-zero', no, forged(block(good, { fill: 0 })));
  add('pkcs1-separator-not-zero', no, forged(block(good, { separator: 1 })));
  add('pkcs1-garbage-after-hash', no, forged(block(good, { ps: 8, tail: Buffer.alloc(size - 11 - good.length, 0x5a) })),
    'CVE-2006-4339: short padding, the hash not at the end');
  add('pkcs1-garbage-zero-after-hash', no, forged(block(good, { tail: Buffer.alloc(16) })));
  add('pkcs1-null-missing', no, forged(block(digestInfo('sha256', input, { params: '' }))),
    'RFC 8017 section 9.2 lets a verifier accept it; OpenSSL does not, and no signer makes it');
  add('pkcs1-params-not-null', no, forged(block(digestInfo('sha256', input, { params: '0401ff' }))));
  add('pkcs1-ber-length', no, forged(block(digestInfo('sha256', input, { long: true }))));
  add('pkcs1-garbage-in-digestinfo', no, forged(block(digestInfo('sha256', input, { tail: '0500' }))));
  add('pkcs1-hash-alone', no, forged(block(hash('sha256', input))));
  add('pkcs1-other-hash', no, forged(block(digestInfo('sha256', 'something else'))));
  add('pkcs1-sha1', no, forged(block(digestInfo('sha1', input))));
  add('pkcs1-sha512', no, forged(block(digestInfo('sha512', input))));
  add('rsa-rs512-signature-under-rs256', no, { token: `${input}.${b64(sign('RS512', input))}` });
  add('rsa-pss-signature-under-rs256', no, { token: `${input}.${b64(sign('PS256', input))}` });

  const s = sign('RS256', input);
  const n = toBytes(modulus, size);
  add('rsa-sig-zero', no, { token: `${input}.${b64(Buffer.alloc(size))}` });
  add('rsa-sig-one', no, { token: `${input}.${b64(toBytes(1n, size))}` });
  add('rsa-sig-n', no, { token: `${input}.${b64(n)}` });
  add('rsa-sig-n-minus-1', no, { token: `${input}.${b64(toBytes(modulus - 1n, size))}` });
  add('rsa-sig-ff', no, { token: `${input}.${b64(Buffer.alloc(size, 0xff))}` });
  add('rsa-sig-leading-zero', no, { token: `${input}.${b64(Buffer.concat([Buffer.alloc(1), s]))}` },
    'RFC 8017 section 8.2.2: as long as the modulus, no byte more');
  add('rsa-sig-trailing-byte', no, { token: `${input}.${b64(Buffer.concat([s, Buffer.alloc(1)]))}` });
  add('rsa-sig-short', no, { token: `${input}.${b64(s.subarray(0, size - 1))}` });
  add('rsa-sig-one-byte', no, { token: `${input}.AA` });
  add('rsa-sig-twice', no, { token: `${input}.${b64(Buffer.concat([s, s]))}` });

  // A signature that happens to start with a zero byte, and one below 2^2048 - n
  const find = (wanted) => {
    for (let jti = 0; ; jti += 1) {
      const text = signingInput(header('RS256'), { ...claims, jti: String(jti) });
      const sig = sign('RS256', text);
      if (wanted(sig)) return { text, sig };
    }
  };
  const zero = find((sig) => sig[0] === 0);
  add('rsa-sig-starts-with-zero', 'RG_OK', { token: `${zero.text}.${b64(zero.sig)}` });
  add('rsa-sig-zero-stripped', no, { token: `${zero.text}.${b64(zero.sig.subarray(1))}` });
  const small = find((sig) => toNumber(sig) + modulus < 2n ** BigInt(8 * size));
  add('rsa-sig-plus-n', no, { token: `${small.text}.${b64(toBytes(toNumber(small.sig) + modulus, size))}` },
    'the same residue again: RFC 8017 section 5.2.2 demands a representative below n');

  const psInput = signingInput(header('PS256'), claims);
  const psForged = (options) => ({ token: `${psInput}.${b64(rawSign(pss(psInput, options)))}` });
  add('pss-by-hand', 'RG_OK', psForged({}), 'the control: what the others change one thing of');
  add('pss-salt-empty', no, psForged({ salt: 0 }), 'RFC 7518 section 3.5: the salt is as long as the hash');
  add('pss-salt-20', no, psForged({ salt: 20 }));
  add('pss-salt-31', no, psForged({ salt: 31 }));
  add('pss-salt-33', no, psForged({ salt: 33 }));
  add('pss-salt-longest', no, psForged({ salt: size - 32 - 2 }));
  add('pss-mgf1-sha1', no, psForged({ mgf: 'sha1' }), 'RFC 7518 section 3.5: MGF1 with the hash of alg');
  add('pss-digest-sha512', no, psForged({ digest: 'sha512', salt: 64 }));
  add('pss-trailer-cc', no, psForged({ trailer: 0xcc }));
  add('pss-no-separator', no, psForged({ pad: 0 }));
  add('pss-separator-2', no, psForged({ pad: 2 }));
  const high = () => {
    for (let jti = 0; ; jti += 1) {
      const text = signingInput(header('PS256'), { ...claims, jti: String(jti) });
      const em = pss(text, { top: true });
      if (toNumber(em) < modulus) return { text, em };
    }
  };
  const top = high();
  add('pss-top-bit-set', no, { token: `${top.text}.${b64(rawSign(top.em))}` });
  add('pss-pkcs1-signature', no, { token: `${psInput}.${b64(sign('RS256', psInput))}` });
  add('pss-ps512-signature', no, { token: `${psInput}.${b64(sign('PS512', psInput))}` });
  add('pss-sig-leading-zero', no,
    { token: `${psInput}.${b64(Buffer.concat([Buffer.alloc(1), sign('PS256', psInput)]))}` });

  const big = (k, kid) => ({ token: token({ alg: 'RS256', kid }, claims, { by: k }), jwks: { keys: [jwkOf(k, { kid })] } });
  add('rsa-3072', 'RG_OK', big(keys.rsa3072, 'big'));
  add('rsa-8192', 'RG_OK', big(keys.rsa8192, 'biggest'));
  const psKey = jwkOf(keys.rsa8192, { kid: 'biggest' });
  add('rsa-8192-ps512', 'RG_OK', {
    token: token({ alg: 'PS512', kid: 'biggest' }, claims, { by: keys.rsa8192 }),
    jwks: { keys: [psKey] }, ctx: { rsa_default: 'PS512' },
  });
}
