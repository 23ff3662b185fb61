import { isS3Url, isUrl, redactUrl } from "@doppel/storage";
import type { KeyPath } from "./document.ts";

/** Keys that people give to secrets. */
const SECRET_KEY =
  /^(?:(?:gpg[-_]?|sign[-_]?|smtp[-_]?)?(?:passphrase|password|passwd|pass|pw)|(?:aws[-_])?(?:secret[-_]access[-_]key|session[-_]token|access[-_]key[-_]id)|secret)$/i;

/**
 * The first thing in a profiles file that must not stand there: many can read such a file, and it travels with backups.
 * @returns where it is, and what to do instead
 */
export function findSecret(value: unknown, path: KeyPath = []): { readonly path: KeyPath; readonly remedy: string } | undefined {
  if (typeof value === "string") {
    const remedy = remedyFor(value);
    return remedy === undefined ? undefined : { path, remedy };
  }
  if (typeof value !== "object" || value === null) return undefined;
  for (const [key, member] of Object.entries(value)) {
    const here = [...path, Array.isArray(value) ? Number(key) : key];
    const inside = nameOfSecret(key, path) ?? findSecret(member, here);
    if (typeof inside === "string") return { path: here, remedy: inside };
    if (inside !== undefined) return inside;
  }
  return undefined;
}

function nameOfSecret(key: string, path: KeyPath): string | undefined {
  if (!SECRET_KEY.test(key) || (path.length === 1 && path[0] === "profiles")) return undefined; // a server may be called so
  if (/aws|access|session/i.test(key))
    return "keys of AWS do not belong here: put them into a file that only its owner may read, and name that with credentials: {file: FILE}";
  if (/smtp/i.test(key) || path.includes("mail"))
    return "a password does not belong here: put it into a file that only its owner may read, and name that with password-file";
  return "a passphrase does not belong here: doppel asks for it, doppel unlock @NAME keeps it in memory for a while, and options: {passphrase-file: FILE} reads it from a file";
}

function remedyFor(text: string): string | undefined {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY/.test(text))
    return "a secret key does not belong here: name its file with options: {secret-key: FILE}";
  if (/\bAWS_SECRET_ACCESS_KEY\s*=/.test(text)) return nameOfSecret("aws-secret-access-key", []);
  if (isUrl(text) && (isS3Url(text) ? redactUrl(text) !== text : /:\/\/[^/@:]*:[^@]*@/.test(text)))
    return "a URL here must hold no password and no key: credentials: {file: FILE} is for S3, password-file for mail";
  return undefined;
}
