import type { Attempt, AttemptResult, BucketAdmin } from "@doppel/storage";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { folderAppendOnly } from "./folder-canary.ts";
import { noticeDays } from "./notice-days.ts";

/** What whoever steals this machine's credentials could do to the backups, found out by trying it. */
export const appendOnly: Check = async (context) => {
  const { bucket, folder } = context.target;
  if (context.dryRun) return [skipped("nothing is tried with --dry-run")];
  if (bucket === undefined)
    return folder === undefined ? [skipped("targets of this kind are not tried")] : folderAppendOnly(context);
  const results = await bucket.tryAsThief();
  const versions = await protection(results, bucket.admin);
  return results.map((result) => findingOf(result, versions, context));
};

function skipped(detail: string): Finding {
  return { id: "append-only", level: "skipped", title: "what stolen credentials could do", detail };
}

/** How long what was written over or deleted lives on; undefined: it does not. */
interface Kept {
  readonly text: string;
}

async function protection(results: readonly AttemptResult[], admin: () => Promise<BucketAdmin>): Promise<Kept | undefined> {
  const destroys = results.some(({ attempt, result }) => attempt === "delete a version" && result === "succeeded");
  if (destroys || !results.some(({ kept }) => kept === true)) return undefined;
  const days = await noticeDays(await admin());
  if (days === undefined) return { text: "for as long as the bucket's settings say, which these credentials cannot see" };
  return {
    text:
      days === "for ever" ? "until somebody deletes it" : `for ${days} day${days === 1 ? "" : "s"}: so long there is to notice`,
  };
}

function findingOf(
  { attempt, result, detail, kept }: AttemptResult,
  versions: Kept | undefined,
  { isServer }: DoctorContext,
): Finding {
  const id = `append-only:${attempt.replaceAll(" ", "-")}`;
  if (attempt === "store" || attempt === "read back") {
    if (result === "succeeded") return { id, level: "pass", title: `${TITLES[attempt]} works`, detail };
    const level = isServer ? "fail" : "warn";
    const remedy =
      attempt === "store"
        ? "right for a monitor, wrong for a server that backs up: give it the policy of `doppel setup bucket URL --role writer`"
        : "increments and resumed backups need it: s3:GetObject is in the policy of `doppel setup bucket URL --role writer`";
    return { id, level, title: `${TITLES[attempt]} does not work`, detail, remedy };
  }
  if (result === "refused") return { id, level: "pass", title: `${TITLES[attempt]} is refused`, detail };
  if (result === "unknown") return { id, level: "warn", title: `${TITLES[attempt]}: neither refused nor done`, detail };
  const remedy = REMEDIES[attempt];
  if (
    (attempt === "overwrite" || attempt === "overwrite in parts" || attempt === "delete") &&
    kept === true &&
    versions !== undefined
  ) {
    return {
      id,
      level: "warn",
      title: `${TITLES[attempt]} is possible, and the old version lives on`,
      detail: `${detail}, ${versions.text}`,
      remedy,
    };
  }
  const level = attempt === "list a neighbour" ? "warn" : "fail";
  return { id, level, title: `${TITLES[attempt]} is possible`, detail, remedy };
}

const TITLES: Readonly<Record<Attempt, string>> = {
  store: "storing a backup",
  "read back": "reading what is stored",
  delete: "deleting a backup",
  overwrite: "writing over a backup",
  "overwrite in parts": "writing over a backup in parts",
  "delete a version": "deleting a version of a backup",
  "change the lifecycle": "changing the bucket's lifecycle",
  "change the policy": "changing the bucket's policy",
  "change versioning": "switching versioning off",
  "list a neighbour": "listing other servers' objects",
  "read a neighbour": "reading other servers' objects",
};

const OF_A_WRITER = "give this machine credentials of its own with the policy of `doppel setup bucket URL --role writer`";
const OVERWRITE =
  "`doppel setup bucket URL --create-only` (AWS) refuses it; --versioning or --object-lock DAYS keep what was there";

const REMEDIES: Readonly<Record<Exclude<Attempt, "store" | "read back">, string>> = {
  delete: OF_A_WRITER,
  overwrite: OVERWRITE,
  "overwrite in parts": OVERWRITE,
  "delete a version": `${OF_A_WRITER}; --object-lock DAYS holds against whoever may delete versions`,
  "change the lifecycle": OF_A_WRITER,
  "change the policy": OF_A_WRITER,
  "change versioning": `${OF_A_WRITER}; with --object-lock DAYS it cannot be switched off`,
  "list a neighbour": `names only; without --list-bucket the policy of \`doppel setup bucket URL --role writer\` refuses it, if stock duplicity need not work with these credentials`,
  "read a neighbour": OF_A_WRITER,
};
