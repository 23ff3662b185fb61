import { expect, it } from "vitest";
import { randomContent } from "./content.ts";
import { mutate } from "./mutate.ts";

const names = ["set.vol1.tar", "set.vol2.tar", "set.manifest", "empty"];
const sound = (): Map<string, Uint8Array> =>
  new Map<string, Uint8Array>([
    ["set.vol1.tar", randomContent("1", 300)],
    ["set.vol2.tar", randomContent("2", 300)],
    ["set.manifest", Buffer.from("Volume 1:\n    Hash SHA1 00\n")],
    ["empty", new Uint8Array(0)],
  ]);

const shown = (objects: ReadonlyMap<string, Uint8Array>): string =>
  [...objects].map(([name, bytes]) => `${name} ${Buffer.from(bytes).toString("hex")}`).join("\n");

function numbersOf(seed: number): () => number {
  const bytes = randomContent(`${seed}`, 4096);
  let at = 0;
  return () => bytes.readUInt32LE(4 * (at++ % 1024)) / 2 ** 32;
}

it("changes what it says and nothing else, and the same for the same numbers", () => {
  const seen = new Set<string>();
  for (let seed = 0; seed < 400; seed++) {
    const objects = sound();
    const { what, objects: changed, touched } = mutate(objects, names, numbersOf(seed));
    expect(shown(objects)).toBe(shown(sound()));
    const different = [...new Set([...objects.keys(), ...changed.keys()])].filter(
      (name) => Buffer.compare(objects.get(name) ?? Buffer.from("none"), changed.get(name) ?? Buffer.from("none")) !== 0,
    );
    expect(different.sort(), what).toEqual([...touched].sort());
    expect(touched.length).toBeGreaterThan(0);
    const again = mutate(sound(), names, numbersOf(seed));
    expect([again.what, shown(again.objects)]).toEqual([what, shown(changed)]);
    seen.add(what.split(" ")[0]!);
  }
  expect([...seen].sort()).toEqual(
    ["append", "delete", "drop", "duplicate", "flip", "insert", "letter", "overwrite", "put", "swap", "truncate"].sort(),
  );
});
