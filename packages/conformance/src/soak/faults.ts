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

const STORING = ["PutObject", "UploadPart", "CreateMultipartUpload", "CompleteMultipartUpload"];
export const DELETING = ["DeleteObject", "DeleteObjects"];
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

/** An error that passes or stays, at one of these requests (storing, unless others are named). */
export function disturbBucket(bucket: NonNullable<SoakPlace["bucket"]>, dice: Dice, operation = STORING): Fault {
  if (dice.chance(0.65)) return disturbShortly(bucket, dice);
  const nth = 1 + dice.below(5);
  const what = dice.pick(Object.keys(STAYING));
  const [effect, code] = STAYING[what]!;
  bucket.fault({ operation, nth, times: FOR_GOOD, effect });
  return { what, codes: [0, 3, code] };
}

/** An error that passes, at any request. */
export function disturbShortly(bucket: NonNullable<SoakPlace["bucket"]>, dice: Dice): Fault {
  const what = dice.pick(Object.keys(PASSING));
  bucket.fault({ nth: 1 + dice.below(9), times: 1 + dice.below(2), effect: PASSING[what]! });
  return { what, codes: [0] };
}

/** A disk that is full from some operation on, or has a bad sector. */
export function failFolder(target: string, archive: string, dice: Dice): Fault {
  const [name, folder] = dice.pick([["target", target] as const, ["archive directory", archive] as const]);
  const code = dice.pick(["ENOSPC", "ENOSPC", "EIO", "EDQUOT"]);
  const times = code === "EIO" && dice.chance(0.5) ? 1 : FOR_GOOD;
  const failing = { folder, at: 1 + dice.below(30), code, times };
  return { what: `${code} at the ${name}`, codes: name === "target" ? [0, 3, 50, 53] : [0, 3, 9], failing };
}
