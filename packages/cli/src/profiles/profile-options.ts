import { dirname, resolve } from "node:path";
import { DoppelError, nearest } from "@doppel/base";
import type { Profile, Profiles } from "@doppel/monitor";
import type { Option } from "../option.ts";
import { OPTIONS, type OptionName } from "../options.ts";
import { spelled } from "../parse/spellings.ts";
import type { Tokens } from "../parse/tokens.ts";

type Given = Tokens["given"];

/** What one run is about, and what should be done: a profile that said so would do it every time. */
export const OF_A_RUN: readonly OptionName[] = [
  "profiles",
  "force",
  "dry-run",
  "even-recent",
  "time",
  "as-of",
  "path-to-restore",
  "rename",
  "show-changes-in-set",
  "file-changed",
  "current-time",
  "fail-on-volume",
  "skip-volume",
  "passphrase-fd",
];

/** Of these one speaks against the others: if the command line has one, all of a profile's are left out. */
const EITHER_OR: readonly (readonly OptionName[])[] = [
  ["no-encryption", "encrypt-key", "hidden-encrypt-key", "sign-key"],
  ["progress", "no-progress"],
  ["without-key", "sign-key"],
  ["passphrase-fd", "passphrase-file"],
  ["use-agent", "secret-key"],
  [
    "s3-storage-class",
    "s3-use-ia",
    "s3-use-onezone-ia",
    "s3-use-rrs",
    "s3-use-glacier",
    "s3-use-glacier-ir",
    "s3-use-deep-archive",
  ],
  ["s3-use-server-side-encryption", "s3-use-server-side-kms-encryption", "s3-kms-key-id"],
  ["keep-daily", "keep-weekly", "keep-monthly", "keep-yearly"],
];

/**
 * The options of a profile as a command line would have given them (one char per byte); files are absolute.
 * @throws profiles.bad for an option that there is not, or that belongs to a run, and for a bad value
 */
export function optionsOf(profile: Profile, { file, lineOf }: Profiles): Given {
  const given = new Map<OptionName, readonly string[]>();
  if (profile.encryptTo.length > 0) given.set("encrypt-key", profile.encryptTo.map(bytes));
  for (const [key, value] of Object.entries(profile.options)) {
    const fail = (why: string): DoppelError<"profiles.bad"> => {
      const [own, theirs] = [
        ["profiles", profile.name, "options", key],
        ["defaults", "options", key],
      ];
      const path = lineOf(own) === undefined ? theirs : own;
      const data = { file, line: lineOf(path) ?? 1, key: path.join(".") };
      return new DoppelError("profiles.bad", `${file}:${data.line}: ${data.key}: ${why}`, data);
    };
    const spelling = spelled(key, "doppel");
    if (spelling?.means.kind === "rule") throw fail(`is a rule: it goes under rules, as - ${key}: VALUE`);
    if (spelling?.means.kind !== "option") throw fail(unknown(key));
    const { name } = spelling.means;
    if (name === "encrypt-key") throw fail("goes under encrypt-to, beside options");
    if (OF_A_RUN.includes(name)) throw fail("is for a single run: it belongs on the command line");
    given.set(name, valuesOf(name, value, dirname(file), fail));
  }
  return given;
}

/** What of a profile's options holds beside those of a command line, which come first, and means something to a command. */
export function remaining(profile: Given, line: Given, means: (name: OptionName) => boolean): Given {
  const against = new Set(EITHER_OR.filter((names) => names.some((name) => line.has(name))).flat());
  return new Map([...profile].filter(([name]) => !line.has(name) && !against.has(name) && means(name)));
}

/** As they are typed, so that no value can be taken for an option. */
export function asArguments(given: Given): readonly string[] {
  return [...given].flatMap(([name, values]) =>
    values.map((value) => ((OPTIONS[name] as Option).metavar === undefined ? `--${name}` : `--${name}=${value}`)),
  );
}

function valuesOf(
  name: OptionName,
  value: Profile["options"][string],
  folder: string,
  fail: (why: string) => DoppelError,
): readonly string[] {
  const { metavar, repeatable, read }: Option = OPTIONS[name];
  if (metavar === undefined) {
    if (value !== true) throw fail("has no value: write true, or false to take it back from the defaults");
    return [""];
  }
  if (value === true) throw fail(`needs a value (${metavar})`);
  const texts = typeof value === "object" ? value : [String(value)];
  if (texts.length > 1 && !repeatable) throw fail("has one value, not a list");
  const isFile = metavar === "FILE" || metavar === "DIR";
  const values = texts.map((text) =>
    bytes(isFile && (text.includes("/") || name !== "gpg-binary") ? resolve(folder, text) : text),
  );
  try {
    read(values);
  } catch (error) {
    throw error instanceof DoppelError ? fail(error.message) : error;
  }
  return values;
}

function unknown(key: string): string {
  const meant = nearest(key, Object.keys(OPTIONS));
  return `there is no such option${meant === undefined ? "; doppel help COMMAND lists them" : `; did you mean ${meant}?`}`;
}

function bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
