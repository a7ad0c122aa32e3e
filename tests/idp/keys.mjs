// SPDX-License-Identifier: ISC
// The signing keys: always two published, one of them signing.
import { createHash, generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';

const generate = promisify(generateKeyPair);

/* A fresh RSA key as a private JWK, named the way Entra names its keys. */
export async function newKey(bits = 2048) {
  const { publicKey, privateKey } = await generate('rsa', {
    modulusLength: bits,
  });
  const der = publicKey.export({ type: 'spki', format: 'der' });
  const kid = createHash('sha1').update(der).digest('base64url');
  return { ...privateKey.export({ format: 'jwk' }), kid, use: 'sig' };
}

export class Keys {
  static async create() {
    const keys = new Keys();
    const [signing, other] = await Promise.all([newKey(), newKey()]);
    Object.assign(keys, { signing, others: [other] });
    return keys;
  }

  /* From now on a new key signs; the old one stays published if `keep`. */
  async rotate(keep) {
    const old = this.signing;
    this.signing = await newKey();
    // Bounded: nobody needs more than a few old keys.
    if (keep) this.others = [old, ...this.others].slice(0, 8);
    return this.signing.kid;
  }

  /* Private, the signing key first: oidc-provider signs with the first. */
  privateSet() {
    return { keys: [this.signing, ...this.others] };
  }

  /*
   * Public, in Entra's shape: no `alg`, an `issuer` member that may hold the
   * {tenantid} template (always, where several tenants share the keys), and
   * the signing key not first.
   * https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-issuer
   */
  publicSet(issuer, tenant, several) {
    const template = issuer.replace(tenant, '{tenantid}');
    const shape = (jwk, i) => ({
      kty: 'RSA', use: 'sig', kid: jwk.kid, x5t: jwk.kid, n: jwk.n, e: jwk.e,
      issuer: i % 2 === 0 && !several ? issuer : template,
    });
    return { keys: [...this.others, this.signing].map(shape) };
  }
}
