import { describe, expect, it } from "vitest";
import { readGpgOptions } from "./gpg-options.ts";

describe("readGpgOptions", () => {
  it.each<[readonly string[], ReturnType<typeof readGpgOptions>]>([
    [[], { args: [] }],
    [["--homedir /k  --trust-model always"], { args: ["--homedir", "/k", "--trust-model", "always"], homedir: "/k" }],
    [["'--homedir=/k'"], { args: ["--homedir=/k"], homedir: "/k" }],
    [["--pinentry-mode loopback"], { args: [] }],
    [["--pinentry-mode=loopback", "-q"], { args: ["-q"] }],
    [["--pinentry-mode ask"], { args: ["--pinentry-mode", "ask"] }],
    [["-z 9"], { args: ["-z", "9"], compressLevel: 9 }],
    [["-z1"], { args: ["-z1"], compressLevel: 1 }],
    [
      ["--compress-algo=bzip2 --bzip2-compress-level=9"],
      { args: ["--compress-algo=bzip2", "--bzip2-compress-level=9"], compressLevel: 9 },
    ],
    [["--compress-algo none"], { args: ["--compress-algo", "none"], compressLevel: 0 }],
    [["--compress-level"], { args: ["--compress-level"] }],
    [['"'], { args: ['"'] }],
  ])("%j", (values, wanted) => expect(readGpgOptions(values)).toEqual(wanted));
});
