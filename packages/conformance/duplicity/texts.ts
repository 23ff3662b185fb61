import type { Usage } from "./usages.ts";

const T = "file://target";
const AT = "--current-time 1700400000 --no-encryption";
const EDITED =
  "echo more >>source/a.txt; rm source/link; chmod 700 source/sub; mkdir source/new; find source -exec touch -h -d @1600000500 {} +";

/** The newest full backup is gone, at both places. */
const ORPHANED = "rm {target,cache/job}/*full.20231117* {target,cache/job}/*full-signatures.20231117*";
/** The newest increment is only a volume. */
const UNFINISHED = "rm target/*inc.20231117*manifest cache/job/*inc.20231117* {target,cache/job}/*new-signatures.20231117*";

/** What both programs print for these is compared byte for byte. */
export const TEXTS: readonly Usage[] = [
  { line: `full ${AT} source file://elsewhere` },
  { line: `full ${AT} source file://elsewhere`, script: "rm -r cache" },
  { line: `${AT} source file://elsewhere`, script: "rm -r cache" },
  { line: `full ${AT} source ${T}` },
  { line: `${AT} source ${T}` },
  { line: `incremental ${AT} source ${T}`, script: EDITED },
  {
    line: `incremental ${AT} source ${T}`,
    script: "head -c 5000000 /dev/zero >source/zeros; mkfifo source/pipe; touch -d @1600000000 source source/zeros source/pipe",
  },
  { line: `${AT} --full-if-older-than 1s source ${T}` },
  { line: `${AT} -v0 source ${T}` },
  { line: `${AT} --no-print-statistics source ${T}` },
  { line: `${AT} source ${T}`, script: "rm target/*signatures*20231118*; rm cache/job/*signatures*20231118*" },
  { line: `collection-status ${T}` },
  { line: `collection-status file://elsewhere`, script: "rm -r cache; mkdir elsewhere" },
  { line: `collection-status ${T}`, script: ORPHANED },
  { line: `collection-status ${T}`, script: UNFINISHED },
  { line: `collection-status ${T}`, script: "rm target/*full.20231117*manifest" },
  { line: `list-current-files ${T}` },
  { line: `list-current-files --time 1700150000 ${T}` },
  { line: `list-current-files --time 2001-01-01 ${T}` },
  { line: `verify ${T} source` },
  { line: `verify --compare-data ${T} source` },
  { line: `verify --compare-data ${T} source`, script: EDITED },
  {
    line: `verify --compare-data ${T} source`,
    script: "rm source/a.txt; mkdir source/a.txt; touch -d @1600000000 source source/a.txt",
  },
  { line: `verify --compare-data ${T} source`, script: "ln -sfn b.txt source/link; touch -d @1600000000 source" },
  {
    line: `verify --compare-data ${T} source`,
    script: "printf X | dd of=source/sub/random conv=notrunc status=none; touch -d @1600000000 source/sub/random",
  },
  { line: `verify --compare-data --file-to-restore sub ${T} source/sub` },
  { line: `verify ${T} source`, script: "for f in target/*full.2023111[67]*vol1*; do echo xx >>$f; done" },
  { line: `restore --dry-run ${T} out` },
  { line: `restore ${T} out` },
  { line: `restore --file-to-restore nothing ${T} out` },
  { line: `collection-status --file-changed a.txt ${T}` },
  { line: `collection-status --file-changed nothing ${T}` },
  { line: `collection-status --show-changes-in-set 0 ${T}` },
  { line: `collection-status --show-changes-in-set 1 ${T}` },
  { line: `remove-older-than 2001-01-01 ${T}` },
  { line: `remove-older-than 1700150000 ${T}` },
  { line: `remove-older-than 1700150000 --force ${T}` },
  { line: `remove-older-than 1700050000 ${T}` },
  { line: `remove-older-than 1700250000 ${T}` },
  { line: `remove-older-than 1s ${T}` },
  { line: `remove-older-than 1700150000 --force --dry-run ${T}` },
  { line: `remove-all-but-n-full 1 ${T}` },
  { line: `remove-all-but-n-full 1 --force ${T}` },
  { line: `remove-all-but-n-full 9 ${T}` },
  { line: `remove-all-inc-of-but-n-full 1 ${T}` },
  { line: `remove-all-inc-of-but-n-full 1 --force ${T}` },
  { line: `cleanup ${T}` },
  { line: `cleanup ${T}`, script: ORPHANED },
  { line: `cleanup --force ${T}`, script: ORPHANED },
  { line: `cleanup ${T}`, script: UNFINISHED },
  { line: `cleanup --force ${T}`, script: UNFINISHED },
];
