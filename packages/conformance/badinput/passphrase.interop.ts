import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, gpgHome, testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { type Box, expectDone, expectRefusal, filesBelow, makeBox } from "./box.ts";

const SECRET = "correct horse battery staple";
const WRONG = "Tr0ub4dor&3-wrong";

async function symmetric(): Promise<Box> {
  const box = makeBox();
  expectDone(await box.full([], { env: { PASSPHRASE: SECRET } }));
  return box;
}

async function toKey(): Promise<Box> {
  const box = makeBox();
  expectDone(await box.full(["--encrypt-key", testKey("rsa").publicFile]));
  return box;
}

describe("no passphrase, and nobody to ask", () => {
  it.each<[string, Record<string, string>, number, RegExp]>([
    ["none", {}, 2, /nothing to encrypt with: .*--encrypt-key.*PASSPHRASE.*--no-encryption/],
    ["an empty one", { PASSPHRASE: "" }, 31, /passphrase is empty.*; give another, or say --no-encryption/],
  ])("backup with %s", async (_, env, code, message) => {
    const box = makeBox();
    expectRefusal(await box.full([], { env }), code, message);
    expect(box.left()).toEqual([]);
    expect(existsSync(box.target)).toBe(false);
  });

  it("an empty passphrase file", async () => {
    const box = makeBox();
    writeFileSync(join(box.path, "empty"), "");
    expectRefusal(await box.full(["--passphrase-file", "empty"]), 31, /passphrase is empty/);
    expect(box.left()).toEqual([]);
  });

  it("restore", async () => {
    const box = await symmetric();
    expectRefusal(await box.restore(), 31, /index\.gpg: .*passphrase/);
    expect(existsSync(box.restored)).toBe(false);
  });

  it("restore --no-encryption of what is encrypted", async () => {
    const box = await symmetric();
    expectRefusal(
      await box.restore(["--no-encryption"]),
      31,
      /manifest\.gpg: it is encrypted; run again without --no-encryption/,
    );
    expect(existsSync(box.restored)).toBe(false);
  });

  it("restore of what is encrypted to a key that is not here", async () => {
    const box = await toKey();
    expectRefusal(await box.restore(), 31, /manifest\.gpg: .*(1507FE13BFB947B7|secret key)/);
    expect(existsSync(box.restored)).toBe(false);
  });
});

describe("a wrong passphrase: exit 31, nothing is written, and it is nowhere to be seen", () => {
  it("of a symmetric backup", async () => {
    const box = await symmetric();
    const outcome = await box.restore([], { env: { PASSPHRASE: WRONG } });
    expectRefusal(outcome, 31, /manifest\.gpg: .*wrong|passphrase.*not/);
    expect(outcome.stderr).not.toContain(WRONG);
    expect(existsSync(box.restored)).toBe(false);
    expect(box.left().filter((path) => !path.startsWith("target/") && !path.startsWith("archive/"))).toEqual([]);
  });

  it("of a key file", async () => {
    const box = await toKey();
    const outcome = await box.restore(["--secret-key", testKey("rsa").secretFile], { env: { PASSPHRASE: WRONG } });
    expectRefusal(
      outcome,
      31,
      /index\.gpg: the passphrase does not unlock key [0-9A-F]{16}; check PASSPHRASE, or what was typed\n$/,
    );
    expect(outcome.stderr).not.toContain(WRONG);
    expect(existsSync(box.restored)).toBe(false);
    expectRefusal(
      await box.restore(["--secret-key", testKey("rsa").secretFile]),
      31,
      /index\.gpg: key 1507FE13BFB947B7 is locked; set PASSPHRASE, or run it in a terminal and enter it there\n$/,
    );
  });

  it("the wrong key file, a public one, and none", async () => {
    const box = await toKey();
    const env = { PASSPHRASE: testKey("second").passphrase };
    expectRefusal(
      await box.restore(["--secret-key", testKey("second").secretFile], { env }),
      31,
      /manifest\.gpg: .*1507FE13BFB947B7, but the key file holds no key for it; name the file of the right one with --secret-key\n$/,
    );
    expectRefusal(
      await box.restore(["--secret-key", testKey("rsa").publicFile], { env }),
      31,
      /the --secret-key file \S+ holds no secret OpenPGP key; export one with gpg --export-secret-keys/,
    );
    expectRefusal(
      await box.restore(["--secret-key", "absent.key"], { env }),
      31,
      /absent\.key cannot be read \(ENOENT\); name .* with --secret-key/,
    );
    writeFileSync(join(box.path, "text"), "hello\n");
    expectRefusal(
      await box.restore(["--secret-key", "text"], { env }),
      31,
      /the --secret-key file text holds no secret OpenPGP key/,
    );
    expect(existsSync(box.restored)).toBe(false);
  });

  describeInterop(["gpg"], "of a key in gpg's keyring", () => {
    it("wrong, none, then right", async () => {
      const box = await toKey();
      await using home = await gpgHome(["rsa"]);
      const GNUPGHOME = home.path;
      const wrong = await box.restore([], { env: { GNUPGHOME, PASSPHRASE: WRONG } });
      expectRefusal(wrong, 31, /index\.gpg: .*passphrase/);
      expect(wrong.stderr).not.toContain(WRONG);
      expectRefusal(await box.restore([], { env: { GNUPGHOME } }), 31, /index\.gpg: .*(passphrase|gpg)/);
      expect(existsSync(box.restored)).toBe(false);
      expectDone(await box.restore([], { env: { GNUPGHOME, PASSPHRASE: testKey("rsa").passphrase } }));
      expect(readdirSync(box.restored)).toEqual(["one", "three", "two"]);
    });

    it("a gpg program that is not there, or fails", async () => {
      const box = await toKey();
      expectRefusal(await box.restore(["--gpg-binary", "/nonexistent/gpg"]), 31, /\/nonexistent\/gpg/);
      expectRefusal(await box.restore(["--gpg-binary", "/bin/false"]), 31, /\/bin\/false|gpg/);
      expect(existsSync(box.restored)).toBe(false);
    });
  });
});

describe("where the passphrase is never found", () => {
  it.each<[string, (box: Box) => Promise<unknown>]>([
    ["environment", (box) => box.full(["-v9", "--log-format", "json"], { env: { PASSPHRASE: SECRET } })],
    ["file", (box) => (writeFileSync(join(box.path, "home/pass"), SECRET), box.full(["-v9", "--passphrase-file", "home/pass"]))],
    ["descriptor", (box) => box.full(["-v9", "--passphrase-fd", "0"], { input: `${SECRET}\n` })],
  ])("in what is said and left behind (%s)", async (_, back) => {
    const box = makeBox();
    const { code, stdout, stderr } = (await back(box)) as { code: number; stdout: string; stderr: string };
    expect(code, stderr).toBe(0);
    expect(stdout + stderr).not.toContain("horse");
    for (const place of [box.target, box.archive, box.temp]) {
      for (const path of filesBelow(place)) expect(readFileSync(path, "latin1")).not.toContain("horse");
    }
    expectDone(await box.restore([], { env: { PASSPHRASE: SECRET } }));
  });

  describeInterop(["gpg"], "with gpg", () => {
    it("in the arguments and the environment of a child", async () => {
      const box = await toKey();
      const spy = join(box.path, "gpg-spy");
      const seen = join(box.path, "seen");
      writeFileSync(
        spy,
        `#!/bin/sh\n{ echo "$0" "$@"; env; cat /proc/$PPID/cmdline | tr '\\0' ' '; } >> ${seen}\nexec gpg "$@"\n`,
        { mode: 0o755 },
      );
      await using home = await gpgHome(["rsa"]);
      const { passphrase } = testKey("rsa");
      const env = { GNUPGHOME: home.path, PASSPHRASE: passphrase, SIGN_PASSPHRASE: passphrase };
      expectDone(await box.restore(["-v9", "--gpg-binary", spy], { env }));
      const saw = readFileSync(seen, "utf8");
      expect(saw).toContain(`GNUPGHOME=${home.path}`);
      expect(saw).not.toContain(passphrase);
      expect(saw).not.toContain("PASSPHRASE=");
    });
  });
});

describe("an increment with another passphrase than its chain", () => {
  it("is refused, with the archive directory and without it; nothing is stored", async () => {
    const box = await symmetric();
    const before = filesBelow(box.target);
    for (const archive of [box.archive, join(box.path, "cold")])
      expectRefusal(
        await box.doppel(["incremental", "--archive-dir", archive, box.source, box.target], { env: { PASSPHRASE: WRONG } }),
        31,
        /manifest\.gpg: .*passphrase does not open/,
      );
    expect(filesBelow(box.target)).toEqual(before);
    const right = ["incremental", "--archive-dir", box.archive, box.source, box.target];
    expectDone(await box.doppel(right, { env: { PASSPHRASE: SECRET } }));
  });

  it("is nobody's business when the chain is encrypted to a key", async () => {
    const box = await toKey();
    const toPassphrase = ["incremental", "--archive-dir", box.archive, box.source, box.target];
    expectDone(await box.doppel(toPassphrase, { env: { PASSPHRASE: WRONG } }));
  });
});
