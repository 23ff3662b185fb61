/** What the doctor is given: the composition root of one command, which looks at more than all others together. */
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type BytePath, displayPath, pathFromText, type Runtime } from "@doppel/base";
import { readReceipt, status } from "@doppel/engine/internal";
import { lastDue } from "@doppel/monitor";
import { findPublicKey, findRecipient } from "@doppel/openpgp";
import { CANARY, type DoctorContext, type PublicKey, type Source } from "@doppel/setup";
import { isS3Url, openBucketAdmin, type StoredObject, tryAsThief } from "@doppel/storage";
import { normaliseSource } from "@doppel/tree";
import manifest from "../package.json" with { type: "json" };
import { readGpgOptions } from "./gpg-options.ts";
import { archiveDirOf, folderOf, gnupgHomeOf, localPath, tempDirOf, urlText } from "./locations.ts";
import type { Session } from "./session.ts";
import { driverContext, keySources, openTarget, prefixesOf, rulesOf, withoutSecret } from "./wire.ts";

/** Where `doppel setup` leaves what belongs to a server. */
const SETTINGS_FOLDER = "/etc/doppel";
/** Where `doppel setup server` leaves a key that it has made, until somebody fetches it. */
const ROOT_HOME = "/root";

/** All that checks of this target look at. Nothing is opened before it is asked for; disposing closes it. */
export function openDoctor(url: BytePath, loud: Session): { readonly context: DoctorContext } & AsyncDisposable {
  // What comes of retries and remarks is in the findings.
  const session = { ...loud, runtime: quiet(loud.runtime) };
  const { environment, invocation, runtime, profile } = session;
  const { settings } = invocation;
  const text = urlText(url);
  const opened: AsyncDisposable[] = [];
  const kept = async <T extends AsyncDisposable>(opening: Promise<T>): Promise<T> => {
    const result = await opening;
    opened.push(result);
    return result;
  };
  const storage = once(() => kept(openTarget(url, "read", session)));
  const bucket = {
    tryAsThief: once(async () => tryAsThief(text, await driverContext(url, "write", session), { now: runtime.clock.now() })),
    admin: once(async () => kept(openBucketAdmin(text, await driverContext(url, "read", session)))),
  };
  const folder = folderOf(url, environment);
  const archiveDir = archiveDirOf(url, settings, environment);
  const tempDir = (): string => tempDirOf(settings, environment);
  const due = profile && lastDue(profile.expect, runtime.clock.now());
  const keys = publicKeysOf(session);
  const beside = keys.flatMap(({ file }) => (file === undefined ? [] : [dirname(file)]));
  const context: DoctorContext = {
    runtime,
    dryRun: settings["dry-run"],
    isServer: profile?.source !== undefined,
    target: {
      label: displayPath(withoutSecret(url)),
      list: once(async () => count((await storage()).list("", runtime.signal))),
      ...(isS3Url(text) ? { bucket } : folder !== undefined && { folder: normaliseSource(folder) }),
    },
    backups: {
      status: once(async () => {
        return status({ prefixes: prefixesOf(settings) }, { storage: await storage(), archiveDir, tempDir: tempDir() }, runtime);
      }),
      readReceipt: async (name) => readReceipt(await storage(), name, runtime.signal, profile?.receiptKey),
      ...(due && { dueSince: due.since }),
      fullOnly: profile?.expect.kinds === "full",
      receiptsRequired: profile?.expect.receipts === "required",
      receiptsSigned: profile?.receiptKey !== undefined,
    },
    encryption: encryptionOf(keys, session),
    machine: {
      doppel: manifest.version,
      node: process.versions.node,
      gpgBinary: localPath(settings["gpg-binary"]),
      env: programEnvironment(session),
      gnupgHomes: gnupgHomesOf(session),
      keyFolders: [...new Set([SETTINGS_FOLDER, ...beside, ownHome(session), ROOT_HOME])],
      isToDecrypt: profile !== undefined && profile.source === undefined && profile.options["secret-key"] !== undefined,
      tempDir,
      archiveDir,
      volumeBytes: settings.volsize * 2 ** 20,
    },
    ...(profile?.source !== undefined && { source: sourceOf(normaliseSource(pathFromText(profile.source)), session) }),
  };
  return {
    context,
    async [Symbol.asyncDispose]() {
      for (const each of opened) await each[Symbol.asyncDispose]();
    },
  };
}

function encryptionOf(keys: readonly PublicKey[], { invocation: { settings }, profile }: Session): DoctorContext["encryption"] {
  if (settings["no-encryption"]) return { kind: "none" };
  if (keys.length > 0) return { kind: "keys", keys, pinned: profile?.pinned ?? [], isSigned: settings["sign-key"] !== undefined };
  return { kind: profile?.source === undefined ? "unknown" : "passphrase" };
}

function publicKeysOf({ invocation: { settings }, environment, runtime }: Session): readonly PublicKey[] {
  const sources = keySources({ settings, environment });
  return [...settings["encrypt-key"], ...settings["hidden-encrypt-key"]].map((query) => {
    const file = resolve(environment.cwd, query);
    const recipient = once(() => findRecipient(query, { ...sources, now: runtime.clock.now() }));
    const bytes = once(async () => findPublicKey(query, (await recipient()).fingerprint, sources));
    return { query, recipient, bytes, ...(existsSync(file) && { file }) };
  });
}

function sourceOf(path: BytePath, { invocation, runtime }: Session): Source {
  return { path, copyLinks: invocation.settings["copy-links"], rules: () => rulesOf(path, invocation, runtime.clock.now()) };
}

/** Of gpg's option, of this user, of root, who makes the backups, and of everybody else who has an account. */
function gnupgHomesOf(session: Session): readonly string[] {
  const { homedir: asked } = readGpgOptions(session.invocation.settings["gpg-options"]);
  const homes = [ownHome(session), ROOT_HOME, ...accountHomes()].map((home) => join(home, ".gnupg"));
  return [...new Set([gnupgHomeOf(session.environment, asked), ...homes])];
}

function ownHome({ environment: { variables } }: Session): string {
  return variables["HOME"] || homedir();
}

function accountHomes(): readonly string[] {
  try {
    return readFileSync("/etc/passwd", "utf8")
      .split("\n")
      .flatMap((line) => line.split(":")[5] || []);
  } catch {
    return []; // what is read above suffices where accounts are elsewhere
  }
}

/** What programs need that tell about themselves: none of our credentials. */
function programEnvironment({ environment: { variables } }: Session): Readonly<Record<string, string>> {
  const found = ["PATH", "HOME", "TMPDIR"].flatMap((name) => {
    const value = variables[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...Object.fromEntries(found), LC_ALL: "C.UTF-8" };
}

function quiet(runtime: Runtime): Runtime {
  const emit: Runtime["emit"] = (event) => {
    if (event.type === "debug") runtime.emit(event);
  };
  return { ...runtime, emit };
}

/** Canaries that could not be removed are nobody's backup. */
async function count(objects: AsyncIterable<StoredObject>): Promise<number> {
  let found = 0;
  for await (const { name } of objects) if (!name.startsWith(CANARY)) found++;
  return found;
}

/** Asks once, and keeps the answer or the failure. */
function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let answer: Promise<T> | undefined;
  return () => (answer ??= ask());
}
