import { chmodSync, mkdirSync } from "node:fs";
import { type BytePath, joinPath } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { asNobody, makeScratch, makeTree } from "../test-support.ts";
import { checkRestoreTarget } from "./target.ts";

let scratch: ReturnType<typeof makeScratch>;
beforeEach(() => {
  scratch = makeScratch();
});
afterEach(() => scratch.remove());

describe("checkRestoreTarget", () => {
  const code = (name: string, force = false) => {
    try {
      checkRestoreTarget(joinPath(scratch.path, name as BytePath), force);
    } catch (error) {
      return (error as { code?: string }).code;
    }
    return undefined;
  };

  it("takes what is missing or an empty directory", () => {
    makeTree(scratch.path, "empty/", "link -> empty");
    expect(["missing", "missing/deeper", "empty", "link"].map((name) => code(name))).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("refuses what is there, without force", () => {
    makeTree(scratch.path, "file", "full/x", "link -> full", "dangling -> nowhere");
    for (const name of ["file", "full", "link", "dangling"]) {
      expect(code(name)).toBe("restore.target-exists");
      expect(code(name, true)).toBeUndefined();
    }
  });

  it("says so when it cannot tell", () => {
    mkdirSync(`${scratch.path}/closed`, { mode: 0 });
    chmodSync(scratch.path, 0o755);
    expect(asNobody(() => code("closed"))).toBe("restore.write-failed");
  });
});
