/** A command line, and what is done to the world before. */
export interface Usage {
  /** As typed; words in single quotes may hold blanks. */
  readonly line: string;
  /** Run in a shell before; the world is that of `World`. */
  readonly script?: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const T = "file://target";
const PLAIN = "--no-encryption";
const AT = "--current-time 1700400000";

/** Right ones and wrong ones, of which both programs are asked what they exit with and where they say something. */
export const USAGES: readonly Usage[] = [
  // Backups
  { line: `full ${AT} ${PLAIN} source ${T}` },
  { line: `incremental ${AT} ${PLAIN} source ${T}` },
  { line: `incr ${AT} ${PLAIN} source ${T}` },
  { line: `inc ${PLAIN} ${AT} ${T} source` },
  { line: `${AT} ${PLAIN} source ${T}` },
  { line: `source ${T} ${PLAIN} ${AT}` },
  { line: `full ${AT} ${PLAIN} source file://elsewhere` },
  { line: `${AT} ${PLAIN} source file://elsewhere` },
  { line: `full ${AT} source file://elsewhere` },
  { line: `full ${AT} --dry-run ${PLAIN} source ${T}` },
  { line: `${AT} ${PLAIN} --full-if-older-than 1s source ${T}` },
  { line: `${AT} ${PLAIN} --no-print-statistics source ${T}` },
  { line: `${AT} ${PLAIN} -v0 source ${T}` },
  { line: `${AT} ${PLAIN} -v notice source ${T}` },
  { line: `${AT} ${PLAIN} --verbosity=w source ${T}` },
  { line: `${AT} ${PLAIN} --log-timestamp source ${T}` },
  { line: `${AT} ${PLAIN} --exclude source/sub --exclude '**/nothing' source ${T}` },
  { line: `${AT} ${PLAIN} --include source/sub --exclude '**' source ${T}` },
  { line: `${AT} ${PLAIN} --exclude /elsewhere source ${T}` },
  { line: `${AT} ${PLAIN} --exclude source//sub source ${T}` },
  { line: `${AT} ${PLAIN} --include source/sub source ${T}` },
  { line: `${AT} ${PLAIN} --exclude-filelist nolist source ${T}` },
  { line: `${AT} ${PLAIN} --exclude-regexp '(' source ${T}` },
  { line: `full ${PLAIN} nowhere ${T}` },
  { line: `full ${PLAIN} source/a.txt file://elsewhere` },
  { line: `incremental ${AT} ${PLAIN} source file://elsewhere` },
  { line: `incremental ${AT} ${PLAIN} other ${T}`, script: "cp -a source other" },
  { line: `incremental ${AT} ${PLAIN} --allow-source-mismatch other ${T}`, script: "cp -a source other" },
  { line: `full ${AT} --encrypt-key nobody@example.org source file://elsewhere` },
  { line: `full ${AT} source file://elsewhere`, env: { PASSPHRASE: "" } },
  { line: `full ${AT} source file://elsewhere`, env: { PASSPHRASE: undefined } },
  { line: `full ${PLAIN} --volsize x source ${T}` },
  { line: `full ${PLAIN} --full-if-older-than yesterday source ${T}` },
  { line: `full ${PLAIN} source file:relative` },
  { line: `full ${PLAIN} source nosuch://host/path` },
  // Restores
  { line: `restore ${T} out` },
  { line: `${T} out` },
  { line: `restore ${T} out`, script: "mkdir out" },
  { line: `restore ${T} deep/er/out` },
  { line: `restore -t ${1_700_150_000} ${T} out` },
  { line: `restore --time 2001-01-01 ${T} out` },
  { line: `restore --file-to-restore sub ${T} out` },
  { line: `restore --file-to-restore sub/random ${T} out` },
  { line: `restore --file-to-restore sub/random ${T} missing/out` },
  { line: `restore --file-to-restore nothing ${T} out` },
  { line: `restore --dry-run ${T} out` },
  { line: `restore ${T} source` },
  { line: `restore --force ${T} source` },
  { line: `restore ${T} source/a.txt` },
  { line: `restore -t never ${T} out` },
  { line: `restore file://empty out`, script: "mkdir empty" },
  { line: `restore out ${T}` },
  { line: `restore ${T} out`, script: "for f in target/*full.2023111[67]*vol1*; do echo xx >>$f; done" },
  { line: `restore ${T} out`, script: "rm target/*full.2023111[67]*vol1*" },
  // Verifying
  { line: `verify ${T} source` },
  { line: `verify --compare-data ${T} source` },
  {
    line: `verify --compare-data ${T} source`,
    script: "echo more >>source/a.txt; rm source/link; chmod 700 source/sub; mkdir source/new",
  },
  { line: `verify -v0 --compare-data ${T} source`, script: "echo more >>source/a.txt" },
  { line: `verify --file-to-restore sub --compare-data ${T} source/sub` },
  { line: `verify ${T} nowhere` },
  { line: `verify source ${T}` },
  { line: `verify file://empty source`, script: "mkdir empty" },
  { line: `verify ${T} source`, script: "for f in target/*full.2023111[67]*vol1*; do echo xx >>$f; done" },
  { line: `verify ${T} source`, script: "rm target/*full.2023111[67]*vol1*" },
  // Looking
  { line: `collection-status ${T}` },
  { line: `collection-status -v0 ${T}` },
  { line: `collection-status file://empty`, script: "mkdir empty" },
  { line: `collection-status --file-changed a.txt ${T}` },
  { line: `collection-status --show-changes-in-set 0 ${T}` },
  { line: `collection-status --show-changes-in-set 9 ${T}` },
  { line: `collection-status` },
  { line: `collection-status ${T}`, script: "rm target/*.manifest" },
  { line: `list-current-files ${T}` },
  { line: `list-current-files --time 2001-01-01 ${T}` },
  { line: `list-current-files -v0 ${T}` },
  { line: `list-current-files file://empty`, script: "mkdir empty" },
  { line: `collection-status file://missing` },
  // Deleting
  { line: `remove-older-than 2001-01-01 ${T}` },
  { line: `remove-older-than 1700150000 ${T}` },
  { line: `remove-older-than 1700150000 --force ${T}` },
  { line: `remove-older-than 1s --force ${T}` },
  { line: `remove-older-than sometime ${T}` },
  { line: `remove-all-but-n-full 1 ${T}` },
  { line: `remove-all-but-n-full 1 --force ${T}` },
  { line: `remove-all-but-n-full 0 ${T}` },
  { line: `remove-all-but-n-full many ${T}` },
  { line: `remove-all-inc-of-but-n-full 1 --force ${T}` },
  { line: `cleanup ${T}` },
  { line: `cleanup ${T}`, script: "rm target/*inc.2023111[67]*.manifest" },
  { line: `cleanup --force ${T}`, script: "rm target/*inc.2023111[67]*.manifest" },
  // Wrong command lines
  { line: `` },
  { line: `source elsewhere` },
  { line: `${T} file://elsewhere` },
  { line: `full source` },
  { line: `full source ${T} more` },
  { line: `--no-such-option source ${T}` },
  { line: `-v loud source ${T}` },
  { line: `full ${PLAIN} --log-fd 0 source ${T}` },
  { line: `full ${PLAIN} source ${T}`, script: "rm -r cache; echo >cache" },
];

/** The words of a line. */
export function wordsOf(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare!);
}

/** What tells one usage from another. */
export function titleOf({ line, script, env }: Usage): string {
  const set = env === undefined ? [] : Object.entries(env).map(([name, value]) => `${name}=${value ?? "(unset)"}`);
  return [...set, line === "" ? "(no arguments)" : line, ...(script === undefined ? [] : [`after: ${script}`])].join(" ");
}
