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

interface CheckRow {
  readonly id: string;
  /** What it looks at, for a line that says that it could not. */
  readonly what: string;
  readonly check: Check;
  /** Makes no sense where the target cannot be listed, or, if so, is no bucket. */
  readonly needs?: "target" | "bucket";
}

/** In the order in which a person reads them. */
const CHECKS: readonly CheckRow[] = [
  { id: "tools", what: "programs on this machine", check: tools },
  { id: "target", what: "the target", check: target },
  { id: "append-only", what: "what stolen credentials could do", check: appendOnly, needs: "target" },
  { id: "bucket", what: "settings of the bucket", check: bucketSettings, needs: "bucket" },
  { id: "last-backup", what: "the last backup", check: backups, needs: "target" },
  { id: "key", what: "the public key", check: key },
  { id: "no-secret-key", what: "secret keys on this machine", check: secretKey },
  { id: "forgery", what: "what could be forged", check: forgery },
  { id: "folders", what: "the folders that are backed up", check: folders },
  { id: "space", what: "room on this machine", check: space },
];

/** Runs every check; one that cannot be made is a finding, and the others go on. @throws run.aborted */
export async function examine(context: DoctorContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const row of CHECKS) {
    context.runtime.signal.throwIfAborted();
    if (row.needs === "bucket" && context.target.bucket === undefined) continue;
    const isListed = !findings.some(({ id, level }) => id === "target" && level !== "pass");
    if (row.needs !== undefined && !isListed) {
      findings.push({ id: row.id, level: "skipped", title: row.what, detail: "the target cannot be listed" });
    } else {
      findings.push(...(await made(row, context)));
    }
  }
  return findings;
}

async function made({ id, what, check }: CheckRow, context: DoctorContext): Promise<readonly Finding[]> {
  try {
    return await check(context);
  } catch (error) {
    context.runtime.signal.throwIfAborted();
    if (!(error instanceof DoppelError)) throw error;
    return [{ id, level: "fail", title: `${what}: could not be looked at`, detail: error.message }];
  }
}
