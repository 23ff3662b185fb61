import { describeInterop, mutate, tempDir } from "@doppel/testkit";
import { beforeAll, describe, expect, it } from "vitest";
import { numbersFrom } from "../random-numbers.ts";
import { type Maker, makeChain, type Sealing, type SoundChain } from "./testing/chains.ts";
import { checkFinds, Defect, judge, type Outcome, type Question } from "./testing/oracle.ts";

/** Of all chains together. `DOPPEL_MUTATIONS=10000` for the long run, `DOPPEL_SEED` for another one, `DOPPEL_MUTATION=17` for one alone. */
const MUTATIONS = Number(process.env["DOPPEL_MUTATIONS"] ?? 350);
const SEED = Number(process.env["DOPPEL_SEED"] ?? 1);
const ONLY = process.env["DOPPEL_MUTATION"];
/** `2/3`: every third, for several processes beside each other. */
const [PART = 0, PARTS = 1] = (process.env["DOPPEL_PART"] ?? "0/1").split("/").map(Number);

/** With how large a part of the mutations each is tried: what takes longer is tried less often. */
const CHAINS: readonly (readonly [makers: readonly [Maker, Maker, Maker], sealing: Sealing, share: number])[] = [
  [["doppel", "doppel", "doppel"], "gzip", 0.3],
  [["doppel", "doppel", "doppel"], "plain", 0.35],
  [["doppel", "doppel", "doppel"], "gpg", 0.1],
  [["stock", "stock", "stock"], "gzip", 0.1],
  [["stock", "stock", "stock"], "gpg", 0.05],
  [["stock", "doppel", "stock"], "gzip", 0.1],
];

/** A question that the mutation may matter to. */
function ask(chain: SoundChain, random: () => number): Question {
  const point = random() < 0.6 ? undefined : Math.floor(random() * chain.points.length);
  const tree = chain.points[point ?? chain.points.length - 1]!.tree;
  const path = random() < 0.5 ? undefined : tree[1 + Math.floor(random() * (tree.length - 1))]!.path;
  return {
    ...(point === undefined ? {} : { point }),
    ...(path === undefined ? {} : { path }),
    useIndex: random() < 0.7,
    keepGoing: random() < 0.85,
  };
}

/** One mutation, restored and now and then checked. @returns what came of it */
async function tryOne(
  chain: SoundChain,
  seed: number,
  dir: string,
): Promise<{ readonly outcome: Outcome; readonly role: string }> {
  const random = numbersFrom(seed);
  random();
  const ofCopies = random() < 0.15;
  const from = ofCopies ? chain.copies : chain.objects;
  const roles = [...new Set([...from.keys()].map(roleOf))];
  const role = random() < 0.25 && !ofCopies ? "volume" : roles[Math.floor(random() * roles.length)]!;
  const among = [...from.keys()].filter((name) => random() < 0.1 || roleOf(name) === role).sort();
  const question = ask(chain, random);
  const withCopies = ofCopies || random() < 0.3;
  if (among.length === 0) return tryOne(chain, seed + 0x1000_0000, dir);
  const mutation = mutate(from, among, random);
  const objects = ofCopies ? chain.objects : mutation.objects;
  const copies = ofCopies ? mutation.objects : withCopies ? chain.copies : undefined;
  const what = `${chain.name}, seed ${seed}: ${mutation.what}; ${JSON.stringify(question)}${ofCopies ? ", a copy" : withCopies ? ", with copies" : ""}`;
  try {
    const outcome = await judge(chain, objects, { ...question, ...(copies && { copies }) }, dir);
    if (!ofCopies && random() < 0.1) await expectFound(chain, mutation, outcome, random() < 0.7, dir);
    return { outcome, role: ofCopies ? `copy of ${role}` : role };
  } catch (error) {
    if (!(error instanceof Defect)) throw new Error(what, { cause: error });
    throw new Defect(`${what}\n    ${error.message}`);
  }
}

/** What is wrong with a restore, or with a volume, a check has to find: with a key all, without one what it promises. */
async function expectFound(
  chain: SoundChain,
  { objects, touched }: ReturnType<typeof mutate>,
  outcome: Outcome,
  withKey: boolean,
  dir: string,
): Promise<void> {
  const { problems, warnings, text } = await checkFinds(chain, objects, withKey, dir);
  const ofVolume = touched.some((name) => roleOf(name) === "volume");
  // Without a key the last volume of a set is missed where there is a receipt.
  const isLost = touched.some((name) => !objects.has(name) && [...objects.keys()].some((other) => isReceiptOf(other, name)));
  if (withKey ? outcome !== "equal" || ofVolume : isLost && problems + warnings === 0)
    if (problems + warnings === 0)
      throw new Defect(`check ${withKey ? "" : "--without-key "}finds nothing (${outcome}): ${text}`);
}

function isReceiptOf(receipt: string, name: string): boolean {
  const time = /\d{8}T\d{6}Z(?!.*\d{8}T\d{6}Z)/.exec(name)![0];
  return !name.includes(".receipt") && receipt.includes(`${time}.receipt`);
}

function roleOf(name: string): string {
  return /\.vol\d+\./.test(name) ? "volume" : /sigtar/.test(name) ? "signatures" : /\.(manifest|index|receipt)/.exec(name)![1]!;
}

function tries([makers, sealing, share]: (typeof CHAINS)[number], index: number): void {
  let chain: SoundChain;
  beforeAll(async () => {
    chain = await makeChain(makers, sealing);
  });

  it("is restored whole while nothing is damaged, by every way, and a check finds nothing", async () => {
    const random = numbersFrom(SEED);
    const dir = tempDir();
    for (let n = 0; n < 12; n++) {
      const question = ask(chain, random);
      const copies = n % 2 === 0 ? { copies: chain.copies } : {};
      expect(await judge(chain, chain.objects, { ...question, ...copies }, dir), JSON.stringify(question)).toBe("equal");
    }
    for (const withKey of [true, false])
      expect(await checkFinds(chain, chain.objects, withKey, dir)).toMatchObject({ problems: 0, warnings: 0, text: "" });
  });

  it("is restored as it was, or it is told what is not, whatever byte or object is damaged", async () => {
    const counts = new Map<string, number>();
    const dir = tempDir();
    const defects: string[] = [];
    let tried = 0;
    const count = Math.ceil(MUTATIONS * share);
    for (let n = 0; n < count; n++) {
      if (ONLY === undefined ? n % PARTS !== PART % PARTS : n !== Number(ONLY)) continue;
      tried++;
      try {
        const { outcome, role } = await tryOne(chain, SEED * 1_000_003 + index * 100_003 + n, dir);
        for (const key of [outcome, `${role}: ${outcome}`]) counts.set(key, (counts.get(key) ?? 0) + 1);
      } catch (error) {
        if (!(error instanceof Defect)) throw error;
        defects.push(`${n}: ${error.message}`);
      }
    }
    console.log(`${chain.name}: ${tried} mutations, seed ${SEED}: ${JSON.stringify(Object.fromEntries(counts))}`);
    expect(defects.length, defects.slice(0, 40).join("\n")).toBe(0);
  }, 7_200_000);
}

for (const [index, chain] of CHAINS.entries()) {
  const [makers, sealing] = chain;
  const title = `a chain by ${makers.join(", ")}: ${sealing}`;
  if (makers.includes("stock")) describeInterop(["duplicity", "gpg"], title, () => tries(chain, index));
  else describe(title, () => tries(chain, index));
}
