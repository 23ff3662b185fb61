import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DoppelError } from "@doppel/base";
import { MemoryStorage, mutate, tempDir, type TreeEntry } from "@doppel/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { numbersFrom } from "../random-numbers.ts";
import { makeChain, makeNext, materialiseNext, type Sealing, type SoundChain } from "./testing/chains.ts";
import { Defect, judge } from "./testing/oracle.ts";

/** As in corruption.interop.ts; each of these also makes a backup. */
const MUTATIONS = Number(process.env["DOPPEL_MUTATIONS"] ?? 350) / 10;
const SEED = Number(process.env["DOPPEL_SEED"] ?? 1);

/** Damage, an increment on what it left, and the restore of that. @returns what came of it */
async function tryOne(
  chain: SoundChain,
  sealing: Sealing,
  source: string,
  tree: readonly TreeEntry[],
  seed: number,
  dir: string,
): Promise<string> {
  const random = numbersFrom(seed);
  random();
  const ofCopies = random() < 0.5;
  const from = ofCopies ? chain.copies : chain.objects;
  const isWanted = (name: string): boolean => (random() < 0.8 ? /sigtar/ : /manifest|index|receipt/).test(name);
  const among = [...from.keys()].filter(isWanted).sort();
  if (among.length === 0) return "nothing chosen";
  const mutation = random() < 0.5 ? exchanged(from) : mutate(from, among, random);
  const storage = new MemoryStorage();
  for (const [name, bytes] of ofCopies ? chain.objects : mutation.objects) storage.objects.set(name, bytes);
  const archiveDir = join(dir, "kept");
  rmSync(archiveDir, { recursive: true, force: true });
  mkdirSync(archiveDir);
  const copies = ofCopies ? [...mutation.objects, ...(chain.sums ?? [])] : [];
  for (const [name, bytes] of copies) writeFileSync(join(archiveDir, name), bytes);
  const what = `${chain.name}, seed ${seed}: ${mutation.what}${ofCopies ? ", a copy" : ""}`;
  let time: Date;
  try {
    time = await makeNext(sealing, storage, source, archiveDir, dir);
  } catch (error) {
    if (error instanceof DoppelError) return "refused";
    throw new Error(what, { cause: error });
  }
  const then = { ...chain, points: [...chain.points, { time, tree }] };
  const question = { useIndex: random() < 0.5, keepGoing: true };
  try {
    return await judge(then, storage.objects, question, join(dir, "judged"));
  } catch (error) {
    throw error instanceof Defect ? new Defect(`${what}\n    ${error.message}`) : new Error(what, { cause: error });
  }
}

/** The damage that no checksum of an object knows: the signatures of two increments have changed places. */
function exchanged(from: ReadonlyMap<string, Uint8Array>): Pick<ReturnType<typeof mutate>, "objects" | "what"> {
  const [a, b] = [...from.keys()].filter((name) => name.includes("new-signatures"));
  const objects = new Map(from).set(a!, from.get(b!)!).set(b!, from.get(a!)!);
  return { objects, what: `${a} and ${b} exchanged` };
}

describe.each(["gzip", "plain", "gpg"] as const)("an increment on a damaged chain: %s", (sealing) => {
  let chain: SoundChain;
  beforeAll(async () => {
    chain = await makeChain(["doppel", "doppel", "doppel"], sealing);
  });

  it("is as the source was, or it is refused, or what is wrong with it is told", async () => {
    const dir = tempDir();
    const source = join(dir, "source");
    for (const folder of ["source", "judged"]) mkdirSync(join(dir, folder));
    const tree = materialiseNext(source);
    const counts = new Map<string, number>();
    const defects: string[] = [];
    for (let n = 0; n < Math.ceil(MUTATIONS / 3); n++) {
      try {
        const outcome = await tryOne(chain, sealing, source, tree, SEED * 1_000_003 + n, dir);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof Defect)) throw error;
        defects.push(`${n}: ${error.message}`);
      }
    }
    console.log(`gone on with, ${sealing}: seed ${SEED}: ${JSON.stringify(Object.fromEntries(counts))}`);
    expect(defects.length, defects.slice(0, 20).join("\n")).toBe(0);
  }, 7_200_000);
});
