import { ALL, READ, WITH_KEYS, WRITE } from "./command-groups.ts";
import { flag, optional, path, repeated, text, wholeNumber, withDefault } from "./option.ts";

/** Keys, passphrases and gpg (cli spec 10). */
export const ENCRYPTION_OPTIONS = {
  "encrypt-key": repeated(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "encrypt to this public key: a fingerprint, key id or user id in gpg's keyring, or a file with the key (may be repeated)",
    commands: ALL, // people copy them from one command line to the next
    shownFor: [...WRITE, "doctor"],
    to: "Envelope.recipients",
  }),
  "hidden-encrypt-key": repeated(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "the same, without naming the key in the stored files",
    commands: ALL,
    shownFor: [...WRITE, "doctor"],
    to: "Envelope.recipients",
  }),
  "sign-key": optional(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "sign everything with this key; when reading, refuse what it did not sign",
    commands: [...WRITE, ...READ, "doctor"],
    to: "Envelope.signer, ReadDeps.verifier",
  }),
  "encrypt-sign-key": repeated(text, {
    metavar: "KEY",
    group: "Encryption",
    help: "--encrypt-key and --sign-key in one",
    commands: WRITE,
    standsFor: ["encrypt-key", "sign-key"],
    to: "Envelope",
  }),
  "no-encryption": flag({
    group: "Encryption",
    help: "store without encryption",
    commands: [...WRITE, "doctor"],
    also: [
      {
        group: "Encryption",
        help: "the backup is not encrypted: never ask for a key",
        commands: ["replicate", ...READ],
      },
    ],
    to: "Envelope, ReadDeps.keys",
  }),
  "secret-key": optional(path, {
    expand: true,
    generation: "doppel",
    metavar: "FILE",
    group: "Encryption",
    help: "decrypt and sign with the secret key in FILE instead of asking gpg",
    commands: WITH_KEYS,
    also: [
      {
        group: "Encryption",
        help: "prove the first backup by restoring from it with this secret key, which must not stay on the server",
        commands: ["setup server"],
      },
      { group: "Encryption", help: "the file that the page names as the secret key; it is not read", commands: ["runbook"] },
    ],
    to: "ReadDeps.keys, Envelope.signer",
  }),
  "passphrase-fd": optional(wholeNumber(0), {
    generation: "doppel",
    metavar: "N",
    group: "Encryption",
    help: "read the passphrase from this file descriptor",
    commands: [...WITH_KEYS, "setup key", "setup server"],
    to: "Passphrases",
  }),
  "passphrase-file": optional(path, {
    expand: true,
    generation: "doppel",
    metavar: "FILE",
    group: "Encryption",
    help: "read the passphrase from the first line of FILE",
    commands: [...WITH_KEYS, "setup key", "setup server"],
    to: "Passphrases",
  }),
  "gpg-binary": withDefault(path, "gpg", {
    expand: true,
    metavar: "FILE",
    group: "Encryption",
    help: "the gpg program, for secret keys that it keeps",
    commands: [...WITH_KEYS, "doctor"],
    to: "GpgOptions",
  }),
  "use-agent": flag({
    group: "Encryption",
    help: "leave passphrases to gpg's agent, never ask",
    commands: WITH_KEYS,
    to: "GpgOptions",
  }),
  "gpg-options": repeated(text, {
    metavar: "OPTIONS",
    group: "Encryption",
    help: "options for gpg, where it is started, apart by blanks; --homedir and a compression level count for doppel too",
    commands: [...WITH_KEYS, "doctor"],
    to: "GpgOptions.args, BackupJob.compressLevel",
  }),
} as const;
