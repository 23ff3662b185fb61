import { readdirSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { BasisFile } from "./basis.ts";

const random = { bytes: (n: number) => randomBytes(n) };

describe("BasisFile", () => {
  it.each([0, 1, 100_000, (4 << 20) - 1, 4 << 20, (4 << 20) + 1, 9_000_000])("gives back any part of %d bytes", (size) => {
    const folder = tempDir();
    using basis = new BasisFile(folder, random);
    const bytes = randomBytes(size);
    for (let at = 0; at < size; at += 300_000) basis.append(bytes.subarray(at, at + 300_000));
    expect(basis.size).toBe(size);
    for (let i = 0; i < 50; i++) {
      const offset = Math.floor((size * i) / 50);
      const length = Math.min(size - offset, 70_000);
      expect(Buffer.compare(basis.read(offset, length), bytes.subarray(offset, offset + length))).toBe(0);
    }
    expect(readdirSync(folder)).toEqual([]); // what is on disk has no name
  });

  it("says which folder cannot be used", () => {
    using basis = new BasisFile("/nonexistent/folder", random);
    expect(() => basis.append(randomBytes(5 << 20))).toThrow(/temporary directory \/nonexistent\/folder.*--tempdir/);
  });
});
