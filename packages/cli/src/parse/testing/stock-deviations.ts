/** Command lines that we take otherwise than duplicity 0.8.22 does, and why. D1-Z15 are the names of the contract. */
export const DEVIATIONS: readonly {
  readonly why: string;
  readonly instead: "taken" | "refused";
  /** As the recorded rows spell them. */
  readonly lines: readonly string[];
}[] = [
  {
    why: "D2: commands and short names of 3.x; in 0.8 they are folders, or too many arguments",
    instead: "taken",
    lines: [
      "backup src file://t",
      "bu src file://t",
      "fb src file://t",
      "ib src file://t",
      "rb file://t out",
      "vb file://t dir",
      "ro 1M file://t",
      "ra 2 file://t",
      "ri 3 file://t",
    ],
  },
  {
    why: "D2, D6: options of 3.x",
    instead: "taken",
    lines: [
      "--path-to-restore a file://t out",
      "--no-restore-ownership file://t out",
      "full --files-from list src file://t",
      "full --skip-if-no-change src file://t",
      "full --jsonstat src file://t",
    ],
  },
  {
    why: "an abbreviation that 0.8's old names make ambiguous and 3.x takes for --include-filelist",
    instead: "taken",
    lines: ["full --include-f list src file://t"],
  },
  {
    why: "Z15 and its kind: arguments in the wrong order run the opposite of what was asked for, or fail later",
    instead: "refused",
    lines: ["full file://t src", "incremental file://t src", "restore out file://t"],
  },
  {
    why: "what is no URL is a wrong command line (0.8 exits with 8 or 23)",
    instead: "refused",
    lines: ["collection-status t", "cleanup src", "full src file:t"],
  },
  {
    why: "any name of a key that gpg takes will do for signing, too: duply gives mail addresses (0.8 exits with 10)",
    instead: "taken",
    lines: ["full --sign-key ada@example.org src file://t"],
  },
  {
    why: "blocks of signatures smaller than 512 bytes are made of 512 bytes",
    instead: "taken",
    lines: ["full --max-blocksize 16 src file://t"],
  },
  {
    why: "backups are written under today's names only, and refused rather than written under others than asked for (exit code 33)",
    instead: "refused",
    lines: ["full --time-separator _ src file://t", "full --old-filenames src file://t", "full --short-filenames src file://t"],
  },
];
