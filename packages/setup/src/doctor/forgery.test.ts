import { expect, it } from "vitest";
import type { DoctorContext, Encryption } from "./context.ts";
import { forgery } from "./forgery.ts";

const of = async (encryption: Encryption): Promise<string> => {
  const [finding] = await forgery({ encryption } as DoctorContext);
  return `${finding?.level}: ${finding?.title}: ${finding?.detail}`;
};
const keys = { kind: "keys", keys: [], pinned: [] } as const;

it("says plainly what an attacker who may store could forge", async () => {
  expect(await of({ ...keys, isSigned: false })).toMatch(
    /^skipped: .*not signed .*whoever has the public key and may store can make one/,
  );
  expect(await of({ kind: "none" })).toMatch(/^skipped: .*not encrypted, so whoever may store can make, read and/);
  expect(await of({ kind: "passphrase" })).toMatch(
    /^skipped: .*whoever has the passphrase .*an older backup of this server under a newer name/,
  );
  expect(await of({ kind: "unknown" })).toMatch(/^skipped: .*unless backups are signed/);
  expect(await of({ ...keys, isSigned: true })).toMatch(
    /^pass: .*whoever takes over this machine can.*Only readers who are given --sign-key refuse/,
  );
});
