import { packet, parseLength } from "./header.ts";
import { TAG } from "./tags.ts";

/** What announces a signature before the data (RFC 4880 5.4). `keyId` in upper-case hex. */
export interface OnePass {
  /** RFC 4880 5.2.1. */
  readonly type: number;
  /** RFC 4880 9.4. */
  readonly hash: number;
  /** Of the key, RFC 4880 9.1. */
  readonly algorithm: number;
  /** Of the key that signs, 16 digits. */
  readonly keyId: string;
}

/** A one-pass signature packet, the last (outermost) of its message. */
export function writeOnePass(onePass: OnePass): Uint8Array {
  const body = Uint8Array.of(3, onePass.type, onePass.hash, onePass.algorithm, ...Buffer.from(onePass.keyId, "hex"), 1);
  return packet(TAG.onePass, body);
}

/** Undefined when it is of a version we do not know: then its signature cannot be checked. */
export function parseOnePass(body: Uint8Array): OnePass | undefined {
  if (body[0] !== 3 || body.length !== 13) return undefined;
  return { type: body[1]!, hash: body[2]!, algorithm: body[3]!, keyId: hex(body.subarray(4, 12)) };
}

/** The facts of a version 4 signature packet body that are needed to announce or check it; undefined when it is no such. */
export function parseSignature(body: Uint8Array): (OnePass & { readonly hashed: Uint8Array }) | undefined {
  if (body[0] !== 4 || body.length < 10) return undefined;
  const hashedEnd = 6 + (body[4]! << 8) + body[5]!;
  const unhashedEnd = hashedEnd + 2 + ((body[hashedEnd] ?? 0) << 8) + (body[hashedEnd + 1] ?? 0);
  if (unhashedEnd > body.length) return undefined;
  const keyId = issuer(body.subarray(6, hashedEnd)) ?? issuer(body.subarray(hashedEnd + 2, unhashedEnd));
  if (keyId === undefined) return undefined;
  return { type: body[1]!, algorithm: body[2]!, hash: body[3]!, keyId, hashed: body.subarray(0, hashedEnd) };
}

const ISSUER = 16;
const ISSUER_FINGERPRINT = 33;

function issuer(subpackets: Uint8Array): string | undefined {
  let found: string | undefined;
  for (let at = 0; at < subpackets.length; ) {
    const parsed = parseLength(subpackets, at);
    if (!parsed || parsed.length.partial) return found;
    const start = at + parsed.size;
    const end = start + parsed.length.bytes;
    const data = subpackets.subarray(start + 1, end);
    const type = subpackets[start]! & 0x7f;
    if (type === ISSUER && data.length === 8) return hex(data);
    if (type === ISSUER_FINGERPRINT && data[0] === 4 && data.length === 21) found = hex(data.subarray(13));
    at = end;
  }
  return found;
}

/** Upper-case hex, as gpg shows key ids. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex").toUpperCase();
}
