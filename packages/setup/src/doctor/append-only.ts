import type { Attempt, AttemptResult, BucketAdmin } from "@doppel/storage";
import type { Check } from "./context.ts";
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
  const isStored = results.some(({ attempt, result }) => attempt === "store" && result === "succeeded");
  return results.map((result) => findingOf(result, versions, { isStored, isServer: context.isServer }));
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
  { attempt, result, detail, kept, isGuess }: AttemptResult,
  versions: Kept | undefined,
  { isStored, isServer }: { readonly isStored: boolean; readonly isServer: boolean },
): Finding {
  const id = `append-only:${attempt.replaceAll(" ", "-")}`;
  const title = TITLES[attempt];
  if (result === "unknown" && !isStored && OF_WHAT_IS_STORED.has(attempt)) return { id, level: "skipped", title, detail };
  if (attempt === "store" || attempt === "read back") {
    if (result === "succeeded") return { id, level: "pass", title: `${title} works`, detail };
    const level = isServer ? "fail" : "warn";
    const remedy =
      attempt === "store"
        ? "right for a monitor, wrong for a server that backs up: give it the policy of `doppel setup bucket URL --role writer`"
        : "increments and resumed backups need it: s3:GetObject is in the policy of `doppel setup bucket URL --role writer`";
    return { id, level, title: `${title} does not work`, detail, remedy };
  }
  if (result === "refused") {
    const stays = attempt === "delete" && isStored ? ", so what it was tried on stays" : "";
    const onWhat = isGuess ? " (tried with a name that nobody has)" : "";
    return { id, level: "pass", title: `${title} is refused${onWhat}${stays}`, detail };
  }
  if (result === "unknown") return { id, level: "warn", title: `${title}: cannot be told`, detail };
  const isDestroying = attempt === "overwrite" || attempt === "overwrite in parts" || attempt === "delete";
  if (!isDestroying || kept !== true) {
    const level = attempt === "list a neighbour" ? "warn" : "fail";
    return { id, level, title: `${title} is possible`, detail, remedy: REMEDIES[attempt] };
  }
  if (versions === undefined)
    return {
      id,
      level: "fail",
      title: `${title} is possible`,
      detail: `${detail}, which may be deleted, too`,
      remedy: OF_A_WRITER,
    };
  const lives = `${title} is possible, and the old version lives on`;
  const fate = `${detail}, ${versions.text}`;
  if (attempt === "delete") return { id, level: "warn", title: lives, detail: fate, remedy: OF_A_WRITER };
  // Seen to hold: without permission to delete versions nothing is lost. Whether there is time enough to notice is a finding of the settings.
  return { id, level: "pass", title: lives, detail: fate, remedy: OF_VERSIONS };
}

/** Tried on what was stored before: without that they tell nothing. */
const OF_WHAT_IS_STORED: ReadonlySet<Attempt> = new Set<Attempt>(["read back", "overwrite", "overwrite in parts"]);

const TITLES: Readonly<Record<Attempt, string>> = {
  store: "storing a backup",
  "read back": "reading what is stored",
  delete: "deleting a backup",
  overwrite: "writing over a backup",
  "overwrite in parts": "writing over a backup in parts",
  "delete a version": "deleting a version of a backup",
  "change the lifecycle": "changing the bucket's lifecycle",
  "change the policy": "changing the bucket's policy",
  "change versioning": "changing the bucket's versioning",
  "list a neighbour": "listing other servers' objects",
  "read a neighbour": "reading other servers' objects",
};

const OF_A_WRITER = "give this machine credentials of its own with the policy of `doppel setup bucket URL --role writer`";
const OVERWRITE =
  "`doppel setup bucket URL --create-only` (AWS) refuses it; --versioning or --object-lock DAYS keep what was there";
const OF_VERSIONS =
  "`doppel restore --as-of TIME`, with the credentials of a restorer, reads the old one; `doppel setup bucket URL --create-only` (AWS) refuses it";

const REMEDIES: Readonly<Record<Exclude<Attempt, "store" | "read back">, string>> = {
  delete: OF_A_WRITER,
  overwrite: OVERWRITE,
  "overwrite in parts": OVERWRITE,
  "delete a version": `${OF_A_WRITER}; --object-lock DAYS holds against who may delete versions and may not bypass governance mode`,
  "change the lifecycle": OF_A_WRITER,
  "change the policy": OF_A_WRITER,
  "change versioning": `${OF_A_WRITER}; with --object-lock DAYS it cannot be switched off`,
  "list a neighbour":
    "names only; without --list-bucket the policy of `doppel setup bucket URL --role writer` refuses it, if stock duplicity need not work with these credentials",
  "read a neighbour": OF_A_WRITER,
};
