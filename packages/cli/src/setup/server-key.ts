import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { type BytePath, DoppelError, errnoOf, type KeyProblem } from "@doppel/base";
import { checkNoKeyThere, keyFiles, makeFolder, writeKeyFiles } from "@doppel/setup";
import { localPath } from "../locations.ts";
import type { Session } from "../session.ts";
import { generateKey, inspectKey, publicKeyText } from "../wire.ts";
import type { Answers } from "./answers.ts";
import { newPassphrase } from "./new-key.ts";
import type { Questions } from "./questions.ts";

/** What the backups of a server are encrypted to. */
export interface ServerKey {
  readonly fingerprint: string;
  readonly publicKey: string;
  /** Where its secret half is, and what opens it: only when it was made here. */
  readonly made?: { readonly files: readonly string[]; readonly secretFile: string; readonly passphrase: string };
}

/** A public key that is there, or "make": one is made on the server. */
export type KeyChoice = { readonly kind: "file"; readonly path: string } | { readonly kind: "make" };

/** Asks which, if that was not said. @throws cli.usage for both at a time */
export async function chooseKey({ settings }: Answers, cwd: string, questions: Questions): Promise<KeyChoice | undefined> {
  const file = settings["public-key"];
  if (file !== undefined && settings["make-key-here"]) {
    const message = "--public-key and --make-key-here exclude each other: the key is made on the admin's machine, or here";
    throw new DoppelError("cli.usage", message, { option: "--make-key-here" });
  }
  const fromFile = (path: string): KeyChoice => ({ kind: "file", path: resolve(cwd, path) });
  const named = file === undefined ? undefined : fromFile(localPath(file));
  const given: KeyChoice | undefined = settings["make-key-here"] ? { kind: "make" } : named;
  return questions.answer<KeyChoice>("--public-key (or --make-key-here)", given, {
    text: "The file with the public key that `doppel setup key` made on your own machine, or `here` to make it on this server",
    parse: (typed) => {
      if (typed === "here") return { kind: "make" };
      readKey(resolve(cwd, typed));
      return fromFile(typed);
    },
  });
}

/**
 * A public key from a file, checked: it can be encrypted to, gpg 2.2 knows it, it is no secret key, and the one that was meant.
 * @throws openpgp.key-unusable, cli.usage
 */
export async function keyFromFile(
  path: string,
  { settings }: Answers,
  questions: Questions,
  session: Session,
): Promise<ServerKey> {
  const file = readKey(path);
  const now = session.runtime.clock.now();
  const refuse = (reason: KeyProblem, why: string): DoppelError =>
    new DoppelError("openpgp.key-unusable", `${path} is not taken: ${why}`, { query: path, reason });
  const facts = await inspectKey(file, now).catch((error: unknown) => {
    if (!(error instanceof DoppelError)) throw error; // its own words are about backups: what they call a file is this key
    throw refuse(
      "not-a-key",
      "it is no OpenPGP key, or not all of one; doppel setup key makes one, gpg --armor --export KEY, too",
    );
  });
  if (facts.secret) throw holdsSecret(path);
  if (facts.others.length > 0)
    throw refuse(
      "invalid",
      `it holds ${1 + facts.others.length} keys (${[facts.fingerprint, ...facts.others].join(", ")}): name a file with the one that is meant; gpg --armor --export FINGERPRINT makes it`,
    );
  if (facts.version !== 4) throw refuse("version", "gpg 2.2 does not know keys of its version; make one with doppel setup key");
  if (facts.primary.revoked) throw refuse("revoked", "it was revoked");
  if (facts.primary.expired) throw refuse("expired", "it has expired");
  if (!facts.encryption.some(({ expired, revoked }) => !expired && !revoked))
    throw refuse("cannot-encrypt", "it has no part that can be encrypted to now");
  const weak = facts.weaknesses.find(({ severity }) => severity === "fail");
  if (weak !== undefined) throw refuse("invalid", weak.text);
  for (const { text } of facts.weaknesses)
    session.runtime.emit({ type: "notice", reason: "key", incomplete: false, detail: text });
  await checkFingerprint(facts.fingerprint, settings.fingerprint, questions);
  return { fingerprint: facts.fingerprint, publicKey: await publicKeyText(file) };
}

/** Makes a key on this server. @param folder  for the secret half, until somebody fetches it */
export async function keyMadeHere(server: string, folder: string, { settings }: Answers, session: Session): Promise<ServerKey> {
  checkNoKeyThere(server, folder);
  const { passphrase } = await newPassphrase(session);
  const now = session.runtime.clock.now();
  const key = await generateKey({ kind: settings["key-kind"], userId: `Backups of ${server} (doppel)`, passphrase, now });
  const files = keyFiles(server, key, folder, now);
  makeFolder(folder, 0o700);
  writeKeyFiles(files);
  const secretFile = join(folder, `${server}.secret.asc`);
  const { fingerprint, publicArmored: publicKey } = key;
  return { fingerprint, publicKey, made: { files: files.map(({ path }) => path), secretFile, passphrase } };
}

/** Where a key that is made here lies until it is fetched. @param given  `--out` */
export function folderForKey(given: BytePath | undefined, cwd: string, root: string): string {
  return given === undefined ? join(root, "/root") : resolve(cwd, localPath(given));
}

async function checkFingerprint(found: string, given: string | undefined, questions: Questions): Promise<void> {
  const wanted = given?.replace(/\s|^0x/gi, "").toUpperCase();
  if (wanted !== undefined && wanted !== found) {
    const message = `the public key has the fingerprint ${found}, not ${wanted}: it is another key than the one that was meant`;
    throw new DoppelError("cli.usage", message, { option: "--fingerprint" });
  }
  if (wanted !== undefined || !questions.hasPerson) return;
  const typed = await questions.typed(`Its fingerprint is ${found}.\nIs that what setup key said (yes or no)? `);
  if (typed !== undefined && /^y(?:es)?$/i.test(typed)) return;
  throw new DoppelError("cli.usage", "the public key is not the one that was meant: nothing was written", {
    option: "--fingerprint",
  });
}

/**
 * Before anything else is found fault with: a secret key that lies here is the worst that can be.
 * @throws openpgp.key-unusable; what else is wrong with the file is told later
 */
export async function checkNotSecret({ settings }: Answers, cwd: string, now: Date): Promise<void> {
  if (settings["public-key"] === undefined) return;
  const path = resolve(cwd, localPath(settings["public-key"]));
  const facts = await Promise.resolve()
    .then(() => inspectKey(readKey(path), now))
    .catch(() => undefined);
  if (facts?.secret) throw holdsSecret(path);
}

function holdsSecret(path: string): DoppelError<"openpgp.key-unusable"> {
  const why = "it holds the secret key, which must not come near this server: delete it here, and name the public one";
  return new DoppelError("openpgp.key-unusable", `${path} is not taken: ${why}`, { query: path, reason: "invalid" });
}

function readKey(path: string): Uint8Array {
  try {
    return readFileSync(path);
  } catch (error) {
    const message = `the public key ${path} cannot be read (${errnoOf(error) ?? "unknown error"}); doppel setup key makes one`;
    throw new DoppelError("cli.usage", message, { option: "--public-key" }, error);
  }
}
