import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startGpg } from "./gpg-process.ts";

let folder: string;
let gpgBinary: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gpg-process-"));
  gpgBinary = join(folder, "gpg");
  writeFileSync(gpgBinary, `#!/bin/sh\nprintf '%s\\n' "$@" > ${folder}/args\n`);
  chmodSync(gpgBinary, 0o755);
});
afterAll(() => rmSync(folder, { recursive: true }));

it("the user's options stand behind ours, and before the operation", async () => {
  const gpg = startGpg(["--decrypt"], { gpgBinary, env: {}, passphrase: "x", args: ["--homedir", "/k k"] }, "test");
  gpg.end();
  expect((await gpg.result).exitCode).toBe(0);
  expect(readFileSync(join(folder, "args"), "utf8").split("\n").slice(-4)).toEqual(["--homedir", "/k k", "--decrypt", ""]);
});
