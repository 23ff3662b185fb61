import { DoppelError } from "@doppel/base";
import { appendOnly } from "./append-only.ts";
import { backups } from "./backups.ts";
import { bucketSettings } from "./bucket-settings.ts";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { folders } from "./folders.ts";
import { forgery } from "./forgery.ts";
import { key } from "./key.ts";
import { secretKey } from "./secret-key.ts";
import { space } from "./space.ts";
import { target } from "./target.ts";
import { tools } from "./tools.ts";

/** In the order in which a person reads them. */
const CHECKS: readonly (readonly [id: string, what: string, check: Check])[] = [
  ["tools", "programs on this machine", tools],
  ["target", "the target", target],
  ["append-only", "what stolen credentials could do", appendOnly],
  ["bucket", "settings of the bucket", bucketSettings],
  ["last-backup", "the backups", backups],
  ["key", "the public key", key],
  ["no-secret-key", "secret keys on this machine", secretKey],
  ["forgery", "what could be forged", forgery],
  ["folders", "the folders that are backed up", folders],
  ["space", "room on this machine", space],
];

/** Runs every check; one that cannot be made is a finding, and the others go on. @throws run.aborted */
export async function examine(context: DoctorContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [id, what, check] of CHECKS) {
    context.runtime.signal.throwIfAborted();
    try {
      findings.push(...(await check(context)));
    } catch (error) {
      context.runtime.signal.throwIfAborted();
      if (!(error instanceof DoppelError)) throw error;
      findings.push({ id, level: "fail", title: `${what}: could not be looked at`, detail: error.message });
    }
  }
  return findings;
}
