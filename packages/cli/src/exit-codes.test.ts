import { DoppelError, type ErrorCode } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { BUG, EXIT_CODES, EXIT_CODES_HELP, INCOMPLETE, SIGNALS } from "./exit-codes.ts";
import { exitCodeOf } from "./main.ts";

const documented = new Set([...EXIT_CODES_HELP.matchAll(/(?:^| )\s*(\d+) (?=\s)/gm)].map(([, code]) => Number(code)));

describe("exit codes", () => {
  it.each(Object.entries(EXIT_CODES))("%s: %i is in --help", (_code, exit) => expect(documented).toContain(exit));
  it("and so are the others", () => {
    expect([...documented]).toEqual(expect.arrayContaining([0, INCOMPLETE, BUG, ...Object.values(SIGNALS)]));
  });

  it.each<[ErrorCode, number, number]>([
    ["cli.usage", 2, 23],
    ["restore.target-exists", 11, 11],
    ["volume.hash-mismatch", 21, 21],
    ["openpgp.bad-signature", 22, 22],
    ["storage.unknown-scheme", 23, 23],
    ["openpgp.no-secret-key", 31, 31],
    ["storage.denied", 51, 51],
  ])("%s is %i, and %i from duplicity", (code, doppel, duplicity) => {
    const error = new DoppelError(code, "", {} as never);
    expect([exitCodeOf(error, { exits: {} }), exitCodeOf(error, { exits: { "cli.usage": 23 } })]).toEqual([doppel, duplicity]);
  });

  it("take everything unknown for a bug", () => {
    expect([exitCodeOf(new TypeError("x"), { exits: {} }), exitCodeOf("x", { exits: {} })]).toEqual([BUG, BUG]);
  });
});
