import type { S3FaultEffect } from "@doppel/testkit";
import type { Dice } from "./dice.ts";
import type { CommandOptions } from "./machine.ts";
import type { SoakPlace } from "./places.ts";

/** A fault that waits for the next run, and the exit codes that the manual has for it. */
export interface Fault {
  readonly what: string;
  readonly codes: readonly number[];
  readonly failing?: NonNullable<CommandOptions["failing"]>;
}

const WRITES = ["PutObject", "UploadPart", "CreateMultipartUpload", "CompleteMultipartUpload"];
const FOR_GOOD = 1_000_000;

/** Errors that pass: a run gets over them. */
const PASSING: Readonly<Record<string, S3FaultEffect>> = {
  "500": { kind: "error", status: 500, code: "InternalError" },
  SlowDown: { kind: "error", status: 503, code: "SlowDown" },
  "lost answer": { kind: "lostAnswer" },
  "reset in the body": { kind: "reset", at: "request", after: 50_000 },
  "reset at once": { kind: "reset", at: "start" },
  "changed body": { kind: "corrupt", at: "request", offset: 100 },
  "short answer": { kind: "short", after: 100 },
};

/** Errors that stay, and how a run ends by them. */
const STAYING: Readonly<Record<string, readonly [S3FaultEffect, number]>> = {
  "denied from there on": [{ kind: "error", status: 403, code: "AccessDenied" }, 51],
  "quota used up": [{ kind: "error", status: 403, code: "QuotaExceeded" }, 53],
  "expired credentials": [{ kind: "expiredToken" }, 50],
};

export function disturbBucket(bucket: NonNullable<SoakPlace["bucket"]>, dice: Dice): Fault {
  const nth = 1 + dice.below(8);
  if (dice.chance(0.65)) {
    const what = dice.pick(Object.keys(PASSING));
    bucket.fault({ ...(dice.chance(0.5) && { operation: WRITES }), nth, times: 1 + dice.below(2), effect: PASSING[what]! });
    return { what, codes: [0] };
  }
  const what = dice.pick(Object.keys(STAYING));
  const [effect, code] = STAYING[what]!;
  bucket.fault({ operation: WRITES, nth, times: FOR_GOOD, effect });
  return { what, codes: [0, 3, code] };
}

/** A disk that is full from some operation on, or has a bad sector. */
export function failFolder(target: string, archive: string, dice: Dice): Fault {
  const [name, folder] = dice.pick([["target", target] as const, ["archive directory", archive] as const]);
  const code = dice.pick(["ENOSPC", "ENOSPC", "EIO", "EDQUOT"]);
  const times = code === "EIO" && dice.chance(0.5) ? 1 : FOR_GOOD;
  const failing = { folder, at: 1 + dice.below(40), code, times };
  return { what: `${code} at the ${name}`, codes: name === "target" ? [0, 3, 50, 53] : [0, 3, 9], failing };
}
