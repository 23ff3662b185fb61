import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, FIXTURES, gpgHome, run, testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { expectDone, expectRefusal, makeBox } from "./box.ts";

/** What can be wrong with the file that --encrypt-key names: its bytes, and the essentials of the one line. */
const FILES: [string, () => string | Uint8Array, RegExp][] = [
  [
    "expired",
    bad("expired"),
    /cannot encrypt to "backup.pub", key [0-9A-F]{40} \(Expired key.*\): it expired on 2024-01-31.*extend/,
  ],
  ["expired subkey", bad("expired-subkey"), /cannot encrypt to .*subkey [0-9A-F]{16} expired on 2024-01-31.*extend/],
  ["revoked", bad("revoked"), /cannot encrypt to .*it was revoked.*another key/],
  ["version 6", bad("v6"), /cannot encrypt to .*version 6 key.*gpg 2\.2/],
  [
    "for signing only",
    () => readFileSync(testKey("sign").publicFile),
    /cannot encrypt to .*no encryption key.*gpg --quick-add-key/,
  ],
  ["text", () => "just some text\n", /"backup\.pub" is a file, but holds no public OpenPGP key.*gpg --export/],
  ["empty", () => "", /"backup\.pub" is a file, but holds no public OpenPGP key.*gpg --export/],
  [
    "random bytes",
    () => Buffer.from("c0ffee9901ff00".repeat(99), "hex"),
    /"backup\.pub" is a file, but holds no public OpenPGP key/,
  ],
  [
    "cut off",
    () => readFileSync(testKey("rsa").publicFile).subarray(0, 900),
    /"backup\.pub".*(no public OpenPGP key|cannot be parsed|damaged)/,
  ],
];

function bad(name: string): () => Buffer {
  return () => readFileSync(join(FIXTURES, "bad-keys", `${name}.asc`));
}

describe("a key file that cannot be used: exit 31, and nothing is written", () => {
  it.each(FILES)("%s", async (_, content, message) => {
    const box = makeBox();
    writeFileSync(join(box.path, "backup.pub"), content());
    expectRefusal(await box.full(["--encrypt-key", "backup.pub"]), 31, message);
    expect(box.left()).toEqual([]);
    expect(existsSync(box.target)).toBe(false);
  });

  it("a good key beside a bad one is no consolation", async () => {
    const box = makeBox();
    const options = ["--encrypt-key", testKey("rsa").publicFile, "--encrypt-key", join(FIXTURES, "bad-keys/expired.asc")];
    expectRefusal(await box.full(options), 31, /expired on 2024-01-31/);
    expect(box.left()).toEqual([]);
  });

  it("a file that is not there", async () => {
    const box = makeBox();
    expectRefusal(await box.full(["--encrypt-key", "./absent.asc"]), 31, /there is no key file "\.\/absent\.asc".*gpg --export/);
    expect(box.left()).toEqual([]);
  });

  it("a secret key works, but is warned of", async () => {
    const box = makeBox();
    const outcome = expectDone(await box.full(["--encrypt-key", testKey("rsa").secretFile]));
    expect(outcome.stderr).toMatch(/^notice: .*rsa\.secret\.asc" holds a SECRET key.*gpg --export here\n$/);
  });

  it("--no-encryption beside a key is a contradiction", async () => {
    const box = makeBox();
    const options = ["--no-encryption", "--encrypt-key", testKey("rsa").publicFile];
    expectRefusal(await box.full(options), 2, /--no-encryption cannot stand beside a key/);
    expect(box.left()).toEqual([]);
  });
});

describeInterop(["gpg"], "a key in gpg's keyring that cannot be used: exit 31", () => {
  it("unknown, ambiguous, expired, revoked, for signing only", async () => {
    await using home = await gpgHome(["rsa", "second", "sign"], { secret: false });
    for (const name of ["expired", "revoked"])
      await run("gpg", ["--batch", "--import", join(FIXTURES, `bad-keys/${name}.asc`)], { env: home.env });
    const table: [string, RegExp][] = [
      ["DEADBEEFDEADBEEF", /no public key "DEADBEEFDEADBEEF" in .*gpg --import/],
      ["nobody@nowhere.example", /no public key "nobody@nowhere\.example" in .*gpg --import/],
      ["fixture.example", new RegExp(`"fixture.example" names several keys: .*${testKey("rsa").fingerprint}.*fingerprint`)],
      ["expired@bad.example", /cannot encrypt to .*expired on 2024-01-31/],
      ["revoked@bad.example", /cannot encrypt to .*revoked/],
      [testKey("sign").fingerprint, /cannot encrypt to .*no encryption key/],
    ];
    for (const [query, message] of table) {
      const box = makeBox();
      expectRefusal(await box.full(["--encrypt-key", query], { env: { GNUPGHOME: home.path } }), 31, message);
      expect(box.left()).toEqual([]);
    }
  });

  it("a keyring that is damaged", async () => {
    const box = makeBox();
    await using home = await gpgHome(["rsa"], { secret: false });
    writeFileSync(join(home.path, "pubring.kbx"), "this is no keybox\n".repeat(100));
    expectRefusal(
      await box.full(["--encrypt-key", "AAAAAAAAAAAAAAAA"], { env: { GNUPGHOME: home.path } }),
      31,
      /keyring .*\/pubring\.kbx is damaged.*or name a file/,
    );
    expect(box.left()).toEqual([]);
  });
});
