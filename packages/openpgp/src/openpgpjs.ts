import type * as OpenPgp from "openpgp";

export type OpenPgpModule = typeof OpenPgp;
export type { Config, Key, PrivateKey, Subkey } from "openpgp";

/** openpgp.js, loaded when first needed: it takes a tenth of a second, and most commands do without. */
export function openpgp(): Promise<OpenPgpModule> {
  return import("openpgp");
}

/**
 * How openpgp.js judges keys for us: as gpg 2.2 does, or backups that stock duplicity makes would be refused here.
 * Its own defaults reject ElGamal, DSA and RSA below 2048 bits.
 */
export async function keyPolicy(): Promise<OpenPgp.Config> {
  const { config } = await openpgp();
  return {
    ...config,
    minRSABits: 1024,
    rejectPublicKeyAlgorithms: new Set(),
    rejectCurves: new Set(),
    rejectMessageHashAlgorithms: config.rejectHashAlgorithms,
    allowMissingKeyFlags: true,
  };
}
