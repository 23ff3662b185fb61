import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { DoppelError, errnoOf, isDoppelError } from "@doppel/base";
import { isUrl } from "@doppel/storage";
import type { z } from "zod";
import { bad, keyText, type KeyPath, parseProfilesDocument, type ProfilesDocument } from "./document.ts";
import { DEFAULTS, FILE, FILELIST_RULES, type GivenDefaults, MONITOR, PROFILE, PROFILE_NAME } from "./schema.ts";
import { findSecret } from "./secrets.ts";
import { settingsOf } from "./settings.ts";
import type { CredentialsSource, Expectations, Profile, Profiles } from "./types.ts";
import { dateIn } from "./zone.ts";

/**
 * Where the profiles file is: $DOPPEL_PROFILES, else ~/.config/doppel/profiles.yaml ($XDG_CONFIG_HOME) if there is one, else
 * /etc/doppel/profiles.yaml. Relative only if $DOPPEL_PROFILES is.
 */
export function profilesPath(
  env: Readonly<Record<string, string | undefined>>,
  exists: (path: string) => boolean = existsSync,
): string {
  if (env["DOPPEL_PROFILES"]) return env["DOPPEL_PROFILES"];
  const config = env["XDG_CONFIG_HOME"] || (env["HOME"] ? join(env["HOME"], ".config") : undefined);
  const own = config === undefined ? undefined : join(config, "doppel/profiles.yaml");
  return own !== undefined && exists(own) ? own : "/etc/doppel/profiles.yaml";
}

/**
 * Reads a profiles file (PROFILES.md). Paths in it are relative to its folder, and absolute in the result.
 * @param file  absolute path
 * @param readFile  `readTrusted`, which refuses what others could have written: a profile names programs
 * @throws profiles.bad {file, line, key} for the file as a whole; what is wrong with one profile only is in `Profiles.bad`
 */
export async function loadProfiles(file: string, readFile: (path: string) => Promise<Buffer>): Promise<Profiles> {
  let bytes: Buffer;
  try {
    bytes = await readFile(file);
  } catch (error) {
    if (error instanceof DoppelError) throw error;
    const why = errnoOf(error) === "ENOENT" ? "there is no such file" : `cannot be read (${errnoOf(error) ?? String(error)})`;
    throw new DoppelError("profiles.bad", `profiles file ${file}: ${why}`, { file }, error);
  }
  return readProfiles(parseProfilesDocument(file, textOf(bytes, file)));
}

function textOf(bytes: Buffer, file: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new DoppelError("profiles.bad", `profiles file ${file}: is not UTF-8; save it as UTF-8`, { file }, error);
  }
}

/** What a document says. @throws profiles.bad */
export function readProfiles(document: ProfilesDocument): Profiles {
  const { file, lineOf } = document;
  if (document.value === null) throw bad(file, undefined, undefined, "is empty; its first line is version: 1");
  const whole = checked(document, FILE, withoutEmpty(document.value), []);
  const folder = dirname(file);
  refuseSecrets(document, { ...whole, profiles: {} }, []);
  const defaults = whole.defaults === undefined ? {} : checked(document, DEFAULTS, whole.defaults, ["defaults"]);
  const monitor = checked(document, MONITOR, whole.monitor ?? {}, ["monitor"]);
  const byName = new Map<string, Profile>();
  const wrong = new Map<string, DoppelError<"profiles.bad">>();
  const badUrls: string[] = [];
  for (const [name, given] of Object.entries(whole.profiles ?? {})) {
    const path = ["profiles", name];
    try {
      if (!PROFILE_NAME.test(name))
        throw bad(file, lineOf(path), keyText(path), "a profile's name has letters, digits, dots, dashes and underscores only");
      refuseSecrets(document, given, path);
      byName.set(name, profileOf(name, checked(document, PROFILE, given, path), defaults, document));
    } catch (error) {
      if (!isDoppelError(error, "profiles.bad")) throw error;
      wrong.set(name, error);
      const { url } = (given ?? {}) as { readonly url?: unknown };
      if (typeof url === "string") badUrls.push(placeOf(url, folder));
    }
  }
  const lineIfThere = (path: KeyPath): number | undefined => (document.document.hasIn(path) ? lineOf(path) : undefined);
  return { file, byName, bad: wrong, badUrls, lineOf: lineIfThere, monitor: settingsOf(monitor, folder) };
}

/** A key of the file with nothing behind it is as good as none. */
function withoutEmpty(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== ""));
}

function profileOf(
  name: string,
  given: z.output<typeof PROFILE>,
  defaults: GivenDefaults,
  { file, lineOf }: ProfilesDocument,
): Profile {
  const folder = dirname(file);
  const from = (path: string): string => resolve(folder, path);
  const one = { ...defaults, ...given };
  const options = { ...defaults.options, ...given.options };
  const timeZone = given.expect?.["time-zone"] ?? defaults.expect?.["time-zone"] ?? "UTC";
  const expect = { ...defaults.expect, ...given.expect };
  const drill = given.drill || defaults.drill ? { ...defaults.drill, ...given.drill } : undefined;
  const paused = expect["paused-until"];
  const pausedUntil = paused === undefined ? undefined : dateIn(timeZone, paused);
  if (paused !== undefined && pausedUntil === undefined) {
    const path = [
      ...(given.expect?.["paused-until"] === undefined ? ["defaults"] : ["profiles", name]),
      "expect",
      "paused-until",
    ];
    throw bad(file, lineOf(path), keyText(path), `there is no such date: ${paused}`);
  }
  return {
    name,
    url: placeOf(given.url, folder),
    ...(one.source !== undefined && { source: from(one.source) }),
    rules: (one.rules ?? []).map(([rule, value]) =>
      value === undefined ? [rule] : [rule, FILELIST_RULES.includes(rule) ? from(value) : value],
    ),
    options: Object.fromEntries(
      Object.entries(options).flatMap(([option, value]) =>
        value === "false" ? [] : [[option, value === "true" ? (true as const) : value]],
      ),
    ),
    ...(one.credentials && { credentials: inFolder(one.credentials, from) }),
    encryptTo: (one["encrypt-to"] ?? []).map((key) => (isKeyFile(key) ? from(key) : key)),
    pinned: one.fingerprints ?? [],
    ...(one["receipt-key"] !== undefined && { receiptKey: one["receipt-key"] }),
    expect: {
      timeZone,
      schedule: expect.schedule ?? { kind: "every", hours: 24 },
      graceMinutes: (expect.grace ?? 7200) / 60,
      ...(pausedUntil && { pausedUntil }),
      kinds: expect.kinds ?? "any",
      keys: expect.keys ?? [],
      folders: (expect.folders ?? []).map((path) => path.replace(/^\/+|\/+$/g, "")),
      ...(expect.expire !== undefined && { expireDays: expect.expire / 86_400 }),
      expiryWarningDays: (expect["expiry-warning"] ?? 7 * 86_400) / 86_400,
      shrinkTo: expect["shrink-to"] ?? 0.5,
      growBy: expect["grow-by"] ?? 100,
      receipts: expect.receipts ?? "optional",
    } satisfies Expectations,
    ...(drill && {
      drill: { everyDays: (drill.every ?? 90 * 86_400) / 86_400, files: drill.files ?? 20, paths: drill.paths ?? [] },
    }),
  };
}

/** A target: a folder becomes absolute, as `file:` URLs do, which elsewhere count from where one stands. */
function placeOf(url: string, folder: string): string {
  if (!isUrl(url)) return resolve(folder, url);
  const [, path] = /^file:\/\/(?!\/)(.+)$/is.exec(url) ?? [];
  return path === undefined ? url : `file://${resolve(folder, path)}`;
}

function inFolder(source: CredentialsSource, from: (path: string) => string): CredentialsSource {
  return source.kind === "file" ? { kind: "file", path: from(source.path) } : source;
}

/** A key in gpg's keyring has no slash in its name, and none of these endings. */
function isKeyFile(key: string): boolean {
  return key.includes("/") || /\.(?:asc|gpg|pgp|pub|key)$/i.test(key);
}

function refuseSecrets({ file, lineOf }: ProfilesDocument, value: unknown, at: KeyPath): void {
  const found = findSecret(value, at);
  if (found !== undefined) throw bad(file, lineOf(found.path), keyText(found.path), found.remedy);
}

/** @throws profiles.bad: the first problem, and how many more there are */
function checked<T extends z.ZodType>({ file, lineOf }: ProfilesDocument, schema: T, value: unknown, at: KeyPath): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues
    .flatMap((issue) => innermost(issue))
    .map(({ path, message }) => ({ path: [...at, ...path], line: lineOf([...at, ...path]), message }))
    .sort((a, b) => a.line - b.line);
  const [{ path, line, message }, ...more] = problems as [(typeof problems)[0], ...typeof problems];
  const others = more.length === 0 ? "" : `; and ${more.length} more`;
  const isMissing = valueAt(value, path.slice(at.length)) === undefined;
  throw bad(file, line, path.length === 0 ? undefined : keyText(path), `${isMissing ? "is missing" : message}${others}`);
}

/** What is wrong with something that may have several forms is what is wrong with the form that it was meant to have. */
function innermost(issue: z.core.$ZodIssue, at: KeyPath = []): readonly { readonly path: KeyPath; readonly message: string }[] {
  const path = [...at, ...(issue.path as KeyPath)];
  if (issue.code === "unrecognized_keys") return [{ path: [...path, issue.keys[0]!], message: issue.message }];
  const meant =
    issue.code === "invalid_union"
      ? issue.errors.find((issues) => !issues.some((inner) => inner.code === "invalid_type" && inner.path.length === 0))
      : undefined;
  return meant === undefined ? [{ path, message: issue.message }] : meant.flatMap((inner) => innermost(inner, path));
}

function valueAt(value: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>((inner, step) => (inner as Record<string, unknown> | undefined)?.[step], value);
}
