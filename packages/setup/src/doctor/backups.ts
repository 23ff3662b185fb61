import { displayText } from "@doppel/base";
import type { SetStatus, StatusReport } from "@doppel/engine/internal";
import { newestBackup, newestGood } from "./backups-seen.ts";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";

const HOUR_MS = 3_600_000;
/** Without a schedule: a night may have been missed, and a second one is too many. */
const OLD_MS = 48 * HOUR_MS;

/** How old the last backup is, whether it is whole as far as a listing shows, and whether it vouches for itself. */
export const backups: Check = async (context) => {
  const report = await context.backups.status();
  const newest = newestBackup(report);
  if (newest === undefined) return [await none(context)];
  return [ageOf(newest.status, context), ...soundness(report, newest.status), ...(await receiptOf(newest.status, context))];
};

async function none({ target }: DoctorContext): Promise<Finding> {
  const isFresh = (await target.list()) === 0;
  const title = isFresh ? "there is no backup yet" : "there is no complete backup, although something is stored";
  return {
    id: "last-backup",
    level: isFresh ? "warn" : "fail",
    title,
    remedy: "make one now: doppel full, and look at what doppel status says",
  };
}

function ageOf({ set }: SetStatus, { backups: { dueSince }, runtime }: DoctorContext): Finding {
  const id = "last-backup";
  const { end, kind } = set.id;
  const age = runtime.clock.now().getTime() - end.getTime();
  const title = `the last backup (${kind === "full" ? "full" : "increment"}) is ${ageText(age)}`;
  if (age < -HOUR_MS)
    return {
      id,
      level: "warn",
      title: "the last backup lies in the future",
      detail: end.toISOString(),
      remedy: "look at the clock of the machine that makes backups",
    };
  const isLate = dueSince === undefined ? age > OLD_MS : end < dueSince;
  if (!isLate) return { id, level: "pass", title };
  const detail = dueSince === undefined ? undefined : `by its schedule one is due that was made since ${dueSince.toISOString()}`;
  const remedy = "see why the nightly run fails (journalctl, mail of cron), or make one now: doppel full";
  return { id, level: "warn", title, ...(detail !== undefined && { detail }), remedy };
}

function soundness(report: StatusReport, { problems, set }: SetStatus): readonly Finding[] {
  const id = "last-backup-whole";
  const remedy = "make a full backup now, and see with doppel status and doppel verify what can be restored";
  if (problems.length > 0) {
    return [{ id, level: "fail", title: "the last backup is damaged", detail: displayText(problems.join("; ")), remedy }];
  }
  const good = newestGood(report);
  if (good === undefined || good.status.set !== set) {
    return [{ id, level: "fail", title: "a backup that the last one builds upon is damaged", remedy }];
  }
  return [{ id, level: "pass", title: "the last backup has all its objects, as far as a listing shows" }];
}

async function receiptOf({ set: { receipt: name } }: SetStatus, context: DoctorContext): Promise<readonly Finding[]> {
  const id = "receipt";
  if (name === undefined) {
    const { receiptsRequired } = context.backups;
    const remedy =
      "backups by doppel have one unless --no-receipt says otherwise; without one only who has the key can tell what belongs to a backup";
    return [{ id, level: receiptsRequired ? "fail" : "warn", title: "the last backup has no receipt", remedy }];
  }
  const { problem, signature } = await context.backups.readReceipt(name);
  if (problem !== undefined) {
    return [{ id, level: "fail", title: "the receipt of the last backup cannot be believed", detail: displayText(problem) }];
  }
  if (signature === "none") {
    const remedy = "--receipt-key FILE signs receipts with a key of this server's, which the monitor checks";
    if (context.backups.receiptsSigned) {
      const title = "the receipt of the last backup is not signed, and the profile has a receipt-key";
      return [{ id, level: "fail", title, remedy }];
    }
    const detail = `it is not signed, so whoever can store can write one: ${remedy}`;
    return [{ id, level: "pass", title: "the receipt of the last backup is whole", detail }];
  }
  const checked =
    signature === "good"
      ? "and signed by the key of the profile"
      : "and signed; by whom is not checked without the public key (receipt-key of a profile)";
  return [{ id, level: "pass", title: `the receipt of the last backup is whole, ${checked}` }];
}

function ageText(ms: number): string {
  const hours = Math.max(0, Math.floor(ms / HOUR_MS));
  if (hours < 1) return "less than an hour old";
  return hours < 48 ? `${hours} hour${hours === 1 ? "" : "s"} old` : `${Math.floor(hours / 24)} days old`;
}
