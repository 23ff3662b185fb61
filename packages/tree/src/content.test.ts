import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  lstatSync,
  mkdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { type BytePath, joinPath, pathToBytes } from "@doppel/base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openContent } from "./content.ts";
import { OwnerNames } from "./owners.ts";
import { compileRules } from "./rules/compile.ts";
import { asNobody, makeScratch } from "./test-support.ts";
import type { SourceEntry } from "./source.ts";
import { walkTree } from "./walk.ts";

let scratch: ReturnType<typeof makeScratch>;
let file: BytePath;

beforeEach(() => {
  scratch = makeScratch();
  file = joinPath(scratch.path, "f\xff" as BytePath);
  writeFileSync(pathToBytes(file), "0123456789");
});
afterEach(() => scratch.remove());

function entry(path = file, copyLinks = false): SourceEntry {
  const rules = compileRules([], { source: path, readFile: () => new Uint8Array(0) });
  return [...walkTree(path, { rules, owners: OwnerNames.system(), copyLinks, onProblem: () => {} })][0]!;
}

const problemOf = (run: () => unknown) => {
  try {
    return run();
  } catch (error) {
    return (error as { problem?: { reason: string } }).problem?.reason;
  }
};

describe("openContent", () => {
  it("reads a file to its end", () => {
    const content = openContent(entry());
    const buffer = Buffer.alloc(7);
    expect(content.size).toBe(10);
    expect(content.read(buffer)).toBe(7);
    expect(buffer.toString()).toBe("0123456");
    expect(content.read(buffer)).toBe(3);
    expect(buffer.subarray(0, 3).toString()).toBe("789");
    expect(content.read(buffer)).toBe(0);
    expect(content.state(10)).toBe("same");
    content.close();
  });

  it("leaves the access time alone", () => {
    utimesSync(pathToBytes(file), 1000, 2_000_000_000);
    const content = openContent(entry());
    content.read(Buffer.alloc(10));
    content.close();
    expect(lstatSync(pathToBytes(file)).atimeMs).toBe(1_000_000);
  });

  it("tells how the file fared while it was read", () => {
    const read = (meanwhile: () => void) => {
      writeFileSync(pathToBytes(file), "0123456789");
      const content = openContent(entry());
      const buffer = Buffer.alloc(4);
      let bytes = content.read(buffer);
      meanwhile();
      for (let n = content.read(buffer); n > 0 && bytes < content.size; n = content.read(buffer)) bytes += n;
      const state = content.state(bytes);
      content.close();
      return state;
    };
    expect(read(() => {})).toBe("same");
    expect(read(() => truncateSync(pathToBytes(file), 6))).toBe("shrank");
    expect(read(() => appendFileSync(pathToBytes(file), "x"))).toBe("grew");
    expect(read(() => utimesSync(pathToBytes(file), 5, 5))).toBe("changed");
    expect(read(() => chmodSync(pathToBytes(file), 0o600))).toBe("changed");
    expect(read(() => rmSync(pathToBytes(file)))).toBe("changed"); // as its link count did
  });

  it("opens nothing that was put in the place of the file", () => {
    const swap = (make: (path: Buffer) => void) => {
      rmSync(pathToBytes(file), { recursive: true, force: true });
      writeFileSync(pathToBytes(file), "0123456789");
      const before = entry();
      renameSync(pathToBytes(file), pathToBytes(joinPath(scratch.path, "old" as BytePath)));
      make(pathToBytes(file));
      return problemOf(() => openContent(before));
    };
    expect(swap(() => {})).toBe("vanished");
    expect(swap((path) => symlinkSync("old", path))).toBe("changed");
    expect(swap((path) => writeFileSync(path, "0123456789"))).toBe("changed");
    expect(swap((path) => mkdirSync(path))).toBe("changed");
    const fifo = `${scratch.path}/fifo`;
    expect(
      swap((path) => {
        execFileSync("mkfifo", [fifo]);
        renameSync(fifo, path);
      }),
    ).toBe("changed"); // and without waiting for a writer
  });

  it("follows a link only where the walk did", () => {
    const link = joinPath(scratch.path, "link" as BytePath);
    symlinkSync(pathToBytes("f\xff" as BytePath), pathToBytes(link));
    const content = openContent(entry(link, true));
    expect(content.size).toBe(10);
    content.close();
    expect(problemOf(() => openContent({ ...entry(), absolute: link }))).toBe("changed");
  });

  it("tells of a file that may not be read, and reads those of others", () => {
    chmodSync(scratch.path, 0o755);
    chmodSync(pathToBytes(file), 0o600);
    expect(problemOf(() => asNobody(() => openContent(entry())))).toBe("unreadable");
    chmodSync(pathToBytes(file), 0o644);
    const content = asNobody(() => openContent(entry())); // O_NOATIME is refused here
    expect(content.read(Buffer.alloc(20))).toBe(10);
    content.close();
  });
});
