import { DoppelError, type ErrorCode } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { failure, stockOperation } from "./failures.ts";

const told = (error: unknown, exit = 1, attempts = 0, counting: "duplicity-3" | "duplicity-0.8" = "duplicity-3") => {
  const { level, code, extra, text } = failure(error, exit, { counting, attempts });
  expect(level).toBe("ERROR");
  return [`${code}${extra === undefined ? "" : ` ${extra}`}`, text];
};
const error = (code: ErrorCode, message: string, data: object) => new DoppelError(code, message, data as never);

describe("failures", () => {
  it.each([
    [
      error("volume.hash-mismatch", "m", { name: "v", expected: "e", actual: "a" }),
      "1",
      "Invalid data - SHA1 hash mismatch for file:\n v\n Calculated hash: a\n Manifest hash: e\n",
    ],
    [error("restore.path-not-found", "m", { path: "a/b" }), "1", "a/b not found in archive - no files restored."],
    [error("run.sabotaged", "m", { volume: 2 }), "1 AssertionError", "AssertionError: Forced assertion for testing at volume 2"],
    [
      error("archive-dir.locked", "m", { path: "a" }),
      "1",
      "Another duplicity instance is already running with this archive directory\nm",
    ],
    [error("rules.last-is-include", "m", { pattern: "a/*" }), "1", "Last selection expression:\n    a/*\nm"],
    [error("source.mismatch", "m", { what: "folder", before: "old", now: "it's" }), "1 'it\\x27s' 'old'", "m"],
    [error("cli.usage", "m", {}), "1 CommandLineError", "CommandLineError: m\nSee duplicity --help."],
    [error("format.bad-time", "m", { text: "x" }), "1 CommandLineError", "CommandLineError: m\nSee duplicity --help."],
    [
      error("openpgp.wrong-passphrase", "m", { what: "x" }),
      "1 GPGError",
      "GPGError: GPG Failed, see log below:\n===== Begin GnuPG log =====\nm\n===== End GnuPG log =====\n",
    ],
    [error("storage.unknown-scheme", "m", { scheme: "x" }), "1 UnsupportedBackendScheme", "UnsupportedBackendScheme: m"],
    [error("storage.bad-url", "m", { url: "x", reason: "r" }), "1 InvalidBackendURL", "InvalidBackendURL: m"],
    [error("storage.not-found", "m", { name: "n" }), "1 get 'n'", "BackendException: m"],
    [error("storage.unavailable", "m", { operation: "store n" }), "1 put 'n'", "BackendException: m"],
    [error("source.missing", "m\u001b", { path: "x" }), "1", "m\\x1b"],
  ])("%s", (thrown, head, text) => {
    expect(told(thrown)).toEqual([head, text]);
  });

  it("count the attempts", () => {
    expect(told(error("storage.unavailable", "m", { operation: "delete" }), 50, 5)).toEqual([
      "50 delete",
      "Giving up after 5 attempts. BackendException: m",
    ]);
  });

  it("of the command line are called otherwise in 0.8", () => {
    expect(told(error("cli.usage", "m", {}), 2, 0, "duplicity-0.8")).toEqual([
      "2",
      "Command line error: m\nSee duplicity --help.",
    ]);
  });

  it("that are bugs have their name, and where they happened", () => {
    const [head, text] = told(new RangeError("boom"), 30);
    expect(head).toBe("30 RangeError");
    expect(text).toMatch(/^This is a bug in doppel.*\nRangeError: boom\n.*failures\.test/s);
  });
});

it.each([
  ["store a b", ["put", "a b"]],
  ["read a", ["get", "a"]],
  ["look up a", ["query", "a"]],
  ["delete", ["delete"]],
  ["list what is unfinished", ["list"]],
  ["thaw", ["thaw"]],
])("%s is %j", (operation, expected) => {
  expect(stockOperation(operation)).toEqual(expected);
});
