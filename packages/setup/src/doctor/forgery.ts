import type { Check } from "./context.ts";

/** What nobody can prevent where backups are made, or nobody has: what an attacker who may store at the target can pass off as a backup. */
export const forgery: Check = async ({ encryption }) => {
  const id = "forgery";
  if (encryption.kind === "keys" && encryption.isSigned) {
    const title = "backups are signed: who can store, and has not this machine, cannot make one that passes";
    const detail =
      "whoever takes over this machine can, because its signing key is here. Only readers who are given --sign-key refuse the others: put it into the profile of the machine that restores, too";
    return [{ id, level: "pass", title, detail }];
  }
  return [{ id, level: "skipped", title: "forged backups", detail: FORGED[encryption.kind] }];
};

const BY_RECEIPTS = "Restore from a time before a break-in; signed receipts show when another machine made it";

/** Completes "forged backups". */
const FORGED = {
  keys: `cannot be told from real ones: backups are not signed (--sign-key), so whoever has the public key and may store can make one that looks like this server's. ${BY_RECEIPTS}`,
  passphrase:
    "can be made by whoever has the passphrase and may store, and by nobody else; but who may store can put an older backup of this server under a newer name: nothing in it tells when it was made. Signed receipts do",
  none: `cannot be told from real ones: backups are not encrypted, so whoever may store can make, read and, where it can overwrite, change one. Keys and --sign-key prevent it. ${BY_RECEIPTS}`,
  unknown: `cannot be told from real ones unless backups are signed (--sign-key): whoever may store, and has the public key, can make one that looks like this server's. ${BY_RECEIPTS}`,
} as const;
