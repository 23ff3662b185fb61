import { existsSync, readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { type BytePath, displayPath, DoppelError, errnoOf, nearest, pathToBytes } from "@doppel/base";
import { parseProfilesDocument } from "@doppel/monitor";
import { checkExclude, checkFolder } from "@doppel/setup";
import { localPath } from "../locations.ts";
import type { Option } from "../option.ts";
import { commandsOf, type GivenRule, OPTIONS, type OptionName, type Settings } from "../options.ts";
import { readSettings } from "../parse/check.ts";

/** What is settled before the file is read. */
const BEFORE: readonly OptionName[] = ["passphrase-fd", "passphrase-file", "show-passphrase-fd"];

/** What a person decided, on the command line or in a file. */
export interface Answers {
  readonly settings: Settings;
  readonly rules: readonly GivenRule[];
}

/** The rules that an answer can be; their order does not count. */
const RULES = ["include", "exclude"] as const;
type RuleAnswer = (typeof RULES)[number];

/**
 * The answers of a YAML file, and those of the command line, which win. Keys are options of `setup server` without their dashes;
 * files are named from the folder of this one, as in a profile.
 * @throws cli.usage, profiles.bad with file, line and key
 */
export function withAnswersFile(file: BytePath | undefined, line: Answers): Answers {
  if (file === undefined) return line;
  const name = displayPath(file);
  const folder = dirname(resolve(localPath(file)));
  const document = parseProfilesDocument(name, readText(file));
  const given = new Map<OptionName, readonly string[]>();
  const rules: GivenRule[] = [];
  for (const [key, value] of Object.entries(membersOf(document.value, name))) {
    const fail = (why: string): DoppelError<"profiles.bad"> => {
      const at = document.lineOf([key]);
      return new DoppelError("profiles.bad", `${name}:${at}: ${key}: ${why}`, { file: name, line: at, key });
    };
    const values = textsOf(value);
    if (values === undefined) throw fail("must be a value, or a list of values");
    if ((RULES as readonly string[]).includes(key)) {
      for (const text of values) {
        try {
          if (key === "include") checkFolder(text, existsSync);
          else checkExclude(text);
        } catch (error) {
          throw error instanceof DoppelError ? fail(error.message) : error;
        }
      }
      rules.push(...values.map((text) => ({ rule: key as RuleAnswer, value: bytes(text) })));
      continue;
    }
    const option = optionFor(key);
    if (option === undefined) throw fail(unknown(key));
    if (BEFORE.includes(option)) throw fail("is no answer: it belongs on the command line");
    const { metavar, repeatable, read }: Option = OPTIONS[option];
    const [first = "", ...more] = values;
    if (metavar === undefined && !["true", "false"].includes(first)) throw fail("must be true or false");
    if (more.length > 0 && !repeatable) throw fail("has one value, not a list");
    if (metavar === undefined && first === "false") continue;
    const texts = metavar === undefined ? [""] : values.map((text) => bytes(isFile(option, text) ? resolve(folder, text) : text));
    try {
      read(texts);
    } catch (error) {
      throw error instanceof DoppelError ? fail(error.message) : error;
    }
    given.set(option, texts);
  }
  return { settings: merged(line.settings, given), rules: line.rules.length > 0 ? line.rules : rules };
}

/** What the command line says otherwise than nothing wins. */
function merged(line: Settings, given: ReadonlyMap<OptionName, readonly string[]>): Settings {
  const answered: Record<string, unknown> = { ...readSettings(given) };
  const unsaid: Record<string, unknown> = { ...readSettings(new Map()) };
  for (const [name, value] of Object.entries(line)) if (!isDeepStrictEqual(value, unsaid[name])) answered[name] = value;
  return answered as Settings;
}

/** A file or folder, not a word that stands in the place of one. */
function isFile(option: OptionName, text: string): boolean {
  const { metavar }: Option = OPTIONS[option];
  return (metavar === "FILE" || metavar === "DIR") && !(option === "aws-credentials" && text === "none");
}

function optionFor(key: string): OptionName | undefined {
  const name = Object.keys(OPTIONS).find((option) => option === key) as OptionName | undefined;
  return name !== undefined && name !== "answers" && commandsOf(name).includes("setup server") ? name : undefined;
}

function unknown(key: string): string {
  const known = (Object.keys(OPTIONS) as OptionName[]).filter((name) => commandsOf(name).includes("setup server"));
  const meant = nearest(key, [...known, ...RULES]);
  return `there is no such question${meant === undefined ? "; doppel setup server --help lists them" : `; did you mean ${meant}?`}`;
}

function membersOf(value: unknown, name: string): Readonly<Record<string, unknown>> {
  if (value === "" || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Record<string, unknown>;
  throw new DoppelError("profiles.bad", `${name}:1: must have lines such as at: "03:30"`, { file: name, line: 1 });
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined;
}

function readText(file: BytePath): string {
  try {
    return readFileSync(pathToBytes(file), "utf8");
  } catch (error) {
    const message = `--answers ${displayPath(file)} cannot be read (${errnoOf(error) ?? "unknown error"})`;
    throw new DoppelError("cli.usage", message, { option: "--answers" }, error);
  }
}

function bytes(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}
