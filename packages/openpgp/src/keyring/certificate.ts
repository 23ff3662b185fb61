import { createHash } from "node:crypto";
import { concatBytes } from "@doppel/base";
import { hex } from "../packets/signature.ts";
import { splitPackets, type WholePacket } from "../packets/split.ts";
import { TAG } from "../packets/tags.ts";

/** A key or subkey: who it is, not whether it is any good. Hex digits in upper case. */
export interface KeyName {
  readonly version: number;
  readonly fingerprint: string;
  readonly keyId: string;
}

/** A public key with all that belongs to it, parsed just far enough to find it. */
export interface Certificate {
  /** Its packets without those that only matter to the program that keeps it. */
  readonly bytes: Uint8Array;
  /** The primary key first. */
  readonly keys: readonly KeyName[];
  readonly userIds: readonly string[];
}

/**
 * All public keys in `bytes`, binary. Other packets before the first key are ignored, so a file that is no key gives [].
 * @throws DoppelError openpgp.bad-message when these are no packets at all.
 */
export function parseCertificates(bytes: Uint8Array): Certificate[] {
  const groups: WholePacket[][] = [];
  for (const each of splitPackets(bytes)) {
    if (each.tag === TAG.publicKey) groups.push([each]);
    else if (each.tag !== TAG.trust) groups.at(-1)?.push(each);
  }
  return groups.map((packets) => ({
    bytes: concatBytes(packets.map((each) => each.whole)),
    keys: packets.filter(({ tag }) => tag === TAG.publicKey || tag === TAG.publicSubkey).map(({ body }) => keyName(body)),
    userIds: packets.filter(({ tag }) => tag === TAG.userId).map(({ body }) => Buffer.from(body).toString("utf8")),
  }));
}

/** Whether `bytes` holds a secret key. */
export function holdsSecretKey(bytes: Uint8Array): boolean {
  return splitPackets(bytes).some(({ tag }) => tag === TAG.secretKey);
}

/** Fingerprints as RFC 4880 12.2 (v4) and RFC 9580 5.5.4 (v6) have them. Of other versions we only need to know the version. */
function keyName(body: Uint8Array): KeyName {
  const version = body[0] ?? 0;
  if (version === 4) {
    const fingerprint = hex(
      createHash("sha1")
        .update(Uint8Array.of(0x99, body.length >> 8, body.length))
        .update(body)
        .digest(),
    );
    return { version, fingerprint, keyId: fingerprint.slice(24) };
  }
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  const lead = version === 6 ? 0x9b : 0x9a;
  const fingerprint = hex(createHash("sha256").update(Uint8Array.of(lead)).update(length).update(body).digest());
  return { version, fingerprint, keyId: fingerprint.slice(0, 16) };
}
