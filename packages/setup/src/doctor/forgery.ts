import type { Check } from "./context.ts";

/** What nobody can prevent where backups are made, or nobody has. */
export const forgery: Check = async ({ encryption }) => {
  if (encryption.kind !== "keys") return [];
  const id = "forgery";
  if (encryption.isSigned) {
    const title = "backups are signed: who can store, and has not this machine, cannot make one that passes";
    const detail = "whoever takes over this machine can, because its signing key is here";
    return [{ id, level: "pass", title, detail }];
  }
  const detail =
    "cannot be told from real ones: backups are not signed (--sign-key), so whoever has the public key and may store can make one that looks like this server's. Restore from a time before a break-in; signed receipts show when another machine made it";
  return [{ id, level: "skipped", title: "forged backups", detail }];
};
