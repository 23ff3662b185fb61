import { COMMANDS, positionalsOf } from "../commands.ts";
import { idleOptions, oldRuleNames } from "../option-entries.ts";
import { STOCK_COMMANDS } from "../parse/duplicity.ts";
import { environmentSection, filesSection, optionSections, SELECTION } from "./common.ts";
import { manualPage, paragraph, section, term, verbatim } from "./roff.ts";

/** duplicity(1), which says that it is doppel. */
export function duplicityPage(version: string): string {
  return manualPage("duplicity", version, "doppel in the place of duplicity", [
    section(
      "Synopsis",
      verbatim("duplicity [OPTIONS] SOURCE URL", "duplicity [OPTIONS] URL TARGET", "duplicity COMMAND [OPTIONS] ARGUMENTS"),
    ),
    section(
      "Description",
      paragraph(
        "This is not duplicity but doppel(1), under the name and with the command line of duplicity, so that cron jobs, duply and other scripts go " +
          "on unchanged. It takes what duplicity 0.8 and 3.x take, prints the texts that programs look for, exits with the same codes, and " +
          "reads and writes the same archives.",
      ),
      paragraph(
        "A path and a URL without a command are a backup, a URL and a path a restore. Options may stand anywhere, with any command; where they mean " +
          "nothing they are passed over. A long option may be cut short as long as no other begins so. A URL is something with ://; " +
          "file:///DIR is a folder, file://DIR one below the current folder, s3://BUCKET/PREFIX a place in S3.",
      ),
    ),
    section("Commands", ...commands()),
    section(
      "Examples",
      verbatim(
        "duplicity --full-if-older-than 1M --encrypt-key KEY /home s3://bucket/home",
        "duplicity restore -t 3D --path-to-restore ada/thesis.odt s3://bucket/home thesis.odt",
        "duplicity verify --compare-data file:///backup/etc /etc",
        "duplicity collection-status file:///backup/etc",
        "duplicity remove-all-but-n-full 3 --force file:///backup/etc",
      ),
    ),
    optionSections("duplicity"),
    section(
      "Accepted without effect",
      paragraph(`With -v5 a notice names those that were given: ${idleOptions("duplicity").join(", ")}.`),
      paragraph(`Old names, which mean what they always did: ${oldRuleNames().join(", ")}.`),
    ),
    SELECTION,
    section("Exit codes", ...EXITS.map(([codes, meaning]) => term(codes, meaning))),
    environmentSection(
      term("DUPLICITY_COMPAT", "0.8: version number, plurals and exit code of wrong command lines as of that generation"),
    ),
    filesSection(),
    section(
      "Differences from duplicity",
      ...DIFFERENCES.map((difference) => `.IP \\(bu 2\n${paragraph(difference).replace(/^\.PP\n/, "")}`),
    ),
    section("See also", paragraph("doppel(1), duply(1), gpg(1)")),
  ]);
}

function commands(): readonly string[] {
  return Object.entries(STOCK_COMMANDS).map(([name, [command, ...aliases]]) => {
    const also = aliases.length === 0 ? "" : `; also ${aliases.join(", ")}`;
    return term(`${name} ${positionalsOf(command)}`, COMMANDS[command].summary + also);
  });
}

const EXITS = [
  ["0", "done; what could not be read is told, and counted in the statistics"],
  ["1", "verify: something differs from the backup"],
  ["4", "stopped by SIGINT"],
  ["7, 9, 35", "file list, archive directory or temporary directory cannot be used"],
  ["11, 12, 13", "restore target is not empty; folder to verify is missing; source is missing"],
  ["14, 15, 16", "a pattern that cannot match, that is malformed; the last rule is an inclusion"],
  ["17, 42, 45", "no chain to continue; another source or host than before; an interrupted run was encrypted otherwise"],
  ["19, 20, 21, 22", "path not in the backup; nothing to restore; backup damaged; not signed by the key asked for"],
  [
    "23",
    "wrong command line (2 with DUPLICITY_COMPAT=0.8), wrong URL, unknown scheme, or another run with this archive directory",
  ],
  ["30, 31, 33", "a bug; gpg, key or passphrase; not supported"],
  ["50, 51, 52, 53", "storage failed; permission denied; not found; no space"],
  ["70, 71, 72, 73", "a filter option without effect, or at the end; an absolute path in --files-from, or none at all"],
] as const;

const DIFFERENCES = [
  "Storage is a local folder or S3. Other schemes end with 23 before anything is written; options for them are accepted, without effect.",
  "Arguments in the wrong order are refused; duplicity 0.8 takes some of them for the opposite.",
  "restore never writes into a folder that has something in it, nor over a file, without --force; verify creates nothing.",
  "Backups are written under today's names: --old-filenames, --short-filenames and other time separators are refused for them (33), --gio always.",
  "gpg is started only for secret keys that it keeps, so that --gpg-options do not shape what is encrypted, except for a compression level.",
  "Incomplete sets of interrupted runs are never read as if they were complete, and cleanup deletes nothing without --force.",
  "The newest chain that can be restored is never deleted, and nothing of it.",
] as const;
