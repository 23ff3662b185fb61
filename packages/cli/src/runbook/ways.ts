import { pathFromText } from "@doppel/base";
import { pasteable } from "../pasteable.ts";
import type { Newest, RunbookFacts } from "./facts.ts";

/** 1. With this program. */
export function withDoppel(facts: RunbookFacts): string {
  const options = [...facts.options, ...facts.ownOptions].map(word);
  const line = ["doppel restore", ...secretKeyOption(facts), ...options].join(" ");
  const url = word(facts.url);
  const profile =
    facts.profile === undefined
      ? ""
      : `\nWhere the profiles file is, \`doppel restore @${facts.profile} "$TO"\` is the same, with credentials and key from the profile.\n`;
  return `## 1. With doppel

Needs Node 20.19 or later and \`doppel.mjs\` (then \`doppel\` below is \`node doppel.mjs\`), or an installed doppel.${keyForDoppel(facts)}

\`\`\`sh
# everything, as it was last
${line} ${url} "$TO"
# one file or folder
${line} -r "$FILE" ${url} "$TO-file"
\`\`\`
${profile}
Older: \`-t 2026-11-20\` or \`-t 3D\` (three days ago) behind \`restore\`. What is there: \`${["doppel status", ...options, url].join(" ")}\`, and
\`doppel list\` for the files. If a volume is missing or damaged, all that does not need it is
restored, every file that is lost is named, and the exit code is 3.`;
}

/** 2. With stock duplicity, of either generation. */
export function withDuplicity(facts: RunbookFacts): string {
  const encryption = facts.recipients === "none" ? ["--no-encryption"] : [];
  const line = ["duplicity restore", ...encryption, ...facts.options.map(word)].join(" ");
  const url = stockUrl(facts);
  const asks = facts.recipients === "none" ? "" : " It asks for the passphrase, or takes it from the variable `PASSPHRASE`.";
  return `## 2. With duplicity

Any duplicity from 0.8.22 on (\`apt install duplicity${facts.s3 ? " python3-boto3" : ""}\`).${asks}${importing(facts)}

\`\`\`sh
# everything, as it was last
${line} ${url} "$TO"
# one file or folder
${line} -r "$FILE" ${url} "$TO-file"
\`\`\``;
}

/** 3. With what every system has. */
export function byHand(facts: RunbookFacts, newest: Newest): string {
  const pattern = patternOf(newest);
  const opening = OPEN[newest.full.encoding];
  const later =
    newest.increments === 0
      ? ""
      : `
This gives the full backup of ${newest.full.id.end.toISOString().slice(0, 10)}, not the increments after it. Of an increment (\`duplicity-inc.*\`) the same commands unpack
files that are new or whole under \`snapshot/\`; \`diff/\` holds deltas, which \`rdiff patch OLD DELTA NEW\` (Debian: rdiff) applies to the file of the state
before; \`deleted/\` names what is gone. doppel or duplicity does all of that.
`;
  return `## 3. With ${opening.program === "" ? "tar" : `${opening.program} and tar`} alone

Needs bash, GNU tar${opening.program === "" ? "" : `, ${opening.program}`} and the GNU coreutils.${importing(facts)}
${later}
${objects(facts, pattern)}

Everything:

\`\`\`sh
mkdir "$TO" && cd "$TO"
ls -v ${inObjects(pattern)} | while IFS= read -r volume; do
  ${opening.command} "$volume" < /dev/null | { tar -x -p --delay-directory-restore -f -; cat > /dev/null; }
done
# files that were cut over volumes lie in pieces, which are joined
[ ! -d multivol_snapshot ] || (cd multivol_snapshot && find . -type f -name 1 -print0) | while IFS= read -r -d '' first; do
  pieces=multivol_snapshot/\${first%/1} file=snapshot/\${first%/1} n=1
  : > "$file"
  while [ -e "$pieces/$n" ]; do cat "$pieces/$n" >> "$file"; n=$((n + 1)); done
  chown --reference="$pieces/1" "$file"
  chmod --reference="$pieces/1" "$file"
  touch -r "$pieces/1" "$file"
done
rm -rf multivol_snapshot
\`\`\`

The tree is in \`$TO/snapshot\`. One file:

\`\`\`sh
mkdir -p "$TO-file" && cd "$TO-file"
ls -v ${inObjects(pattern)} | while IFS= read -r volume; do
  ${opening.command} "$volume" < /dev/null | { tar -x -p -f - "snapshot/$FILE" "multivol_snapshot/$FILE" 2> /dev/null || true; cat > /dev/null; }
done
\`\`\`

It is \`$TO-file/snapshot/$FILE\`, or, if it was cut, lies in numbered pieces in \`$TO-file/multivol_snapshot/$FILE\`: \`cat\` joins them. \`doppel recipe\` prints a script that
also compares every volume with its hash.`;
}

const OPEN: Readonly<Record<Newest["full"]["encoding"], { readonly program: string; readonly command: string }>> = {
  gpg: { program: "gpg", command: "gpg -d --" },
  gzip: { program: "gzip", command: "gzip -dc --" },
  plain: { program: "", command: "cat --" },
};

/** How the objects come here. */
function objects({ s3, folder }: RunbookFacts, { before, after }: Pattern): string {
  if (s3 === undefined) return `The objects:\n\n\`\`\`sh\nOBJECTS=${word(folder ?? ".")}\n\`\`\``;
  const endpoint = s3.endpoint === undefined ? "" : ` --endpoint-url ${word(s3.endpoint)}`;
  const region = s3.region === undefined ? "" : ` --region ${word(s3.region)}`;
  return `The objects, fetched first (any program for S3 does; this is AWS's):

\`\`\`sh
OBJECTS=$PWD/objects
aws s3 cp --recursive${endpoint}${region} --exclude '*' --include ${quoted(`${before}*${after}`)} ${word(`s3://${s3.bucket}/${s3.prefix}`)} "$OBJECTS"
\`\`\``;
}

/** What of the names of a set's volumes stands around their numbers. */
interface Pattern {
  readonly before: string;
  readonly after: string;
}

function patternOf({ full }: Newest): Pattern {
  const [name = ""] = full.volumes.values();
  const [, before = "", after = ""] = /^(.*?)\d+(\.(?:difftar|dt)(?:\..*)?)$/s.exec(name) ?? [];
  return { before, after };
}

function inObjects({ before, after }: Pattern): string {
  return `"$OBJECTS"/${word(before)}*${word(after)}`;
}

function importing({ recipients }: RunbookFacts): string {
  if (typeof recipients === "string") return "";
  return " The secret key goes into gpg's keyring first: `gpg --import backup.key`.";
}

function keyForDoppel(facts: RunbookFacts): string {
  if (typeof facts.recipients === "string") return "";
  if (facts.secretKey !== undefined) return " Where the file behind `--secret-key` is gone, put `backup.key` in its place.";
  return `${importing(facts)} Or without gpg: put \`--secret-key backup.key\` behind \`restore\`.`;
}

function secretKeyOption({ secretKey }: RunbookFacts): readonly string[] {
  return secretKey === undefined ? [] : ["--secret-key", word(secretKey)];
}

/** `boto3+s3` is what both generations of duplicity understand. */
function stockUrl({ s3, folder, url }: RunbookFacts): string {
  if (s3 !== undefined) return word(`boto3+s3://${s3.bucket}/${s3.prefix.replace(/\/$/, "")}`);
  return word(folder === undefined ? url : `file://${folder.replaceAll("%", "%25")}`);
}

function word(text: string): string {
  return pasteable(pathFromText(text));
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
