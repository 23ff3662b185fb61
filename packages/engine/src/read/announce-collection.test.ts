import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { RunEvent, Runtime } from "@doppel/base";
import { buildCollection, NO_PREFIXES } from "@doppel/format";
import { tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { announceCollection } from "./announce-collection.ts";

const FULL = "20260101T000000Z";
const INC = "20260102T000000Z";
const LATER = "20260103T000000Z";
const full = [`duplicity-full.${FULL}.vol1.difftar.gpg`, `duplicity-full.${FULL}.manifest.gpg`];
const fullSignatures = `duplicity-full-signatures.${FULL}.sigtar.gpg`;
const between = `${INC}.to.${LATER}`;

async function announced(names: readonly string[], local: readonly string[] = []) {
  const archiveDir = join(tempDir(), "archive");
  mkdirSync(archiveDir);
  for (const name of local) writeFileSync(join(archiveDir, name), "");
  const seen: RunEvent[] = [];
  const runtime = { emit: (event) => void seen.push(event) } satisfies Partial<Runtime>;
  await announceCollection({ collection: buildCollection(names) }, archiveDir, NO_PREFIXES, runtime as unknown as Runtime);
  return seen;
}

const NONE = { incompleteSets: [], orphanedSets: [], orphanedSignatures: [], orphanedLocalSignatures: [] };

describe("what is told of a target", () => {
  it("that holds nothing", async () => {
    expect(await announced([])).toEqual([{ type: "collection.read", ...NONE, synchronized: true }]);
  });

  it("whose metadata are here, or not", async () => {
    const lastFull = new Date("2026-01-01T00:00:00Z");
    const here = [`duplicity-full.${FULL}.manifest`, `duplicity-full-signatures.${FULL}.sigtar.gz`];
    const names = [...full, fullSignatures];
    const event = { type: "collection.read", lastFull, ...NONE };
    expect(await announced(names, [...here, "lockfile", "x.part"])).toEqual([{ ...event, synchronized: true }]);
    expect(await announced(names, here.slice(1))).toEqual([{ ...event, synchronized: false }]);
    expect(await announced(names, [...here, `duplicity-inc.${FULL}.to.${INC}.manifest`])).toEqual([
      { ...event, synchronized: false },
    ]);
  });

  it("with what fits nowhere", async () => {
    const signatures = `duplicity-new-signatures.${between}.sigtar.gpg`;
    const orphan = [`duplicity-inc.${between}.manifest.gpg`, `duplicity-inc.${between}.vol1.difftar.gpg`];
    const incomplete = `duplicity-inc.${FULL}.to.${INC}.vol1.difftar.gpg`;
    const local = `duplicity-new-signatures.${between}.sigtar.gz`;
    const [event] = await announced([...full, fullSignatures, signatures, ...orphan, incomplete], [local]);
    expect(event).toMatchObject({
      incompleteSets: [[incomplete]],
      orphanedSets: [orphan],
      orphanedSignatures: [signatures],
      orphanedLocalSignatures: [local],
      synchronized: false,
    });
  });

  it("takes signatures for a chain of their own, whatever they are of", async () => {
    const signatures = [fullSignatures, `duplicity-new-signatures.${FULL}.to.${INC}.sigtar.gpg`];
    expect(await announced(signatures)).toMatchObject([{ orphanedSignatures: [] }]);
  });
});
