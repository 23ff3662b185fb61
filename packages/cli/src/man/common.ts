import { optionsByGroup } from "../option-entries.ts";
import type { Program } from "../option.ts";
import { paragraph, section, subsection, term, verbatim } from "./roff.ts";

export function optionSections(program: Program, ...preface: readonly string[]): string {
  const groups = [...optionsByGroup(program)].map(([group, entries]) =>
    subsection(group, ...entries.map(({ usage, help }) => term(usage, help))),
  );
  return section("Options", ...preface, ...groups);
}

/** The rules that choose files, in brief (cli spec 6). */
export const SELECTION = section(
  "Which files are taken",
  paragraph(
    "Everything in SOURCE is, unless rules say otherwise. The options that include or exclude are tried in the order of the command line, " +
      "on SOURCE as it was typed followed by the path below it; the first that matches decides, and what none matches is taken. " +
      "A folder that is excluded is not entered, so that nothing in it can be brought back by a later rule.",
  ),
  paragraph(
    "In a pattern, * is any text within a name, ? one character, [a-z] one of a set, ** any text with slashes in it. What stands " +
      "below something that matches belongs to it. A slash at the end means folders only; ignorecase: at the beginning makes A and a the " +
      "same. Patterns begin as SOURCE does: /home/ada/tmp for the source /home, src/tmp for src.",
  ),
  paragraph(
    "Lists have a pattern on every line; `+ ` before it includes, `- ` excludes, whatever the option says; lines that begin with # and empty " +
      "lines do not count. The last rule must be one that excludes: an inclusion there would change nothing, and is an error (16).",
  ),
  verbatim(
    "--include /home/ada/mail --exclude '/home/*' --exclude '**/.cache'",
    "--include-filelist list    (a list that ends in `- /`)",
  ),
);

const ENVIRONMENT_TERMS = [
  term(
    "PASSPHRASE, SIGN_PASSPHRASE",
    "passphrases, taken out of the environment of all that is started; set but empty is an answer, too",
  ),
  term("HOME, XDG_CACHE_HOME", "where archive directories are, unless --archive-dir says so"),
  term("TMPDIR, TEMP, TMP", "folders for temporary files, the first that can be written to"),
  term("GNUPGHOME, GPG_TTY", "gpg's folder of keys, and where its agent asks"),
  term("TZ", "the time zone of what is printed and of dates that are typed"),
  term(
    "AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_PROFILE and others",
    "credentials for S3, as for all programs that use AWS",
  ),
];

const FILE_TERMS = [
  term(
    "~/.cache/duplicity/NAME/",
    "the archive directory of a target, shared with duplicity: manifests and signatures, readable, so that increments need no secret key. " +
      "It may be deleted; what is needed is fetched again. NAME is the MD5 of the URL as typed, or what --name says.",
  ),
];

/** What a program takes from its environment; `own` is what only it knows. */
export function environmentSection(...own: readonly string[]): string {
  return section("Environment", ...ENVIRONMENT_TERMS, ...own);
}

/** Files that a program keeps; `own` is what only it knows. */
export function filesSection(...own: readonly string[]): string {
  return section("Files", ...FILE_TERMS, ...own);
}
