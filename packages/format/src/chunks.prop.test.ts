import { type BytePath, comparePaths, pathFromBytes } from "@doppel/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { difftarHeader } from "./difftar.ts";
import { DifftarReader } from "./difftar-reader.ts";
import { type Change, formatChange, formatFilelistHead, formatManifest } from "./manifest.ts";
import { ManifestParser } from "./manifest-parser.ts";
import { SigtarReader, sigtarDeletedHeader, sigtarHeader } from "./sigtar.ts";
import { END_OF_ARCHIVE } from "./tar/header.ts";
import { TarParser } from "./tar/parser.ts";
import { cutsArbitrary, entry, joined, padded, pieces, singles } from "./test-support.ts";

const RUNS = { numRuns: 30 };

/** Any bytes but the two that no name has, long enough now and then for a long-name header. */
const component = fc
  .oneof(fc.uint8Array({ minLength: 1, maxLength: 6 }), fc.uint8Array({ minLength: 90, maxLength: 130 }))
  .map((bytes) => pathFromBytes(bytes.map((byte) => (byte === 0 || byte === 0x2f ? 0x5f : byte))))
  .filter((name) => name !== "." && name !== "..");
const path = fc.array(component, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/") as BytePath);
const paths = fc.uniqueArray(path, { maxLength: 6 }).map((list) => list.sort(comparePaths));
const content = fc.uint8Array({ maxLength: 700 });

/** Feeds the whole, then pieces, then single bytes to a reader: what `read` makes of them must be one and the same. */
function sameHoweverCut(bytes: Uint8Array, cuts: readonly number[], read: (chunks: readonly Uint8Array[]) => unknown): void {
  const whole = read([bytes]);
  expect(read(pieces(bytes, cuts))).toEqual(whole);
  expect(read(singles(bytes))).toEqual(whole);
}

/** What came of it, or the error: also refusals must not depend on the chunks. */
function outcome(run: () => unknown): unknown {
  try {
    return run();
  } catch (error) {
    return String(error);
  }
}

const difftar = fc
  .tuple(paths, fc.array(content, { minLength: 6, maxLength: 6 }), fc.array(fc.nat(4), { minLength: 6, maxLength: 6 }))
  .map(([list, contents, shapes]) => {
    const parts: Uint8Array[] = [difftarHeader("snapshot", entry("", "dir"))];
    list.forEach((name, index) => {
      const bytes = contents[index]!;
      const file = { ...entry("", "file", { size: bytes.length }), path: name };
      switch (shapes[index]!) {
        case 0:
          parts.push(difftarHeader("deleted", file));
          break;
        case 1:
          parts.push(
            difftarHeader("snapshot", {
              ...file,
              type: "symlink",
              size: 0,
              linkTarget: pathFromBytes(bytes.map((byte) => byte || 1)),
            }),
          );
          break;
        case 2: {
          const half = bytes.length >> 1;
          parts.push(difftarHeader("diff", file, { number: 1, size: half }), padded(bytes.subarray(0, half)));
          parts.push(difftarHeader("diff", file, { number: 2, size: bytes.length - half }), padded(bytes.subarray(half)));
          break;
        }
        default:
          parts.push(difftarHeader("snapshot", file), padded(bytes));
      }
    });
    return Buffer.concat(parts);
  });

function readDifftar(chunks: readonly Uint8Array[]): unknown {
  const reader = new DifftarReader();
  reader.beginVolume(1);
  return joined([...chunks.flatMap((chunk) => reader.update(chunk)), ...reader.endVolume(), ...reader.finish()]);
}

function readTar(chunks: readonly Uint8Array[]): unknown {
  const parser = new TarParser();
  const items = joined(chunks.flatMap((chunk) => parser.update(chunk)));
  parser.finish();
  return { items, end: parser.sawEndMarker };
}

describe("whole = in pieces = byte by byte", () => {
  it("for volumes", () => {
    fc.assert(
      fc.property(difftar, cutsArbitrary, (bytes, cuts) => {
        sameHoweverCut(bytes, cuts, readDifftar);
        sameHoweverCut(Buffer.concat([bytes, END_OF_ARCHIVE, Buffer.from("junk")]), cuts, readDifftar);
        sameHoweverCut(bytes, cuts, readTar);
      }),
      RUNS,
    );
  });

  it("for volumes that are cut off or damaged anywhere, where every reading must end alike", () => {
    fc.assert(
      fc.property(difftar, cutsArbitrary, fc.double({ min: 0, max: 1, noNaN: true }), fc.boolean(), (bytes, cuts, where, cut) => {
        const at = Math.floor(where * (bytes.length - 1));
        const damaged = Buffer.from(cut ? bytes.subarray(0, at) : bytes);
        if (!cut) damaged[at]! ^= 0x41;
        sameHoweverCut(damaged, cuts, (chunks) => outcome(() => readDifftar(chunks)));
        sameHoweverCut(damaged, cuts, (chunks) => outcome(() => readTar(chunks)));
      }),
      RUNS,
    );
  });

  it("for signature archives", () => {
    const sigtar = fc.tuple(paths, fc.array(content, { minLength: 6, maxLength: 6 })).map(([list, contents]) => {
      const parts: Uint8Array[] = [sigtarHeader(entry("", "dir"), 0)];
      list.forEach((name, index) => {
        const bytes = contents[index]!;
        if (index === 3) parts.push(sigtarDeletedHeader(name));
        else parts.push(sigtarHeader({ ...entry(""), path: name }, bytes.length), padded(bytes));
      });
      return Buffer.concat([...parts, END_OF_ARCHIVE]);
    });
    fc.assert(
      fc.property(sigtar, cutsArbitrary, (bytes, cuts) => {
        sameHoweverCut(bytes, cuts, (chunks) => {
          const reader = new SigtarReader();
          const items = joined(chunks.flatMap((chunk) => reader.update(chunk)));
          reader.finish();
          return items;
        });
      }),
      RUNS,
    );
  });

  it("for manifests, which also give back what was written", () => {
    const bound = fc.record({
      path: fc.oneof(path, fc.constant("" as BytePath)),
      block: fc.option(fc.nat(), { nil: undefined }),
    });
    const hashes = fc.constant(
      new Map([
        ["SHA1", "ab".repeat(20)],
        ["SHA256", "cd".repeat(32)],
      ]),
    );
    const volumes = fc.array(fc.record({ start: bound, end: bound, hashes }), { minLength: 1, maxLength: 4 });
    const changes = fc.array(fc.record({ kind: fc.constantFrom<Change["kind"][]>("new", "changed", "deleted"), path }), {
      maxLength: 4,
    });
    const host = fc.constantFrom("vm", "a.example.org", "h\xff") as fc.Arbitrary<BytePath>;
    fc.assert(
      fc.property(host, path, volumes, changes, cutsArbitrary, (hostname, localDir, list, listed, cuts) => {
        const clean = ({ path: at, block }: { path: BytePath; block: number | undefined }) =>
          block === undefined ? { path: at } : { path: at, block };
        const manifest = {
          hostname,
          localDir,
          volumes: list.map((one, index) => ({
            number: index + 1,
            start: clean(one.start),
            end: clean(one.end),
            hashes: one.hashes,
          })),
        };
        const bytes = Buffer.concat([formatManifest(manifest), formatFilelistHead(listed.length), ...listed.map(formatChange)]);
        sameHoweverCut(bytes, cuts, (chunks) => {
          const found: Change[] = [];
          const parser = new ManifestParser({ onChange: (change) => found.push(change) });
          for (const chunk of chunks) parser.update(chunk);
          expect(parser.finish()).toEqual(manifest);
          expect(found).toEqual(listed);
          return found;
        });
      }),
      RUNS,
    );
  });
});
