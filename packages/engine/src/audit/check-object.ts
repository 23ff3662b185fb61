import { createHash } from "node:crypto";
import { concatBytes, isDoppelError, payloadOf, type Runtime } from "@doppel/base";
import type { ReceiptEncryption, ReceiptObject } from "@doppel/format";
import { readKeyPackets } from "@doppel/openpgp";
import type { Storage } from "@doppel/storage";
import { readSurely } from "../objects/read-surely.ts";
import { encodingOf } from "../read/fetch.ts";
import type { AuditProgress } from "./progress.ts";
import type { AuditFinding } from "./report.ts";

/** More than the session key packets of a hundred recipients have. */
const HEAD_BYTES = 1 << 16;

/** What of an object was read. */
interface ReadObject {
  readonly bytes: number;
  readonly findings: readonly AuditFinding[];
}

/** Reads an object and holds it to its receipt: its bytes, and who can open it. @throws storage.* */
export async function checkObject(
  expected: ReceiptObject,
  encryption: ReceiptEncryption,
  storage: Storage,
  { signal, emit }: Pick<Runtime, "signal" | "emit">,
  progress: Pick<AuditProgress, "data">,
): Promise<ReadObject> {
  const { name } = expected;
  const found = await readSurely(name, () => readThrough(storage, name, signal, progress), emit);
  const findings: AuditFinding[] = [];
  const problem = (kind: AuditFinding["kind"], detail: string): number =>
    findings.push({ severity: "problem", kind, name, detail });
  if ("unread" in found) {
    const { kind, detail } = found.unread;
    return { bytes: 0, findings: [{ severity: kind === "archived" ? "warning" : "problem", kind, name, detail }] };
  }
  const { size, sha256, head } = found.read;
  if (size !== expected.size) problem("size", `has ${size} bytes, and its receipt says ${expected.size}`);
  else if (sha256 !== expected.sha256 && expected.sha256 !== undefined) {
    problem("bytes", `is not what its receipt says: SHA-256 is ${sha256}, expected ${expected.sha256}`);
  }
  const wrongKeys = encodingOf(name) === "gpg" ? await keysProblem(head, encryption, signal) : undefined;
  if (wrongKeys !== undefined) problem("recipients", wrongKeys);
  return { bytes: size, findings };
}

async function readThrough(
  storage: Storage,
  name: string,
  signal: AbortSignal,
  progress: Pick<AuditProgress, "data">,
): Promise<{ readonly size: number; readonly sha256: string; readonly head: Uint8Array }> {
  const hash = createHash("sha256");
  const head: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of storage.get(name, undefined, signal)) {
      hash.update(chunk);
      if (size < HEAD_BYTES) head.push(chunk.slice(0, HEAD_BYTES - size));
      size += chunk.length;
      progress.data(chunk.length);
    }
  } catch (error) {
    progress.data(-size); // it may be read again
    throw error;
  }
  return { size, sha256: hash.digest("hex"), head: concatBytes(head) };
}

/** What is wrong with the keys that stand in the object's session key packets. */
async function keysProblem(head: Uint8Array, encryption: ReceiptEncryption, signal: AbortSignal): Promise<string | undefined> {
  try {
    const { recipients, symmetric } = await readKeyPackets(payloadOf(head).open(), signal);
    const expected = encryption.kind === "keys" ? encryption.keyIds : [];
    if ([...recipients].sort().join() !== [...expected].sort().join()) {
      return `is encrypted to ${shown(recipients, symmetric)}, and its receipt says ${shown(expected, encryption.kind === "passphrase")}`;
    }
    const opens = encryption.kind !== "passphrase" || symmetric;
    return opens ? undefined : "is not encrypted with a passphrase, as its receipt says";
  } catch (error) {
    if (!isDoppelError(error, "openpgp.bad-message")) throw error;
    return `is no OpenPGP message: it ${error.data.reason === "truncated" ? "is cut off" : "has other bytes"}`;
  }
}

function shown(keyIds: readonly string[], symmetric: boolean): string {
  if (keyIds.length > 0) return keyIds.join(", ");
  return symmetric ? "a passphrase" : "nobody";
}
