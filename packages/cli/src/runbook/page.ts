import { displayText } from "@doppel/base";
import { setKind } from "../render/rows.ts";
import { byteText, counted } from "../render/sizes.ts";
import { type Newest, newestOf, type RunbookFacts } from "./facts.ts";
import { byHand, withDoppel, withDuplicity } from "./ways.ts";

/** Backups that are listed; of more, the newest. */
const LISTED = 40;

/** A page for people in an emergency, in Markdown. It takes nothing for granted but a machine with a shell. */
export function runbookPage(facts: RunbookFacts): string {
  const newest = newestOf(facts.status);
  const parts = [head(facts), whatYouNeed(facts), backups(facts, newest)];
  if (newest === undefined) parts.push("There is nothing here that could be restored. Look for another copy of the backups.");
  else parts.push(CHOOSE, withDoppel(facts), withDuplicity(facts), byHand(facts, newest), AFTERWARDS);
  return `${parts.map((part) => part.trimEnd()).join("\n\n")}\n`;
}

function head({ title, made, version, url }: RunbookFacts): string {
  return `# Restoring ${displayText(title)} in an emergency

Made on ${dayTime(made)} by doppel ${version} from \`${displayText(url)}\`. There is no secret in it: print it, and keep it with the paper key.
Print it anew when the key, the place or the schedule of the backups changes (\`doppel runbook\`), and try one of the ways below now and
then (\`doppel drill\`).`;
}

function whatYouNeed(facts: RunbookFacts): string {
  const { s3, folder, url } = facts;
  const place = s3
    ? [
        `- **The bucket** \`${s3.bucket}\`, prefix \`${s3.prefix === "" ? "(none)" : s3.prefix}\``,
        `  - server: ${s3.endpoint === undefined ? "AWS" : `\`${s3.endpoint}\``}; region: ${s3.region === undefined ? "not named; us-east-1 if nobody says otherwise" : `\`${s3.region}\``}`,
        ...credentials(facts),
      ]
    : [`- **The place** \`${displayText(folder ?? url)}\`: mount the disk or share that it is on.`];
  return `## What you need

${[...place, ...keys(facts)].join("\n")}
- **Room** for what is restored, on a machine that you trust. Do not restore over a system that was broken into.`;
}

function credentials({ credentials: where }: RunbookFacts): readonly string[] {
  const known = where === undefined ? "those that AWS programs found by themselves" : displayText(where);
  const actions = "`GetObject`, `ListBucket` and `GetBucketLocation`";
  return [
    `  - credentials when this was made: ${known} (on the machine that made this). They are not printed here.`,
    `  - if they are lost: whoever administers the account makes an access key for a user that may ${actions} there`,
    "    (`doppel setup bucket --role restorer` prints the policy).",
    "    duplicity also needs `ListBucket` without a condition on `s3:prefix` (HeadBucket); that policy has it. Then:",
    "    `export AWS_ACCESS_KEY_ID=... AWS_SECRET_ACCESS_KEY=...`",
    "  - account, and who administers it: ______________________________",
  ];
}

function keys({ recipients, fingerprints, secretKey }: RunbookFacts): readonly string[] {
  if (recipients === "none") return ["- **No key**: these backups are not encrypted."];
  if (recipients === "passphrase") {
    return ["- **The passphrase** of the backups; there is no key. It is kept at: ______________________________"];
  }
  const ids = recipients.map((id) => `\`${id}\``).join(", ");
  return [
    `- **The secret key**: the newest backup can be opened with key ID ${ids}${recipients.length > 1 ? " (one is enough)" : ""}`,
    ...fingerprints.map((fingerprint) => `  - fingerprint \`${fingerprint.replace(/(.{4})(?=.)/g, "$1 ")}\``),
    ...(secretKey === undefined ? [] : [`  - its file, when this was made: \`${displayText(secretKey)}\``]),
    "  - the paper key is kept at: ______________________________ (type or scan its text into a file `backup.key`)",
    "  - its passphrase is kept at: ______________________________ (not with the paper key)",
  ];
}

function backups({ status }: RunbookFacts, newest: Newest | undefined): string {
  const sets = status.chains.flatMap((chain) => chain.sets);
  if (newest === undefined) return `## The backups\n\nThere is no complete backup at ${displayText(status.target)}.`;
  const shown = sets.slice(-LISTED);
  const rows = shown.map(
    ({ set, volumes, volumeBytes, problems }) =>
      `| ${dayTime(set.id.end)} | ${setKind(set.id.kind)} | ${volumes} | ${byteText(volumeBytes)} | ${problems.length > 0 ? `DAMAGED: ${displayText(problems.join("; "))}` : ""} |`,
  );
  const more = sets.length > shown.length ? `\n\nand ${counted(sets.length - shown.length, "older backup")}.` : "";
  const state =
    newest.increments === 0
      ? "is a full backup"
      : `is a full backup (${dayTime(newest.full.id.end)}) with ${counted(newest.increments, "increment")} on top`;
  return `## The backups, when this was made

The newest state, ${dayTime(newest.end)}, ${state}: ${byteText(newest.bytes)} to be read. Times are UTC.

| Time | Kind | Volumes | Stored | |
| --- | --- | ---: | ---: | --- |
${rows.join("\n")}${more}`;
}

const CHOOSE = `## Choose

Where the files go (a folder that is not there yet), and one path of the backup for when a single file is enough. All commands below
use these two; run them in the same shell (bash), as root if owners are to be restored.

\`\`\`sh
TO=/srv/restored
FILE=etc/hosts
\`\`\``;

const AFTERWARDS = `## What to check afterwards

- The last lines of the command: nothing was left out, no volume was damaged. doppel exits with 0 only then.
- The newest files you know of are there, with their dates; the number and size of folders are what you expect.
- Databases: start them on a copy first. A backup of a running database's files may need its own recovery.
- Owners: \`find "$TO" -nouser -o -nogroup\` lists what belongs to users that this machine does not have.
- The reason for the emergency: if somebody broke in, an older backup (\`-t\`, above) may be the one you want; change every password and
  key that was on the machine.
- Backups run again, to a place that the intruder cannot write to, and the monitor sees them.`;

/** `2026-11-22 03:00:19`, UTC: who reads this may be anywhere. */
function dayTime(time: Date): string {
  return time
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "");
}
