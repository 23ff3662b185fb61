import { describe, expect, it } from "vitest";
import { gpgFailure, lastWords } from "./gpg-failure.ts";

describe("gpgFailure", () => {
  // Status lines as gpg 2.2.40 prints them.
  it.each([
    ["wrong-passphrase", ["ENC_TO 1507FE13BFB947B7 1 0", "ERROR pkdecrypt_failed 67108875", "DECRYPTION_FAILED"]],
    ["wrong-passphrase", ["BEGIN_SIGNING H8", "FAILURE sign 67108875"]],
    ["wrong-passphrase", ["NO_SECKEY 27870064DCF4A1C7", "ERROR pkdecrypt_failed 67108875"]],
    ["no-prompt", ["PINENTRY_LAUNCHED 27138 curses 1.2.1 - xterm - - 0/0 -", "ERROR pkdecrypt_failed 83918950"]],
    ["no-prompt", ["PINENTRY_LAUNCHED 27228 curses 1.2.1", "NO_SECKEY 0000000000000000"]],
    ["cancelled", ["PINENTRY_LAUNCHED 1 gnome3 1.2.1", "ERROR pkdecrypt_failed 83886179"]],
    ["no-secret-key", ["NO_SECKEY 1507FE13BFB947B7", "BEGIN_DECRYPTION", "DECRYPTION_FAILED"]],
    ["no-secret-key", ["INV_SGNR 9 nobody@fixture.example", "FAILURE sign 17"]],
    ["no-agent", ["ERROR pkdecrypt_failed 67108941"]],
    ["unknown", ["NODATA 3", "FAILURE decrypt 4294967295"]],
  ])("%s", (failure, status) => {
    expect(gpgFailure(status)).toBe(failure);
  });
});

it("lastWords holds nothing that drives a terminal", () => {
  expect(lastWords("gpg: \u001b[2J\u009b1m\r\n")).toBe("\\x1b[2J\\x9b1m");
});

it("lastWords is one line, and never holds a session key", () => {
  const stderr = "gpg: a\n\ngpg: Sitzungsschl\u00fcssel: '9:00112233445566778899AABBCCDDEEFF'\ngpg: b\n      c\n";
  expect(lastWords(stderr)).toBe("a; b; c");
});
