import { pathFromText } from "@doppel/base";
import { secretKeysFromPassphrase } from "@doppel/openpgp";
import { randomContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import type { Envelope } from "../job.ts";
import { Bench } from "./test-support.ts";

const file = (path: string, size: number, mtime = 1_600_000_000): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content: randomContent(`${path} ${mtime}`, size),
  mtime,
});

/** The source is read in batches of 1 MiB, whose memory is used again: many of them, with entries of every size. */
const TREE: readonly TreeSpec[] = [
  ...Array.from({ length: 30 }, (_, i) => file(`a/${i}`, i * 400)),
  ...Array.from({ length: 5 }, (_, i) => file(`b/${i}`, 200_000 + i * 120_001)),
  file("c", (1 << 20) - 1),
  file("d", 1 << 20),
  file("e", (1 << 20) + 1),
  file("f", 4_000_003),
  ...Array.from({ length: 150 }, (_, i) => file(`g/${"long name ".repeat(12)}${i}`, i % 3)),
];

const passphrase = "batches";
const ENVELOPES: readonly (readonly [string, Envelope])[] = [
  ["gzip", { kind: "gzip" }],
  ["encrypted", { kind: "gpg", recipients: [], passphrase, compress: false }],
];

describe("a backup of many batches", () => {
  it.each(ENVELOPES)("%s, holds what was read into memory that is used again", async (_, envelope) => {
    using bench = new Bench();
    bench.become(TREE);
    const job = { volumeBytes: 3 << 20 };
    const full = await bench.backup({ kind: "full", ...job }, { envelope });
    expect(full.error).toBeUndefined();
    const keys = secretKeysFromPassphrase(async () => passphrase);
    expect(await bench.differences(undefined, keys)).toEqual([]);
    const changes = [file("b/0", 200_001, 1_600_000_001), file("f", 4_000_000, 1_600_000_001)];
    bench.become([...TREE.slice(20).filter(({ path }) => !changes.some((change) => change.path === path)), ...changes]);
    const inc = await bench.backup({ kind: "inc", ...job }, { envelope });
    expect(inc.error).toBeUndefined();
    expect(await bench.differences(undefined, keys)).toEqual([]);
  });
});
