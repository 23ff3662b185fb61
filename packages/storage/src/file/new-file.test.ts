import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { type FileHandle, open, readFile, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { BLOCK_BYTES, Blocks } from "./blocks.ts";
import { NewFile, type OpenDirect } from "./new-file.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "doppel-new-file-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const failure = (code: string): Error => Object.assign(new Error(code), { code, syscall: "write" });
const noDirect: OpenDirect = () => Promise.reject(failure("EINVAL"));
/** Opens, and then fails, or writes less than it was given: as devices with larger sectors do. */
const refusing = (write: (handle: FileHandle, ...args: [Uint8Array, number, number, number]) => unknown): OpenDirect => {
  return async (path) => {
    const handle = await open(path, "r+");
    return Object.assign(Object.create(handle), {
      write: (...args: [Uint8Array, number, number, number]) => write(handle, ...args),
      close: () => handle.close(),
    }) as FileHandle;
  };
};

async function written(chunks: readonly Uint8Array[], direct?: OpenDirect): Promise<Buffer> {
  const path = Buffer.from(join(folder, randomBytes(8).toString("hex")));
  const file = await NewFile.create(path, new Blocks(), direct);
  for (const chunk of chunks) await file.append(chunk);
  await file.sync();
  await file.close();
  return readFile(path);
}

describe.each<readonly [string, OpenDirect | undefined]>([
  ["past the page cache", undefined],
  ["where the file system knows no such thing", noDirect],
  ["where the device refuses", refusing(() => Promise.reject(failure("EINVAL")))],
  [
    "where writes are cut short",
    refusing(async (handle, bytes, from, length, at) => handle.write(bytes, from, Math.min(length, 4096), at)),
  ],
])("a new file %s", (_, direct) => {
  it("holds what was appended, in whatever chunks", async () => {
    const lengths = fc.array(fc.oneof(fc.nat(5000), fc.constantFrom(0, 1, BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES * 2 + 7)), {
      maxLength: 9,
    });
    await fc.assert(
      fc.asyncProperty(lengths, async (sizes) => {
        const chunks = sizes.map((size) => randomBytes(size));
        expect((await written(chunks, direct)).equals(Buffer.concat(chunks))).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});

it("uses its memory again", async () => {
  const blocks = new Blocks();
  const first = blocks.take();
  blocks.giveBack(first);
  for (const name of ["a", "b"]) {
    const file = await NewFile.create(Buffer.from(join(folder, name)), blocks);
    await file.append(randomBytes(BLOCK_BYTES));
    await file.sync();
    await file.close();
  }
  expect(blocks.take()).toBe(first);
});

it("tells of a write that failed, at the latest when it is to be durable", async () => {
  const full = refusing(() => Promise.reject(failure("ENOSPC")));
  const file = await NewFile.create(Buffer.from(join(folder, "full")), new Blocks(), full);
  const work = async (): Promise<void> => {
    await file.append(randomBytes(BLOCK_BYTES));
    await file.sync();
  };
  await expect(work()).rejects.toThrow("ENOSPC");
  await file.close();
});

it("is never one that was there", async () => {
  const path = Buffer.from(join(folder, "there"));
  await (await NewFile.create(path, new Blocks())).close();
  await expect(NewFile.create(path, new Blocks())).rejects.toThrow("EEXIST");
  expect((await stat(path)).size).toBe(0);
});
