import { join } from "node:path";
import { DoppelError } from "@doppel/base";
import { parseProfilesDocument, readProfiles } from "@doppel/monitor";
import { OPTIONS } from "../options.ts";
import type { Option } from "../option.ts";
import { type Tokens, tokenise } from "../parse/tokens.ts";
import { type DuplyConf, shellWords } from "./duply-conf.ts";
import { targetSchemes } from "../wire.ts";
import { OF_A_RUN } from "./profile-options.ts";

/** A value of YAML, and a map whose members keep their order. */
type Value = string | readonly (string | Readonly<Record<string, string>>)[] | ReadonlyMap<string, string | readonly string[]>;

/** What becomes of one of duply's profiles. */
export interface Imported {
  readonly keys: ReadonlyMap<string, Value>;
  /** What a person should know or do, a line each. */
  readonly notes: readonly string[];
  /** Something of it was not understood. */
  readonly incomplete: boolean;
  /** It has a target that doppel can use; without one it is no profile yet. */
  readonly isUsable: boolean;
}

/** What duply takes from the conf for itself, or has no counterpart. */
const NOT_FOR_US: Readonly<Record<string, string>> = {
  DUPL_PRECMD: "what goes before the command (nice, trickle): say it where doppel is started",
  PYTHON: "doppel needs no Python",
};

/** @param folder  of duply's profile; `files`: those of `exclude`, `pre` and `post` that it has */
export function importDuply(name: string, conf: DuplyConf, folder: string, files: readonly string[]): Imported {
  const notes: string[] = [];
  const keys = new Map<string, Value>();
  const options = new Map<string, string | readonly string[]>();
  const value = (key: string): string | undefined => conf.values.get(key) || undefined;

  const target = value("TARGET");
  if (target === undefined) notes.push("conf has no TARGET that can be read: url has to be written by hand");
  const { url, hadUser } = withoutUser(target ?? "");
  const [, scheme] = /^([a-z0-9+.-]+):\/\//i.exec(url) ?? [];
  const isUsable = target !== undefined && (scheme === undefined || targetSchemes.includes(scheme.toLowerCase()));
  if (target !== undefined && !isUsable)
    notes.push(`TARGET is left out: doppel has no ${scheme}:// targets; url has to be written by hand`);
  if (isUsable) keys.set("url", url);
  const source = value("SOURCE");
  if (source !== undefined) keys.set("source", source);

  const scripts = files.filter((file) => file === "pre" || file === "post");
  for (const script of scripts)
    notes.push(
      `${join(folder, script)} is left out: doppel runs no scripts; run it ${script === "pre" ? "before" : "after"} doppel`,
    );
  const before = notes.length;
  const params = paramsOf(value("DUPL_PARAMS") ?? "", notes);
  for (const word of params?.positionals ?? []) notes.push(`${text(word)} of DUPL_PARAMS is left out: it belongs to no option`);
  const losesParams = notes.length > before;
  const rules = (params?.rules ?? []).map(({ rule, value: given }) => (given === "" ? text(rule) : { [rule]: text(given) }));
  if (files.includes("exclude")) rules.push({ "exclude-filelist": join(folder, "exclude") });
  if (rules.length > 0) keys.set("rules", rules);

  const encryptTo = (value("GPG_KEYS_ENC") ?? value("GPG_KEY") ?? "").split(/[\s,]+/).filter((key) => key !== "");
  if (value("GPG_KEY") === "disabled") options.set("no-encryption", "true");
  else if (encryptTo.length > 0) keys.set("encrypt-to", encryptTo);
  const sign = value("GPG_KEY_SIGN");
  if (sign !== undefined && sign !== "disabled") options.set("sign-key", sign);
  const gpgOptions = value("GPG_OPTS")
    ?.replace(/--pinentry-mode[= ]loopback/, "")
    .trim();
  if (gpgOptions) options.set("gpg-options", [gpgOptions]);
  for (const [key, option] of [
    ["GPG", "gpg-binary"],
    ["VERBOSITY", "verbosity"],
    ["TEMP_DIR", "tempdir"],
    ["ARCH_DIR", "archive-dir"],
  ] as const) {
    const given = value(key);
    if (given !== undefined) options.set(option, given);
  }
  options.set("name", value("ARCH_DIR") === undefined ? `duply_${name}` : name); // what duply calls it (duply contract 3.2)
  for (const [option, given] of params?.given ?? []) {
    const row: Option = OPTIONS[option];
    const idle = row.ignored === true || row.only !== undefined;
    if (OF_A_RUN.includes(option) || idle)
      notes.push(`--${option} of DUPL_PARAMS is left out: ${idle ? "it has no effect" : "it belongs on the command line"}`);
    else if (option === "encrypt-key") keys.set("encrypt-to", given.map(text));
    else options.set(option, row.metavar === undefined ? "true" : row.repeatable ? given.map(text) : text(given.at(-1)!));
  }
  if (options.size > 0) keys.set("options", options);

  notes.push(...secretNotes(conf, hadUser, name), ...retentionNotes(conf, name));
  for (const [key, why] of Object.entries(NOT_FOR_US)) if (value(key) !== undefined) notes.push(`${key} is left out: ${why}`);
  for (const line of conf.notUnderstood) notes.push(`conf:${line} is left out: no plain assignment, and nothing is run`);
  const incomplete = conf.notUnderstood.length > 0 || losesParams || scripts.length > 0 || !isUsable;
  return { keys, notes, incomplete, isUsable };
}

/** duply puts users and passwords into URLs (duply contract 4). */
function withoutUser(target: string): { readonly url: string; readonly hadUser: boolean } {
  const [, scheme, rest] = /^([a-z0-9+.-]+:\/\/)(.*)$/is.exec(target) ?? [];
  if (scheme === undefined || rest === undefined || scheme.toLowerCase() === "file://" || !rest.includes("@"))
    return { url: target, hadUser: false };
  return { url: scheme + rest.slice(rest.lastIndexOf("@") + 1), hadUser: true };
}

function secretNotes({ values }: DuplyConf, hadUser: boolean, name: string): readonly string[] {
  const notes: string[] = [];
  const isEncrypted = values.get("GPG_KEY") !== "disabled";
  if (isEncrypted && (values.get("GPG_PW") || values.get("GPG_PW_SIGN")))
    notes.push(`GPG_PW is not copied: doppel asks for the passphrase, and doppel unlock @${name} keeps it in memory for a while`);
  const aws = [...values.keys()].some((key) => /^AWS_(?:ACCESS_KEY_ID|SECRET_ACCESS_KEY|SESSION_TOKEN)$/.test(key));
  if (aws || hadUser || values.get("TARGET_USER") || values.get("TARGET_PASS"))
    notes.push(
      `the user and key for the target are not copied: put lines AWS_ACCESS_KEY_ID=… and AWS_SECRET_ACCESS_KEY=… into a file of mode 600, and add credentials: {file: ${name}.env}`,
    );
  return notes;
}

/** What doppel deletes is said on the command line. */
function retentionNotes({ values }: DuplyConf, name: string): readonly string[] {
  const commands = {
    MAX_AGE: "remove-older-than",
    MAX_FULL_BACKUPS: "remove-all-but-n-full",
    MAX_FULLS_WITH_INCRS: "remove-all-inc-of-but-n-full",
  };
  return Object.entries(commands).flatMap(([key, command]) => {
    const value = values.get(key);
    return value ? [`${key}: doppel ${command} ${value} --force @${name}`] : [];
  });
}

/** The options in DUPL_PARAMS that doppel knows, one at a time, so that one that it does not know takes no others away. */
function paramsOf(params: string, notes: string[]): Pick<Tokens, "given" | "rules" | "positionals"> | undefined {
  const words = shellWords(params);
  if (words === undefined) {
    notes.push("DUPL_PARAMS is left out: it cannot be split into options without running it");
    return undefined;
  }
  let rest = words.map((word) => Buffer.from(word, "utf8").toString("latin1"));
  while (rest.length > 0) {
    try {
      return tokenise(rest, { program: "duplicity" });
    } catch (error) {
      const option = error instanceof DoppelError && "option" in error.data ? String(error.data.option) : undefined;
      const place = rest.findIndex((word) => word === option || word.startsWith(`${option}=`));
      if (place < 0) {
        notes.push(`DUPL_PARAMS is left out: ${error instanceof DoppelError ? error.message : String(error)}`);
        return undefined;
      }
      const next = rest[place + 1];
      const takesNext = !rest[place]!.includes("=") && next !== undefined && !next.startsWith("-");
      const dropped = rest.slice(place, place + (takesNext ? 2 : 1));
      notes.push(`${text(option ?? "")} of DUPL_PARAMS is left out: doppel has no such option`);
      rest = [...rest.slice(0, place), ...rest.slice(place + dropped.length)];
    }
  }
  return { given: new Map(), rules: [], positionals: [] };
}

/**
 * The profile as a block of YAML, indented, with its notes as comments before it; a newline at its end.
 * @throws Error when what it makes cannot be read again: a defect
 */
export function yamlOf(name: string, { keys, notes, isUsable }: Imported, indent: string): string {
  const lines = [
    ...notes.map((note) => `${indent}# ${note.replaceAll("\n", " ")}`),
    `${indent}${name}:`,
    ...[...keys].flatMap(([key, value]) => block(key, value).map((line) => indent.repeat(2) + line)),
  ];
  const yaml = `${lines.join("\n")}\n`;
  if (!isUsable) return yaml;
  const { bad, byName } = readProfiles(parseProfilesDocument("/imported", `version: 1\nprofiles:\n${yaml}`));
  if (!byName.has(name)) throw bad.get(name) ?? new Error(`the profile ${name} was not understood`);
  return yaml;
}

function block(key: string, value: Value): readonly string[] {
  if (typeof value === "string") return [`${key}: ${scalar(value)}`];
  if (value instanceof Map)
    return [`${key}:`, ...[...value].flatMap(([inner, one]) => block(inner, one)).map((line) => `  ${line}`)];
  const elements = (value as Exclude<Value, string | ReadonlyMap<string, unknown>>).map((element) =>
    typeof element === "string"
      ? scalar(element)
      : Object.entries(element)
          .map(([rule, of]) => `${rule}: ${scalar(of)}`)
          .join(""),
  );
  return [`${key}:`, ...elements.map((element) => `  - ${element}`)];
}

/** Plain where that is safe, else in double quotes, of which JSON's are a kind. */
function scalar(value: string): string {
  return /^[A-Za-z0-9/._][A-Za-z0-9/._@+=-]*(?:: ?(?=\/)[A-Za-z0-9/._@+=-]*)?$/.test(value) && !/: /.test(value)
    ? value
    : JSON.stringify(value);
}

function text(bytes: string): string {
  return Buffer.from(bytes, "latin1").toString("utf8");
}
