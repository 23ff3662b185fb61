import { DoppelError, type ErrorCode } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { newSessionKey } from "../packets/session-key.ts";
import type { KeyPackets } from "../read/envelope.ts";
import { failureOf, random } from "../test-messages.ts";
import { firstOf } from "./first-of.ts";
import type { SecretKeys } from "./secret-keys.ts";

const packets: KeyPackets = {
  bytes: new Uint8Array(0),
  firstEncryptedBytes: new Uint8Array(0),
  recipients: ["1507FE13BFB947B7"],
  symmetric: false,
};

function failing(code: ErrorCode, message: string, named = false): SecretKeys {
  return {
    ...(named ? { named: true } : {}),
    sessionKey: async () => {
      throw new DoppelError(code as "openpgp.no-secret-key", message, { keyIds: [] });
    },
    close: async () => undefined,
  };
}

const messageOf = async (...keys: SecretKeys[]): Promise<unknown> =>
  ((await failureOf(firstOf(...keys).sessionKey(packets))) as Error).message;

describe("firstOf", () => {
  it("gives the first session key, whatever failed before", async () => {
    const session = newSessionKey(random);
    const good: SecretKeys = { sessionKey: async () => session, close: async () => undefined };
    expect(await firstOf(failing("openpgp.no-secret-key", "no", true), good).sessionKey(packets)).toBe(session);
  });

  it("stops at a named key file that is none, though another could open the message", async () => {
    const good: SecretKeys = { sessionKey: async () => newSessionKey(random), close: async () => undefined };
    expect(await messageOf(failing("openpgp.key-unusable", "no key", true), good)).toBe("no key");
  });

  it("tells the one failure, or all in one line under the most telling code", async () => {
    const gpg = failing("openpgp.no-secret-key", "not in gpg");
    expect(await messageOf(gpg)).toBe("not in gpg");
    const both = await failureOf(firstOf(gpg, failing("openpgp.wrong-passphrase", "wrong")).sessionKey(packets));
    expect(both).toMatchObject({ code: "openpgp.wrong-passphrase", message: "not in gpg; then: wrong" });
  });

  it("tells what became of the one that the user named, and nothing else", async () => {
    const file = failing("openpgp.no-secret-key", "not in the file", true);
    const others = [failing("openpgp.no-secret-key", "not in gpg"), failing("openpgp.wrong-passphrase", "wrong")] as const;
    expect(await messageOf(others[0], file, others[1])).toBe("not in the file");
    const failure = await failureOf(firstOf(file, ...others).sessionKey(packets));
    expect(failure).toMatchObject({ code: "openpgp.no-secret-key" });
  });

  it("names the option when there is nothing to try", async () => {
    expect(await messageOf()).toMatch(/encrypted to key 1507FE13BFB947B7; name the file .* --secret-key$/);
  });
});
