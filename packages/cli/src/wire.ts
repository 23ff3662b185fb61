/**
 * The composition root: makes what the engine is given, out of settings, environment and packages. It alone reaches past
 * the engine, and nothing below it reads the environment.
 */
import { randomBytes } from "node:crypto";
import { readdirSync, statSync } from "node:fs";
import { availableParallelism, hostname } from "node:os";
import {
  type BytePath,
  displayPath,
  DoppelError,
  isDoppelError,
  joinPath,
  pathFromText,
  pathToBytes,
  type Runtime,
} from "@doppel/base";
import type { BackupJob, DiffJob, Envelope, KeepPolicy, ReadDeps, RestoreJob, VerifyJob } from "@doppel/engine/internal";
import { type NamePrefixes, parseTimeExpression } from "@doppel/format";
import type { CredentialsFile, Profile } from "@doppel/monitor";
import {
  findRecipient,
  findVerifier,
  firstOf,
  generateKey,
  type GpgOptions,
  inspectKey,
  type KeySources,
  publicKeyText,
  type Recipient,
  type SecretKeys,
  secretKeysFromGpg,
  secretKeysFromKeyFile,
  secretKeysFromPassphrase,
  type Signer,
  signerFromGpg,
  signerFromKeyFile,
  type Verifier,
  verifierFromKeys,
  verifierWhenNeeded,
} from "@doppel/openpgp";
import {
  type BucketAdmin,
  type BucketLocation,
  type DriverContext,
  isS3Url,
  listFolders,
  locateBucket,
  openBucketAdmin,
  openStorage,
  redactUrl,
  type Storage,
  supportedSchemes,
  withRetry,
} from "@doppel/storage";
import {
  checkRestoreTarget,
  checkSource,
  compileRules,
  type ExplainedRules,
  type Explanation,
  explainPath,
  normaliseSource,
  textOf,
} from "@doppel/tree";
/** For `doppel setup key`. */
export { generateKey, inspectKey, publicKeyText };
import manifest from "../package.json" with { type: "json" };
import { COMMANDS } from "./commands.ts";
import { readFilelists } from "./filelists.ts";
import { readGpgOptions } from "./gpg-options.ts";
import { gpgEnvironment, readIfThere, readSecretKeyFile } from "./key-files.ts";
import { archiveDirOf, type Environment, gnupgHomeOf, localPath, tempDirOf, urlText } from "./locations.ts";
import type { GivenRule, RuleName, Settings } from "./options.ts";
import type { Passphrases } from "./passphrases.ts";
import { s3OptionsOf, thawOf } from "./s3-settings.ts";
import type { ProfileTarget, Session } from "./session.ts";

export const random: Runtime["random"] = { bytes: (n) => randomBytes(n) };

/** Options that ask for what only S3 can do: passed over, they would give something else than was asked for. */
const NEEDS_S3 = { "as-of": "reads old versions", thaw: "thaws what is archived" } as const;

/** The target, whose passing failures are tried again. @throws storage.*; profiles.bad; cli.usage for an option that it cannot follow */
export async function openTarget(
  url: BytePath,
  purpose: "read" | "write",
  session: Pick<Session, "environment" | "runtime" | "invocation" | "targets">,
): Promise<Storage> {
  const { runtime, invocation, targets } = session;
  const settings = targets?.get(url)?.settings ?? invocation.settings;
  for (const name of Object.keys(NEEDS_S3) as (keyof typeof NEEDS_S3)[]) {
    if (settings[name] === undefined || isS3Url(urlText(url))) continue;
    const message = `--${name} ${NEEDS_S3[name]} in an S3 bucket, and ${displayPath(withoutSecret(url))} is none; leave it out`;
    throw new DoppelError("cli.usage", message, { option: `--${name}` });
  }
  checkTimes(invocation, runtime.clock.now());
  if (invocation.positionals[COMMANDS[invocation.command].positionals.findIndex(({ kind }) => kind === "target")] === url) {
    for (const detail of invocation.remarks) runtime.emit({ type: "notice", reason: "option", incomplete: false, detail });
  }
  return openWith(url, settings, await driverContext(url, purpose, session), runtime);
}

/** The target of a profile, with its options and credentials: for commands that look at many. @throws storage.*, profiles.bad */
export async function openTargetOf(
  { profile, settings }: ProfileTarget,
  purpose: "read" | "write",
  { environment, runtime, invocation }: Pick<Session, "environment" | "runtime" | "invocation">,
): Promise<Storage> {
  const url = pathFromText(profile.url);
  const targets = new Map([[url, { profile, settings }]]);
  const context = await driverContext(url, purpose, { environment, runtime, invocation, targets });
  return openWith(url, settings, context, runtime);
}

/**
 * Lists a target as a service would that has these credentials and no environment, to its first object.
 * @throws storage.*; cli.usage
 */
export async function tryListing(
  url: string,
  settings: Settings,
  credentials: CredentialsFile | undefined,
  { environment, runtime }: Pick<Session, "environment" | "runtime">,
): Promise<void> {
  const { clock, emit, signal } = runtime;
  const s3 = { ...credentials, ...s3OptionsOf(settings, clock.now()) };
  await using storage = await openStorage(url, { cwd: environment.cwd, purpose: "write", random, clock, emit, env: {}, s3 });
  await storage.list("", signal)[Symbol.asyncIterator]().next();
}

/** What a driver is told of a target: also what `openBucketAdmin` takes. @throws profiles.bad, cli.usage, format.bad-time */
export async function driverContext(
  url: BytePath,
  purpose: "read" | "write",
  { environment, runtime, invocation, targets }: Pick<Session, "environment" | "runtime" | "invocation" | "targets">,
): Promise<DriverContext> {
  const target = targets?.get(url);
  const credentials = target && (await (await import("./profiles/credentials.ts")).credentialsOf(target.profile, environment));
  return {
    cwd: environment.cwd,
    purpose,
    random,
    ...(runtime.maker && { maker: runtime.maker }),
    clock: runtime.clock,
    emit: runtime.emit,
    env: environment.variables,
    s3: { ...credentials, ...s3OptionsOf(target?.settings ?? invocation.settings, runtime.clock.now()) },
  };
}

async function openWith(url: BytePath, settings: Settings, context: DriverContext, runtime: Runtime): Promise<Storage> {
  const storage = await openStorage(urlText(url), context);
  const { "num-retries": tries, "backend-retry-delay": delay } = settings;
  return withRetry(storage, {
    ...(tries !== undefined && { tries: isS3Url(urlText(url)) ? 1 : tries }), // S3's driver counts by itself
    ...(delay !== undefined && { firstDelayMs: delay * 1000, maxDelayMs: delay * 1000 }),
    random,
    emit: runtime.emit,
    sleep: (ms, signal = runtime.signal) => runtime.clock.sleep(ms, signal),
  });
}

/** The settings of a target's bucket, for an admin. @throws cli.usage for a target that is none; storage.* */
export async function openAdmin(
  url: BytePath,
  session: Pick<Session, "environment" | "runtime" | "invocation">,
): Promise<BucketAdmin> {
  checkBucket(url);
  return openBucketAdmin(urlText(url), await driverContext(url, "write", session));
}

/** Which bucket a target is in, without a network. @throws cli.usage for a target that is none; storage.bad-url */
export async function bucketOf(
  url: BytePath,
  session: Pick<Session, "environment" | "runtime" | "invocation" | "targets">,
): Promise<BucketLocation> {
  checkBucket(url);
  return locateBucket(urlText(url), await driverContext(url, "read", session));
}

/** Whether a target is an S3 bucket. */
export function isBucket(url: BytePath): boolean {
  return isS3Url(urlText(url));
}

function checkBucket(url: BytePath): void {
  if (isBucket(url)) return;
  const message = `${displayPath(withoutSecret(url))} is no S3 bucket, and only those have settings; write s3://BUCKET/SERVER`;
  throw new DoppelError("cli.usage", message, {});
}

/** A time that means nothing to the command is still one that must be right, as in stock. @throws format.bad-time */
function checkTimes({ settings, rules }: Session["invocation"], now: Date): void {
  for (const name of ["time", "full-if-older-than"] as const) {
    if (settings[name] !== undefined) parseTimeExpression(settings[name], now);
  }
  for (const { rule, value } of rules) if (rule === "exclude-older-than") timeIn(value, now);
}

/** A target as it may be shown. */
export function withoutSecret(url: BytePath): BytePath {
  const text = urlText(url);
  const shown = redactUrl(text);
  return shown === text ? url : pathFromText(shown);
}

/** Names of the folders below a URL. @throws storage.* */
export async function foldersBelow(
  url: string,
  session: Pick<Session, "environment" | "runtime" | "invocation" | "targets">,
  signal: AbortSignal,
): Promise<readonly string[]> {
  return listFolders(url, await driverContext(pathFromText(url), "read", session), signal);
}

/** After how many days a profile's bucket forgets objects, by the shortest of its rules; undefined when it does not, or may not be asked. */
export async function lifecycleDaysOf(
  { profile, settings }: ProfileTarget,
  { environment, runtime, invocation }: Pick<Session, "environment" | "runtime" | "invocation">,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (!isS3Url(profile.url)) return undefined;
  const url = pathFromText(profile.url);
  const targets = new Map([[url, { profile, settings }]]);
  const context = await driverContext(url, "read", { environment, runtime, invocation, targets });
  await using admin = await openBucketAdmin(profile.url, context);
  const seen = await admin.lifecycle();
  signal.throwIfAborted();
  if (seen.kind !== "is") return undefined;
  const days = seen.value.flatMap(({ enabled, prefix, expireDays }) =>
    enabled && expireDays !== undefined && admin.prefix.startsWith(prefix) ? [expireDays] : [],
  );
  return days.length === 0 ? undefined : Math.min(...days);
}

/**
 * Which subkeys messages to a profile's keys name, of those that are here: by fingerprint and ID of the primary key. A key that
 * cannot be used any more is as good as one that is not here.
 */
export async function subkeysOf(
  { encryptTo }: Pick<Profile, "encryptTo">,
  { environment, runtime }: Pick<Session, "environment" | "runtime">,
): Promise<ReadonlyMap<string, readonly string[]>> {
  const sources = { gnupgHome: gnupgHomeOf(environment), readFile: (path: string) => readIfThere(path, environment.cwd) };
  const found = new Map<string, readonly string[]>();
  for (const query of encryptTo) {
    try {
      const { fingerprint, keyId } = await findRecipient(query, { ...sources, now: runtime.clock.now() });
      for (const name of [fingerprint, fingerprint.slice(-16)]) found.set(name, [...(found.get(name) ?? []), keyId]);
    } catch (error) {
      if (!(error instanceof DoppelError)) throw error;
    }
  }
  return found;
}

/** As many as there are cores for us, unless that was said. */
export function threadsOf(settings: Settings): number {
  return settings.threads ?? availableParallelism();
}

/**
 * The whole job of a backup; reads the file lists.
 * @throws cli.usage, rules.filelist, format.bad-time
 */
export function backupJob(
  source: BytePath,
  settings: Settings,
  rules: readonly GivenRule[],
  options: {
    readonly kind: BackupJob["kind"];
    readonly now: Date;
    readonly countTotals: boolean;
    /** What differs between the two programs. */
    readonly isStock: boolean;
  },
): BackupJob {
  const { kind, now } = options;
  const oldest = settings["full-if-older-than"];
  return Object.freeze<BackupJob>({
    kind,
    ...(oldest !== undefined && { fullIfOlderThan: parseTimeExpression(oldest, now) }),
    allowSourceMismatch: settings["allow-source-mismatch"],
    ...treeOf(source, settings, rules, now),
    volumeBytes: settings.volsize * 2 ** 20,
    compressLevel: readGpgOptions(settings["gpg-options"]).compressLevel ?? settings["compress-level"],
    threads: threadsOf(settings),
    hostname: pathFromText(hostname()),
    prefixes: prefixesOf(settings),
    countTotals: options.countTotals,
    dryRun: settings["dry-run"],
    skipIfUnchanged: settings["skip-if-no-change"],
    listChanges: !settings["no-files-changed"],
    maxBlockBytes: settings["max-blocksize"],
    resume: options.isStock ? "any" : "not-less",
    sabotage: {
      ...(settings["fail-on-volume"] !== undefined && { failAfterVolume: settings["fail-on-volume"] }),
      ...(settings["skip-volume"] !== undefined && { skipVolume: settings["skip-volume"] }),
    },
    ...(options.isStock && { announce: true }),
    ...(makesReceipt(settings, options.isStock) && {
      receipt: { program: `doppel ${manifest.version}`, folderDepth: settings["receipt-depth"] },
    }),
    verbose: settings.verbosity >= 5,
  });
}

/**
 * Who replaces duplicity expects at the target what duplicity stores, and nothing that can be read without a key: names of top
 * folders and their sizes are there only when somebody asked for it.
 */
function makesReceipt(settings: Settings, isStock: boolean): boolean {
  const asked = settings.receipt || settings["receipt-key"] !== undefined;
  if (settings["no-receipt"] && asked) {
    throw new DoppelError(
      "cli.usage",
      "--no-receipt cannot stand beside --receipt or --receipt-key: leave out one or the other",
      {
        option: "--no-receipt",
      },
    );
  }
  return asked || (!isStock && !settings["no-receipt"]);
}

/**
 * Whether a backup of `source` would have `path` in it, which is relative to it, and why; reads the file lists.
 * @throws source.missing, source.unreadable, rules.*, format.bad-time
 */
export function explanationOf(
  source: BytePath,
  path: BytePath,
  { settings, rules }: Pick<Session["invocation"], "settings" | "rules">,
  now: Date,
): Explanation {
  const tree = treeOf(source, settings, rules, now, NOT_BACKING_UP);
  return explainPath(tree.source, path, { rules: rulesFor(tree), copyLinks: tree.copyLinks });
}

/** What is backed up of a source, by these rules; reads the file lists. @throws rules.*, format.bad-time */
export function rulesOf(
  source: BytePath,
  { settings, rules }: Pick<Session["invocation"], "settings" | "rules">,
  now: Date,
): ExplainedRules {
  return rulesFor(treeOf(source, settings, rules, now, NOT_BACKING_UP));
}

function rulesFor({ source, selection, filelists, nullSeparator }: ReturnType<typeof treeOf>): ExplainedRules {
  return compileRules(selection, { source, readFile: (name) => filelists.get(name) ?? new Uint8Array(), nullSeparator });
}

/** Whether a backup will store what lies in a folder below its source. `relative` is the folder's path from there. */
export function willStore(job: BackupJob, relative: BytePath): boolean {
  const rules = compileRules(job.selection, {
    source: job.source,
    readFile: (name) => job.filelists.get(name) ?? new Uint8Array(),
    nullSeparator: job.nullSeparator,
    cannotMatch: "skip",
  });
  const rootDev = statSync(pathToBytes(job.source)).dev;
  let subject = { dev: rootDev, rootDev, mtime: Number.MAX_SAFE_INTEGER };
  let folder = job.source;
  for (const name of relative.split("/")) {
    folder = joinPath(folder, name as BytePath);
    try {
      const { dev, mtimeMs } = statSync(pathToBytes(folder));
      subject = { dev, rootDev, mtime: Math.floor(mtimeMs / 1000) };
      if (rules.excludesDirectory(readdirSync(pathToBytes(folder), "latin1"))) return false;
    } catch {
      // Not there yet, or not to be read: judged by its path.
    }
    if (rules.judge(folder, "dir", subject) === "exclude") return false;
  }
  const inside = joinPath(folder, pathFromText("duplicity-full.20260101T000000Z.vol1.difftar.gpg"));
  return rules.judge(inside, "file", { ...subject, mtime: Number.MAX_SAFE_INTEGER }) === "include";
}

/**
 * The whole job of verifying; reads the file lists.
 * @throws cli.usage, rules.filelist, format.bad-time
 */
export function verifyJob(source: BytePath, settings: Settings, rules: readonly GivenRule[], now: Date): VerifyJob {
  return Object.freeze<VerifyJob>({
    ...treeOf(source, settings, rules, now, "nothing was compared"),
    ...stateOf(settings, now),
    ...thawOf(settings),
    compareData: settings["compare-data"],
    numericOwner: settings["numeric-owner"],
    prefixes: prefixesOf(settings),
    verbose: settings.verbosity >= 5,
  });
}

/** @throws format.bad-time */
export function diffJob([from, to]: readonly [BytePath, BytePath], settings: Settings, now: Date): DiffJob {
  const path = settings["path-to-restore"];
  return { from: timeIn(from, now), to: timeIn(to, now), ...(path !== undefined && { path }), prefixes: prefixesOf(settings) };
}

/** Days are those of the local calendar. */
export function keepPolicy(settings: Settings): KeepPolicy {
  return {
    kind: "keep",
    daily: settings["keep-daily"] ?? 0,
    weekly: settings["keep-weekly"] ?? 0,
    monthly: settings["keep-monthly"] ?? 0,
    yearly: settings["keep-yearly"] ?? 0,
    dayOf: (time) => ({ year: time.getFullYear(), month: time.getMonth() + 1, day: time.getDate() }),
  };
}

const NOT_BACKING_UP = "without it nobody knows what a backup would hold; check the path, and whether its disk is mounted";

/** The local tree that a job is about. @param unread what it means when a file list cannot be read */
function treeOf(source: BytePath, settings: Settings, rules: readonly GivenRule[], now: Date, unread?: string) {
  const selection = selectionOf(rules, now);
  return {
    source: normaliseSource(source),
    selection,
    filelists: readFilelists(selection, unread),
    nullSeparator: settings["null-separator"],
    copyLinks: settings["copy-links"],
  };
}

export function prefixesOf(settings: Settings): NamePrefixes {
  return {
    all: settings["file-prefix"],
    archive: settings["file-prefix-archive"],
    manifest: settings["file-prefix-manifest"],
    signature: settings["file-prefix-signature"],
  };
}

/** `--rename` */
export function renamesOf(settings: Settings): RestoreJob["renames"] {
  return settings.rename.map(([from, to]) => ({ from, to }));
}

/** `--time`. @throws format.bad-time */
export function timeOf(settings: Settings, now: Date): { readonly time?: Date } {
  return settings.time === undefined ? {} : { time: parseTimeExpression(settings.time, now) };
}

/** An argument that is a time. @throws format.bad-time */
export function timeIn(argument: string, now: Date): Date {
  return parseTimeExpression(textOf(argument as BytePath), now);
}

/** `--time` and `--path-to-restore`: which part of which state. @throws format.bad-time */
export function stateOf(settings: Settings, now: Date): { readonly time?: Date; readonly path?: BytePath } {
  const path = settings["path-to-restore"];
  return { ...timeOf(settings, now), ...(path !== undefined && { path }) };
}

/** The folder to compare with is there. @throws source.missing, source.unreadable */
export function checkFolder(folder: BytePath): void {
  try {
    checkSource(folder);
  } catch (error) {
    if (!isDoppelError(error, "source.missing")) throw error;
    const message = `${displayPath(folder)} does not exist, so there is nothing to compare the backup with; check the path`;
    throw new DoppelError("source.missing", message, error.data, error);
  }
}

/** @throws restore.target-exists; asked before the target is opened (cli spec 8). */
export function checkTarget(target: BytePath, force: boolean): void {
  checkRestoreTarget(target, force);
}

function selectionOf(rules: readonly GivenRule[], now: Date): BackupJob["selection"] {
  return rules.map(({ rule, value }) => {
    switch (rule) {
      case "exclude-device-files":
      case "exclude-other-filesystems":
      case "filter-globbing":
      case "filter-literal":
      case "filter-regexp":
      case "filter-ignorecase":
      case "filter-strictcase":
        return { option: rule };
      case "exclude-older-than":
        return { option: rule, before: parseTimeExpression(textOf(value as BytePath), now) };
      case "include-filelist":
      case "exclude-filelist":
      case "files-from":
        return { option: rule, value: notEmpty(rule, value) };
      case "include":
      case "exclude":
      case "include-regexp":
      case "exclude-regexp":
      case "exclude-if-present":
        return { option: rule, value: textOf(notEmpty(rule, value) as BytePath) };
    }
  });
}

function notEmpty(rule: RuleName, value: string): string {
  if (value !== "") return value;
  throw new DoppelError("cli.usage", `--${rule} needs a value that is not empty`, { option: `--${rule}` });
}

/** What the keys of one run are made from. */
export interface KeyContext {
  readonly settings: Settings;
  readonly environment: Environment;
  readonly passphrases: Passphrases;
  readonly runtime: Runtime;
  readonly profile?: Session["profile"];
}

/**
 * How a backup is wrapped. Public keys never lead to a question or to gpg; without any, a passphrase is asked for.
 * @throws cli.usage for contradictions and when there is nothing to encrypt with; openpgp.*
 */
export async function envelopeOf(context: KeyContext): Promise<Envelope> {
  const { settings, passphrases, runtime } = context;
  const compress = !settings["no-compression"];
  const sign = settings["sign-key"];
  const queries = [
    ...settings["encrypt-key"].map((query) => ({ query, hidden: false })),
    ...settings["hidden-encrypt-key"].map((query) => ({ query, hidden: true })),
  ];
  if (settings["no-encryption"]) {
    if (queries.length > 0 || sign !== undefined) {
      throw new DoppelError("cli.usage", "--no-encryption cannot stand beside a key: leave out one or the other", {
        option: "--no-encryption",
      });
    }
    return { kind: compress ? "gzip" : "plain" };
  }
  const recipients = [];
  for (const { query, hidden } of queries) {
    const recipient = await findRecipient(query, { ...keySources(context), hidden, now: runtime.clock.now() });
    checkPinned(recipient, context);
    for (const detail of recipient.warnings) runtime.emit({ type: "notice", reason: "key", incomplete: false, detail });
    recipients.push(recipient);
  }
  return {
    kind: "gpg",
    recipients,
    ...(recipients.length === 0 && { passphrase: await passphrases.forNewBackup() }),
    ...(sign !== undefined && { signer: await signerFor(sign, context) }),
    compress,
  };
}

/** Whoever can replace a public key on a server must not be the one for whom its next backup is readable. */
function checkPinned({ fingerprint }: Recipient, { profile }: KeyContext): void {
  if (profile === undefined || profile.pinned.length === 0 || profile.pinned.includes(fingerprint)) return;
  const message = `key ${fingerprint} is none of the fingerprints of profile ${profile.name}: nothing is encrypted to it; has the key file been replaced?`;
  throw new DoppelError("openpgp.key-unusable", message, { query: fingerprint, reason: "invalid" });
}

async function signerFor(query: string, { settings, environment, passphrases, runtime }: KeyContext): Promise<Signer> {
  const file = settings["secret-key"];
  const throughGpg = (): Promise<Signer> =>
    signerFromGpg(query, gpgOptions(settings, environment, passphrases.givenForSigning()));
  if (file === undefined) return throughGpg();
  const key = readSecretKeyFile(file);
  const now = (): Date => runtime.clock.now();
  try {
    return await signerFromKeyFile(key, query, passphrases.givenForSigning(), now, displayPath(file));
  } catch (error) {
    if (isDoppelError(error, "openpgp.key-not-found")) return throughGpg(); // the file is for reading then
    if (!isDoppelError(error, "openpgp.passphrase-needed")) throw error;
    return signerFromKeyFile(key, query, await passphrases.forSigning(), now, displayPath(file));
  }
}

/**
 * What every command that reads a target is given. The caller closes `keys`. @throws openpgp.*, temp.unusable
 * @param lists it seldom reads an object, so that the key that must have signed it need not be here
 */
export async function readDeps(url: BytePath, storage: Storage, context: KeyContext, lists = false): Promise<ReadDeps> {
  const { settings, environment } = context;
  const sign = settings["sign-key"];
  const keys = keysOf(context);
  const find = (query: string): Promise<Verifier> => findVerifier(query, keySources(context));
  return {
    storage,
    archiveDir: archiveDirOf(url, settings, environment),
    tempDir: tempDirOf(settings, environment),
    ...(keys && { keys }),
    ...(sign !== undefined && { verifier: lists ? verifierWhenNeeded(() => find(sign)) : await find(sign) }),
  };
}

/** For a backup, which seldom reads what is at the target. Its own secret key is good enough to know it by. */
export function verifierForBackup(context: KeyContext): Verifier | undefined {
  const { "sign-key": sign, "secret-key": file } = context.settings;
  if (sign === undefined) return undefined;
  return verifierWhenNeeded(async () => {
    try {
      return await findVerifier(sign, keySources(context));
    } catch (error) {
      if (file === undefined || !isDoppelError(error, "openpgp.key-not-found")) throw error;
      return verifierFromKeys([Buffer.from(await publicKeyText(readSecretKeyFile(file)))]);
    }
  });
}

/**
 * What opens encrypted objects; undefined with `--no-encryption`. Nothing is read, started or asked for before the first
 * message has to be opened: a backup that finds its archive directory complete needs no secret.
 */
export function keysOf(context: KeyContext): SecretKeys | undefined {
  if (context.settings["no-encryption"]) return undefined;
  let opened: SecretKeys | undefined;
  return {
    sessionKey: async (packets, signal) => (opened ??= secretKeysOf(context)).sessionKey(packets, signal),
    close: async () => opened?.close(),
  };
}

/** Whatever may open a message, in an order in which nobody is asked before everything silent has failed. */
function secretKeysOf(context: KeyContext): SecretKeys {
  const { settings, environment } = context;
  const passphrases = reusing(context);
  const file = settings["secret-key"];
  const keyFile =
    file &&
    secretKeysFromKeyFile(
      readSecretKeyFile(file),
      () => passphrases.forReading(`the key in ${localPath(file)}`),
      displayPath(file),
    );
  const passphrase = secretKeysFromPassphrase(() => passphrases.forReading("decryption"));
  const gpg = secretKeysFromGpg(gpgOptions(settings, environment, passphrases.given()));
  return {
    sessionKey(packets, signal) {
      const toKeys = packets.recipients.length > 0;
      const byKey = [...(keyFile && toKeys ? [keyFile] : []), ...(toKeys || settings["use-agent"] ? [gpg] : [])];
      const byPassphrase = packets.symmetric && !settings["use-agent"] ? [passphrase] : [];
      const ways = passphrases.given() === undefined ? [...byKey, ...byPassphrase] : [...byPassphrase, ...byKey];
      return firstOf(...ways).sessionKey(packets, signal);
    },
    async close() {
      for (const keys of [keyFile, passphrase, gpg]) await keys?.close();
    },
  };
}

/** A key that signs and decrypts has one passphrase: SIGN_PASSPHRASE alone is enough then (cli spec 10). */
function reusing({ settings, passphrases }: KeyContext): Pick<Passphrases, "given" | "forReading"> {
  const sign = settings["sign-key"];
  const isOne = sign !== undefined && [...settings["encrypt-key"], ...settings["hidden-encrypt-key"]].includes(sign);
  const given = (): string | undefined => passphrases.given() ?? (isOne ? passphrases.givenForSigning() : undefined);
  return { given, forReading: async (what) => given() ?? passphrases.forReading(what) };
}

function gpgOptions(settings: Settings, environment: Environment, passphrase: string | undefined): GpgOptions {
  return {
    gpgBinary: localPath(settings["gpg-binary"]),
    env: gpgEnvironment(environment),
    args: readGpgOptions(settings["gpg-options"]).args,
    ...(passphrase && !settings["use-agent"] && { passphrase }), // an empty one unlocks nothing, and would keep the agent from asking
  };
}

/** Where keys are looked for. */
export function keySources({ settings, environment }: Pick<KeyContext, "settings" | "environment">): KeySources {
  const { homedir } = readGpgOptions(settings["gpg-options"]);
  return { gnupgHome: gnupgHomeOf(environment, homedir), readFile: (path) => readIfThere(path, environment.cwd) };
}

/** The schemes of URLs that can be a target, in lower case. */
export const targetSchemes: readonly string[] = supportedSchemes;
