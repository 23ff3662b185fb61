import { DoppelError } from "@doppel/base";
import type { Sample } from "@doppel/engine/internal";
import { WRITE } from "./command-groups.ts";
import { flag, type Option, optional, path, shown, wholeNumber, withDefault } from "./option.ts";

/** What receipts hold, and who signs them. */
export const RECEIPT_OPTIONS = {
  "no-receipt": flag({
    generation: "doppel",
    group: "Where and how it is stored",
    help: "make no receipt: without one, nobody can check the backup without a key",
    commands: WRITE,
    to: "BackupJob.receipt",
  }),
  receipt: flag({
    generation: "doppel",
    group: "Where and how it is stored",
    help: "make one; doppel does anyway, duplicity only when it is asked to",
    commands: WRITE,
    to: "BackupJob.receipt",
  }),
  "receipt-depth": withDefault(wholeNumber(0, 16), "1", {
    generation: "doppel",
    metavar: "N",
    group: "Where and how it is stored",
    help: "a receipt counts files by folders N deep, whose names everybody can read who can read the target",
    commands: WRITE,
    to: "ReceiptOptions.folderDepth",
  }),
  "receipt-key": optional(path, {
    generation: "doppel",
    metavar: "FILE",
    group: "Where and how it is stored",
    help: "sign receipts with this Ed25519 private key, PEM: openssl genpkey -algorithm ed25519 -out FILE",
    commands: WRITE,
    to: "BackupDeps.receiptSigner",
    also: [
      {
        group: "Watching",
        help: "receipts must be signed by this Ed25519 key: its public half, PEM",
        commands: ["audit"],
      },
    ],
  }),
  sample: optional(sampleOf, {
    generation: "doppel",
    metavar: "N|N%|all",
    group: "Watching",
    help: "read so many objects, chosen at random, and compare their bytes with their receipts (default: 10); of all of them, the sizes are compared",
    commands: ["audit"],
    also: [
      {
        group: "Reading a backup",
        help: "read so many objects, chosen at random (default: all), and all manifests and receipts",
        commands: ["check"],
      },
    ],
    to: "AuditJob.sample, CheckJob.sample",
  }),
  "sample-seed": optional(wholeNumber(0, 0xffff_ffff), {
    generation: "doppel",
    metavar: "N",
    group: "Watching",
    help: "choose as the audit or check did that printed this number",
    commands: ["audit", "check"],
    to: "AuditJob.seed, CheckJob.seed",
  }),
  "without-key": flag({
    generation: "doppel",
    group: "Reading a backup",
    help: "open nothing: names, sizes, gaps, hashes that receipts tell, and whether what is encrypted is whole by its own lengths",
    commands: ["check"],
    to: "CheckJob.withKey",
  }),
  "check-state": optional(path, {
    generation: "doppel",
    metavar: "FILE",
    group: "Reading a backup",
    help: "where a check that is stopped remembers what was sound (default: in the archive directory); it is removed at the end",
    commands: ["check"],
    to: "CheckJob.stateFile",
  }),
} satisfies Record<string, Option>;

/** `10`, `5%`, `all` */
function sampleOf(argument: string): Sample {
  if (argument === "all") return { kind: "all" };
  const percent = /^(\d{1,3}(?:\.\d+)?)%$/.exec(argument)?.[1];
  if (percent !== undefined && Number(percent) <= 100) return { kind: "percent", percent: Number(percent) };
  if (/^\d{1,9}$/.test(argument)) return { kind: "objects", count: Number(argument) };
  throw new DoppelError("cli.usage", `needs a number of objects, a percentage or "all", not "${shown(argument)}"`, {});
}
