import { displayText, DoppelError, isDoppelError } from "@doppel/base";
import { openpgp } from "../openpgpjs.ts";
import { ArmorDecoder, looksArmored } from "../packets/armor.ts";
import { type Certificate, holdsSecretKey, parseCertificates } from "./certificate.ts";
import { parseKeybox } from "./keybox.ts";
import { matches, parseQuery } from "./match.ts";
import { chooseEncryptionKey } from "./usable.ts";

/** A public key that can be encrypted to, checked and ready. */
export interface Recipient {
  /** Of the primary key, 40 upper-case hex digits. */
  readonly fingerprint: string;
  /** Of the encryption (sub)key, 16 upper-case hex digits. */
  readonly keyId: string;
  /** As the key has it; may hold anything, so it goes through `displayText` before a person sees it. */
  readonly userId: string;
  /** Its key id is kept out of messages. */
  readonly hidden: boolean;
  /** What the user should hear about it, one line each: it expires soon, a secret key lies where a public one would do. */
  readonly warnings: readonly string[];
  /** Body of the public (sub)key packet that session keys are encrypted to. */
  readonly packet: Uint8Array;
}

/** Where keys are looked for. */
export interface KeySources {
  /** gpg's directory, absolute. */
  readonly gnupgHome: string;
  /** A whole file, or undefined when there is none of that name. */
  readonly readFile: (path: string) => Uint8Array | undefined;
}

/**
 * The key that `query` names: a file with one public key (armored or binary), or in gpg's keyring a key id (8 or 16 hex
 * digits), a fingerprint, `<mail>`, `=exact user id` or part of a user id; a trailing `!` after an id takes that very
 * subkey. gpg is never started. Of several matches the only usable one is taken.
 * @throws DoppelError openpgp.key-not-found, openpgp.key-ambiguous, openpgp.key-unusable.
 */
export async function findRecipient(
  query: string,
  options: KeySources & { readonly hidden?: boolean; readonly now: Date },
): Promise<Recipient> {
  const parsed = parseQuery(query);
  const exact = parsed.kind === "id" && parsed.exact ? parsed.hex : undefined;
  const recipient = await onlyUsable(await findCertificates(query, options), query, options, exact);
  if (!recipient) throw notFound(query, options.gnupgHome);
  return recipient;
}

/**
 * The one key in `file`, the content of a file with a public key (armored or binary). No other place is looked at.
 * @param options  `now` decides what has expired; `hidden` keeps its id out of messages; `name` is what errors call it
 * @throws DoppelError openpgp.key-unusable, openpgp.key-ambiguous
 */
export async function recipientFromKey(
  file: Uint8Array,
  options: { readonly now: Date; readonly hidden?: boolean; readonly name?: string },
): Promise<Recipient> {
  const { name = "the given key" } = options;
  return (await onlyUsable(await certificatesInFile(file, name), name, options))!; // there is a key, or an error
}

/** The only certificate of which a key can be used; undefined when there is no certificate. @throws as findRecipient */
async function onlyUsable(
  { certificates, warnings, inFile }: Found,
  query: string,
  { now, hidden = false }: { readonly now: Date; readonly hidden?: boolean },
  exact?: string,
): Promise<Recipient | undefined> {
  const usable: Recipient[] = [];
  let firstProblem: DoppelError | undefined;
  for (const certificate of certificates) {
    try {
      const { keyId, packet, expires } = await chooseEncryptionKey(certificate, now, query, exact);
      const userId = certificate.userIds[0] ?? "";
      const { fingerprint } = certificate.keys[0]!;
      const all = [...warnings, ...expiryWarning(`${fingerprint} (${displayText(userId)})`, expires, now)];
      usable.push({ fingerprint, keyId, userId, hidden, warnings: all, packet });
    } catch (error) {
      if (!isDoppelError(error, "openpgp.key-unusable")) throw error;
      firstProblem ??= error;
    }
  }
  if (usable.length === 0 && firstProblem) throw firstProblem;
  if (usable.length > 1) {
    const fingerprints = usable.map((recipient) => recipient.fingerprint);
    const all = fingerprints.join(", ");
    const message = inFile
      ? `the file "${query}" holds several keys: ${all}; export each to a file of its own: gpg --export FINGERPRINT > FILE`
      : `"${query}" names several keys: ${all}; name one by its fingerprint`;
    throw new DoppelError("openpgp.key-ambiguous", message, { query, fingerprints });
  }
  return usable[0];
}

/**
 * The key of that fingerprint among those that `query` names, as a binary file of a public key. Same errors as findRecipient, except for keys
 * that are of no use.
 */
export async function findPublicKey(query: string, fingerprint: string, sources: KeySources): Promise<Uint8Array> {
  const { certificates } = await findCertificates(query, sources);
  const found = certificates.find(({ keys }) => keys[0]!.fingerprint === fingerprint);
  if (found === undefined) throw notFound(query, sources.gnupgHome);
  return found.bytes;
}

interface Found {
  readonly certificates: readonly Certificate[];
  readonly warnings: readonly string[];
  /** `query` is the name of a key file. */
  readonly inFile: boolean;
}

/** All certificates that `query` names: those of a file, or the matching ones of gpg's keyring. Same errors as findRecipient. */
export async function findCertificates(query: string, sources: KeySources): Promise<Found> {
  const parsed = parseQuery(query);
  const file = parsed.kind === "part" ? sources.readFile(query) : undefined;
  if (file) return certificatesInFile(file, query);
  if (/[/\\]|\.(?:asc|gpg|pgp|key|pub)$/i.test(query) && parsed.kind === "part") {
    const message = `there is no key file "${query}"; export the key with gpg --export KEY > ${query}`;
    throw new DoppelError("openpgp.key-not-found", message, { query });
  }
  const found = new Map<string, Certificate>();
  const { certificates, damaged } = keyring(sources);
  for (const certificate of certificates) {
    if (matches(parsed, certificate)) found.set(certificate.keys[0]!.fingerprint, certificate);
  }
  if (found.size > 0) return { certificates: [...found.values()], warnings: [], inFile: false };
  if (damaged !== undefined) {
    const message = `cannot look up "${query}": the keyring ${damaged} is damaged; bring it back from a copy, or name a file that holds the key`;
    throw new DoppelError("openpgp.key-not-found", message, { query });
  }
  if (sources.readFile(`${sources.gnupgHome}/public-keys.d/pubring.db`)) {
    const message = `cannot look up "${query}": ${sources.gnupgHome} keeps its keys in keyboxd's database, which only gpg can read; run gpg --export "${query}" > key.gpg and name that file`;
    throw new DoppelError("openpgp.key-not-found", message, { query });
  }
  throw notFound(query, sources.gnupgHome);
}

/**
 * All that can be read of gpg's keyring, and the path of a file that could not be read whole: damage must not hide the keys
 * beside it, but a key that is not found may be there.
 */
function keyring({ gnupgHome, readFile }: KeySources): {
  readonly certificates: readonly Certificate[];
  readonly damaged?: string;
} {
  const certificates: Certificate[] = [];
  let damaged: string | undefined;
  const kbx = `${gnupgHome}/pubring.kbx`;
  const keybox = parseKeybox(readFile(kbx) ?? new Uint8Array(0));
  if (keybox.damaged) damaged = kbx;
  const legacy = `${gnupgHome}/pubring.gpg`;
  const blocks = [...keybox.keys.map((bytes) => ({ path: kbx, bytes })), { path: legacy, bytes: readFile(legacy) }];
  for (const { path, bytes } of blocks) {
    try {
      if (bytes) certificates.push(...parseCertificates(bytes));
    } catch {
      damaged ??= path;
    }
  }
  return { certificates, ...(damaged === undefined ? {} : { damaged }) };
}

async function certificatesInFile(file: Uint8Array, query: string): Promise<Found> {
  const notAKey = (cause?: unknown): DoppelError<"openpgp.key-unusable"> =>
    new DoppelError(
      "openpgp.key-unusable",
      `"${query}" is a file, but holds no public OpenPGP key; export one with gpg --export KEY`,
      { query, reason: "not-a-key" },
      cause,
    );
  let certificates: readonly Certificate[];
  let secret: boolean;
  try {
    const bytes = dearmored(file);
    secret = holdsSecretKey(bytes);
    certificates = parseCertificates(secret ? await publicPart(bytes) : bytes);
  } catch (error) {
    throw notAKey(error);
  }
  if (certificates.length === 0) throw notAKey();
  const warning = `"${query}" holds a SECRET key: encrypting needs the public one only; move the secret key off this machine and put gpg --export here`;
  // A key that is in it twice, as the public and as the secret one, is one key.
  const distinct = new Map(certificates.map((certificate) => [certificate.keys[0]!.fingerprint, certificate]));
  return { certificates: [...distinct.values()], warnings: secret ? [warning] : [], inFile: true };
}

async function publicPart(bytes: Uint8Array): Promise<Uint8Array> {
  const { readKeys } = await openpgp();
  const keys = await readKeys({ binaryKeys: bytes });
  return Buffer.concat(keys.map((key) => key.toPublic().write()));
}

/** The packets of a key file, armored (any number of blocks, one after another) or binary. @throws DoppelError openpgp.bad-message. */
export function dearmored(file: Uint8Array): Uint8Array {
  if (!looksArmored(file)) return file;
  const texts = Buffer.from(file).toString("latin1").split(KEY_BLOCK);
  const blocks = texts.filter((text, i) => i > 0 || texts.length === 1 || text.startsWith("-----BEGIN PGP "));
  return Buffer.concat(
    blocks.flatMap((text) => {
      const decoder = new ArmorDecoder();
      return [decoder.update(Buffer.from(text, "latin1")), decoder.finish()];
    }),
  );
}

/** Where each armored block of keys begins. */
const KEY_BLOCK = /^(?=-----BEGIN PGP (?:PUBLIC|PRIVATE) KEY BLOCK-----)/m;

const DAY = 86_400_000;

function expiryWarning(key: string, expires: Date | undefined, now: Date): string[] {
  if (!expires || expires.getTime() - now.getTime() > 30 * DAY) return [];
  return [
    `key ${key} expires on ${expires.toISOString().slice(0, 10)}; extend it with gpg --quick-set-expire, or backups will fail from then on`,
  ];
}

function notFound(query: string, gnupgHome: string): DoppelError<"openpgp.key-not-found"> {
  const message = `there is no public key "${query}" in ${gnupgHome}; import it with gpg --import, or name a file that holds it`;
  return new DoppelError("openpgp.key-not-found", message, { query });
}
