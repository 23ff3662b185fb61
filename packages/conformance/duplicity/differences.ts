/**
 * Everything in which doppel's `duplicity` is known to differ from stock 0.8.22, with the reason. The tests beside this file
 * read it: a difference that is not listed fails, and so does one that is listed and gone.
 */

const NO_TRACE = "stock ends in a stack trace; doppel says what is wrong, and exits with the number for it";
const EARLY = "doppel finds out before it looks at the target";

/** Exit codes, and the streams on which something was said: `0 out`, `23 err`. */
export const USAGE_DIFFERENCES: readonly {
  readonly usage: string;
  readonly stock: string;
  readonly doppel: string;
  readonly reason: string;
}[] = [
  {
    usage: "inc --no-encryption --current-time 1700400000 file://target source",
    stock: "11 err",
    doppel: "2 err",
    reason: "stock takes it for a restore; a wrong order is a wrong command line",
  },
  {
    usage: "restore out file://target",
    stock: "13 err",
    doppel: "2 err",
    reason: "stock takes it for a backup; a wrong order is a wrong command line",
  },
  {
    usage: "--current-time 1700400000 --no-encryption --exclude-regexp '(' source file://target",
    stock: "30 out err",
    doppel: "15 err",
    reason: NO_TRACE,
  },
  {
    usage: "full --current-time 1700400000 --encrypt-key nobody@example.org source file://elsewhere",
    stock: "31 out err",
    doppel: "31 err",
    reason: EARLY,
  },
  {
    usage: "PASSPHRASE= full --current-time 1700400000 source file://elsewhere",
    stock: "31 out err",
    doppel: "31 err",
    reason: EARLY,
  },
  {
    usage: "PASSPHRASE=(unset) full --current-time 1700400000 source file://elsewhere",
    stock: "30 out err",
    doppel: "2 err",
    reason: `${NO_TRACE}: it has nothing to encrypt with, and nobody to ask`,
  },
  {
    usage: "restore file://empty out after: mkdir empty",
    stock: "30 out err",
    doppel: "20 out err",
    reason: NO_TRACE,
  },
  {
    usage: "restore file://target out after: rm target/*full.2023111[67]*vol1*",
    stock: "30 out err",
    doppel: "21 out err",
    reason: NO_TRACE,
  },
  {
    usage: "verify file://empty source after: mkdir empty",
    stock: "30 out err",
    doppel: "20 out err",
    reason: NO_TRACE,
  },
  {
    usage: "verify file://target source after: rm target/*full.2023111[67]*vol1*",
    stock: "30 out err",
    doppel: "21 out err",
    reason: NO_TRACE,
  },
  {
    usage: "collection-status --show-changes-in-set 9 file://target",
    stock: "30 out err",
    doppel: "20 out err",
    reason: NO_TRACE,
  },
  {
    usage: "collection-status file://missing",
    stock: "0 out",
    doppel: "52 err",
    reason: "stock makes the folder of any target; doppel makes it for backups only, so that a mistyped one is found out",
  },
  {
    usage: "list-current-files file://empty after: mkdir empty",
    stock: "30 out err",
    doppel: "18 out err",
    reason: NO_TRACE,
  },
  {
    usage: "remove-older-than sometime file://target",
    stock: "30 err",
    doppel: "2 err",
    reason: NO_TRACE,
  },
  {
    usage: "remove-all-but-n-full many file://target",
    stock: "30 err",
    doppel: "2 err",
    reason: NO_TRACE,
  },
];

const OWN_WORDS = "nothing parses this line, and doppel's words are its own";
const ARCHIVE =
  "doppel copies to the archive directory what an increment needs, and deletes there only what it has deleted at the target";
const QUOTED = "stock quotes names here as in its manifest, and nowhere else; the column is as wide as the longest";
const CHANGES = ["collection-status --show-changes-in-set 1 file://target"];
const BYTES = "stock shows how Python writes bytes; the names themselves are what was meant";

/**
 * Lines of an output. `stock` is what stock prints, `doppel` what doppel prints in its place; where one is absent, the other
 * prints a line more.
 */
export interface LineDifference {
  /** The texts in which it is so (see texts.ts); absent: wherever the line is. */
  readonly titles?: readonly string[];
  readonly stock?: string | RegExp;
  readonly doppel?: string | RegExp;
  readonly reason: string;
}

export const LINE_DIFFERENCES: readonly LineDifference[] = [
  {
    stock: 'These may be deleted by running duplicity with the "cleanup" command.',
    doppel: 'They can be deleted with the "cleanup" command.',
    reason: OWN_WORDS,
  },
  {
    stock:
      "Current active backup chain is older than specified time.  However, it will not be deleted.  To remove all your backups, manually purge the repository.",
    doppel: "Current active backup chain is older than specified time. It stays all the same: it is the newest.",
    reason: OWN_WORDS,
  },
  {
    stock: "No signature chain for the requested time. Using oldest available chain, starting at time Tue Nov 14 23:13:20 2023.",
    doppel: "No signature chain for the requested time. The oldest one is used, of Tue Nov 14 23:13:20 2023.",
    reason: OWN_WORDS,
  },
  { stock: "Synchronizing remote metadata to local cache...", reason: ARCHIVE },
  { stock: /^Deleting local .* \(not authoritative at backend\)\.$/, reason: ARCHIVE },
  {
    stock: "Difference found: Symlink link points to b'b.txt', expected b'a.txt'",
    doppel: "Difference found: Symlink link points to b.txt, expected a.txt",
    reason: BYTES,
  },
  {
    stock: "                Full         Fri Nov 17 06:46:40 2023                b'New'",
    doppel: "                Full         Fri Nov 17 06:46:40 2023                   New",
    reason: BYTES,
  },
  {
    stock: "         Incremental         Sat Nov 18 10:33:20 2023            b'Changed'",
    doppel: "         Incremental         Sat Nov 18 10:33:20 2023               Changed",
    reason: BYTES,
  },
  {
    stock: "Warning, found signatures but no corresponding backup files",
    reason: "it tells of metadata that stock then deletes; the line that follows says what becomes of it",
  },
  {
    doppel: "the newest chain, of 20231117T054640Z, lacks a signature archive and cannot be continued: this is a full backup",
    reason: "why there is a full backup, which stock does not say",
  },
  { doppel: /^Error 'lost: .*' processing /, reason: "stock stops at the first damaged volume; doppel names all that is lost" },
  { doppel: /^The backup is damaged: /, reason: "the sum of it" },
  { titles: CHANGES, stock: /^File: +Type of file change:$/, doppel: "File:             Type of file change:", reason: QUOTED },
  {
    titles: CHANGES,
    stock: "a.txt                                      new",
    doppel: "a.txt                              new",
    reason: QUOTED,
  },
  {
    titles: CHANGES,
    stock: '"name\\x20with\\x20blanks"                   new',
    doppel: "name with blanks                   new",
    reason: QUOTED,
  },
  {
    titles: CHANGES,
    stock: "sub/random                                 new",
    doppel: "sub/random                         new",
    reason: QUOTED,
  },
];
