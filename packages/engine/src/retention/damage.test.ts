import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "@doppel/base";
import { type Encoding, formatManifest, manifestName, NO_PREFIXES, volumeName } from "@doppel/format";
import { MemoryStorage, tempDir } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { readDamage } from "./damage.ts";
import { readInventory, setKey } from "./inventory.ts";
import { full } from "./test-support.ts";

const { id } = full(0);
const signal = new AbortController().signal;

/** A full set of three volumes, and the text of its manifest. */
function made(encoding: Encoding) {
  const storage = new MemoryStorage();
  const volumes = [1, 2, 3].map((number) => {
    const bytes = Buffer.from(`volume ${number}`);
    storage.objects.set(volumeName(id, number, encoding), bytes);
    const hashes = new Map([["SHA1", createHash("sha1").update(bytes).digest("hex")]]);
    return { number, start: { path: ROOT }, end: { path: ROOT }, hashes };
  });
  const manifest = formatManifest({ volumes });
  storage.objects.set(manifestName(id, encoding), encoding === "gpg" ? Buffer.from("sealed") : manifest);
  return { storage, manifest, manifestName: manifestName(id, encoding), volume: (n: number) => volumeName(id, n, encoding) };
}

async function lossesIn(storage: MemoryStorage, archiveDir = "/nonexistent") {
  const inventory = await readInventory(storage, archiveDir, NO_PREFIXES, signal);
  return (await readDamage(inventory, { storage, archiveDir, signal })).get(setKey(id));
}

describe("readDamage", () => {
  it("finds none in a whole set", async () => {
    expect(await lossesIn(made("gpg").storage)).toBeUndefined();
    expect(await lossesIn(made("gzip").storage)).toBeUndefined();
  });

  it("sees the last volume missing by the target's own manifest, when that is not encrypted", async () => {
    for (const [encoding, losses] of [
      ["gzip", ["volume 3 missing"]],
      ["gpg", undefined],
    ] as const) {
      const { storage, volume } = made(encoding);
      storage.objects.delete(volume(3));
      expect(await lossesIn(storage)).toEqual(losses);
    }
  });

  it("and by the copy in the archive directory, when it is", async () => {
    const { storage, manifest, volume } = made("gpg");
    storage.objects.delete(volume(3));
    const archive = join(tempDir(), "archive");
    mkdirSync(archive);
    writeFileSync(join(archive, manifestName(id, "plain")), manifest);
    expect(await lossesIn(storage, archive)).toEqual(["volume 3 missing"]);
  });

  it("sees a manifest that is none, or was cut off, and two files for one volume", async () => {
    const { storage, manifestName: name, manifest, volume } = made("gzip");
    storage.objects.set(name, Buffer.from("no manifest"));
    expect(await lossesIn(storage)).toEqual(["manifest damaged"]);
    storage.objects.set(name, manifest.subarray(0, Buffer.from(manifest).indexOf("Volume 3")));
    expect(await lossesIn(storage)).toEqual(["volume 3 not in the manifest"]);
    storage.objects.set(name, manifest);
    storage.objects.set(volumeName(id, 2, "gpg"), Buffer.from(volume(2)));
    expect(await lossesIn(storage)).toEqual(["two files for one thing: both are volume 2 of one backup set"]);
  });
});
