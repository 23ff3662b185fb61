import { concatBytes, pathFromText } from "@doppel/base";
import { END_OF_ARCHIVE, sigtarDeletedHeader, sigtarHeader, tarPadding } from "@doppel/format";
import { loadRsync, signatureLength } from "@doppel/rsync";
import fc from "fast-check";
import { expect, it } from "vitest";
import { RecordReader, type SetRecord } from "./records.ts";
import { sizeRangeOf } from "./sizes.ts";
import { dir, file } from "./test-support.ts";

const rsync = await loadRsync();

function archive(): Uint8Array {
  const files = [file("a", ""), file("b", "x".repeat(2000)), file("c", "x".repeat(100_000))].map((entry) => {
    const builder = rsync.signature({ blockLength: 512 });
    const length = signatureLength(entry.size, 512);
    return [sigtarHeader(entry, length), builder.update(entry.content!), builder.finish(), new Uint8Array(tarPadding(length))];
  });
  return concatBytes([sigtarHeader(dir(""), 0), ...files.flat(), sigtarDeletedHeader(pathFromText("d")), END_OF_ARCHIVE]);
}

function read(bytes: Uint8Array, cuts: readonly number[]): SetRecord[] {
  const reader = new RecordReader("test", { digests: true });
  const records: SetRecord[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    const chunk = bytes.slice(from, to);
    records.push(...reader.update(chunk));
    chunk.fill(0xee); // nothing of a chunk is kept
    from = to;
  }
  reader.finish();
  return records;
}

it("makes the same records of an archive however it arrives", () => {
  const bytes = archive();
  const whole = read(bytes, []);
  expect(whole.map(({ path, kind }) => `${kind} ${path}`)).toEqual([
    "snapshot ",
    "signature a",
    "signature b",
    "signature c",
    "deleted d",
  ]);
  expect(new Set(whole.map(({ signature }) => signature?.digest)).size).toBe(4); // three and none
  expect(read(bytes, [...bytes.keys()].slice(1))).toEqual(whole);
  const cuts = fc.array(fc.nat(bytes.length), { maxLength: 20 }).map((all) => all.sort((a, b) => a - b));
  fc.assert(
    fc.property(cuts, (at) => {
      expect(read(bytes, at)).toEqual(whole);
    }),
  );
});

it("bounds the size of a file by its signature, and says nothing of what is none", () => {
  const header = (size: number, blockLength: number) => {
    const builder = rsync.signature({ blockLength });
    return concatBytes([builder.update(new Uint8Array(size)), builder.finish()]).subarray(0, 12);
  };
  expect(sizeRangeOf(header(0, 512), 12)).toEqual({ min: 0, max: 0 });
  expect(sizeRangeOf(header(1, 512), 24)).toEqual({ min: 1, max: 512 });
  expect(sizeRangeOf(header(1, 2048), 12 + 10 * 12)).toEqual({ min: 9 * 2048 + 1, max: 10 * 2048 });
  expect(sizeRangeOf(header(1, 512), 25)).toBeUndefined();
  expect(sizeRangeOf(header(1, 512), 11)).toBeUndefined();
  expect(sizeRangeOf(new Uint8Array(12), 24)).toBeUndefined();
  expect(sizeRangeOf(new Uint8Array(3), 3)).toBeUndefined();
});
