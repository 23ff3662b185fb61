import { type BytePath, displayPath, DoppelError, nearest } from "@doppel/base";
import type { Generation, Option, Program } from "../option.ts";
import { NEW_RULES, OLD_RULES, OPTIONS, type OptionName, type RuleName, RULES } from "../options.ts";

/** One way to write an option, without its dashes. */
export interface Spelling {
  readonly text: string;
  readonly means:
    | { readonly kind: "option"; readonly name: OptionName }
    /** `value`: the flag is the old form of a rule with this value. */
    | { readonly kind: "rule"; readonly name: RuleName; readonly value?: string }
    | { readonly kind: "help" }
    | { readonly kind: "version" };
  /** How many arguments belong to it. */
  readonly values: 0 | 1 | 2;
  /** Which duplicity knows it; absent: both. */
  readonly generation?: Generation;
  readonly only?: Program;
}

/** The option that is written exactly so. */
export function spelled(text: string, program: Program): Spelling | undefined {
  const spelling = SPELLINGS.get(text);
  return spelling?.only === undefined || spelling.only === program ? spelling : undefined;
}

/**
 * The option that a long name of `duplicity` means: by its exact name, or by a beginning that no other option of duplicity
 * has. Where only the two generations together make it ambiguous, 3.x decides, then 0.8 (cli spec 2.1). Options of doppel's
 * own have to be written out, so that they make nothing ambiguous that was not.
 * @throws cli.usage for an ambiguous beginning
 */
export function abbreviated(text: string): Spelling | undefined {
  const exact = spelled(text, "duplicity");
  if (exact !== undefined && text.length > 1) return exact;
  const candidates = [...SPELLINGS.values()].filter(
    (spelling) => spelling.text.length > 1 && spelling.generation !== "doppel" && spelling.text.startsWith(text),
  );
  const choice =
    onlyOne(candidates.filter(({ generation }) => generation !== "0.8")) ??
    onlyOne(candidates.filter(({ generation }) => generation !== "3"));
  if (choice !== undefined || candidates.length === 0) return choice;
  const names = candidates.map((candidate) => `--${candidate.text}`).join(", ");
  throw new DoppelError("cli.usage", `--${shown(text)} is ambiguous: ${names}`, { option: `--${shown(text)}` });
}

/** @param rawName as given, with its dashes */
export function unknownOption(rawName: string, program: Program): DoppelError<"cli.usage"> {
  const known = [...SPELLINGS.keys()].filter((text) => text.length > 1 && spelled(text, program) !== undefined);
  const meant = nearest(rawName.replace(/^-+/, ""), known);
  const hint = meant === undefined ? "" : `; did you mean --${meant}?`;
  return new DoppelError("cli.usage", `unknown option ${shown(rawName)}${hint}`, { option: shown(rawName) });
}

/** The one meaning of all candidates. */
function onlyOne(candidates: readonly Spelling[]): Spelling | undefined {
  const meanings = new Set(candidates.map(({ means }) => JSON.stringify(means)));
  return meanings.size === 1 ? candidates[0] : undefined;
}

function shown(bytes: string): string {
  return bytes === "" ? "" : displayPath(bytes as BytePath);
}

const SPELLINGS: ReadonlyMap<string, Spelling> = new Map(
  [...optionSpellings(), ...ruleSpellings(), ...others()].map((spelling) => [spelling.text, spelling]),
);

function* optionSpellings(): Generator<Spelling> {
  for (const [name, row] of Object.entries<Option>(OPTIONS)) {
    const { aliases = [], old = [], metavar, values = metavar === undefined ? 0 : 1, only, generation } = row;
    const common = { means: { kind: "option", name: name as OptionName }, values, ...(only && { only }) } as const;
    for (const text of [name, ...aliases]) yield { text, ...common, ...(generation && { generation }) };
    for (const text of old) yield { text, ...common, generation: "0.8" };
  }
}

function* ruleSpellings(): Generator<Spelling> {
  for (const name of Object.keys(RULES) as RuleName[]) {
    const values = "metavar" in RULES[name] ? 1 : 0;
    yield { text: name, means: { kind: "rule", name }, values, ...(NEW_RULES.includes(name) && { generation: "3" }) };
  }
  for (const [text, { rule, value }] of Object.entries(OLD_RULES)) {
    const means = { kind: "rule", name: rule, ...(value !== undefined && { value }) } as const;
    yield { text, means, values: value === undefined ? 1 : 0, generation: "0.8", only: "duplicity" };
  }
}

function* others(): Generator<Spelling> {
  for (const kind of ["help", "version"] as const) yield { text: kind, means: { kind }, values: 0 };
  yield { text: "h", means: { kind: "help" }, values: 0 };
  yield { text: "V", means: { kind: "version" }, values: 0 };
}
