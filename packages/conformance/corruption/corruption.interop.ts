import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  isRoot,
  mutate,
  randomContent,
  type RunResult,
  scanTree,
  tempDir,
  testKey,
  type TreeEntry,
} from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { MixedChain, noticeable } from "../src/chain.ts";
import { history } from "../src/edits.ts";
import { doppel } from "../src/program.ts";

/** Of each chain. The long run of the engine's (`DOPPEL_MUTATIONS=10000`) makes a hundred of it here. */
const MUTATIONS = Math.max(6, Math.ceil(Number(process.env["DOPPEL_MUTATIONS"] ?? 0) / 100));
const SEED = process.env["DOPPEL_SEED"] ?? "1";
const POINTS = 3;
const key = testKey("curve");

/** Numbers from 0 to below 1, the same for the same seed. */
function numbersOf(seed: string): () => number {
  const bytes = randomContent(seed, 1 << 16);
  let at = 0;
  return () => bytes.readUInt32LE(4 * (at++ % (bytes.length / 4))) / 2 ** 32;
}

function filesOf(folder: string): Map<string, Uint8Array> {
  return new Map(
    readdirSync(folder)
      .filter((name) => name.includes("."))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );
}

const noticesOf = (result: RunResult): Record<string, string>[] =>
  result.stdout
    .toString()
    .trim()
    .split("\n")
    .flatMap((line) => (line.startsWith("{") ? [JSON.parse(line) as Record<string, string>] : []))
    .filter(({ type }) => type === "notice");

/** Why the outcome of a restore is not to be had; undefined when it is. */
function complaint(
  result: RunResult,
  found: readonly TreeEntry[],
  points: readonly (readonly TreeEntry[])[],
): string | undefined {
  const [expected, said] = [points.at(-1)!, `${result.stdout.toString()}${result.stderr.toString()}`];
  const differences = (of: readonly TreeEntry[]) => compareTrees(of, found, { ignoreOwner: !isRoot });
  if (/\.doppel-restore-/.test(found.map(({ path }) => path).join())) return "something unfinished was left";
  if (result.code === 0 || result.code === 3) {
    if (differences(expected).length === 0) return undefined;
    if (/[Tt]his is the state of/.test(said))
      return points.some((of) => differences(of).length === 0) ? undefined : "no state at all";
    if (result.code === 0) return `SILENT: ${differences(expected).join("; ")}`;
  } else if (!/"type":"error"/.test(said) || result.code === 30) return `exit code ${result.code} without an error`;
  if (/not in the manifest of the set/.test(said)) return undefined;
  const notices = noticesOf(result);
  const named = new Set(
    notices.flatMap(({ reason, path, pathB64 }) =>
      reason === "lost" || reason === "uncertain"
        ? [Buffer.from(pathB64 ?? path!, pathB64 ? "base64" : "utf8").toString("latin1")]
        : [],
    ),
  );
  const byPath = new Map(expected.map((entry) => [entry.path, entry]));
  for (const entry of found) {
    const should = byPath.get(entry.path);
    if (entry.type === "dir" && result.code !== 0) continue; // one that leads to something, of which nothing may be known
    if (!should || named.has(entry.path)) return `${entry.path} should not be there`;
    const wrong = compareTrees([should], [entry], { ignoreOwner: !isRoot });
    if (wrong.length > 0) return wrong.join("; ");
  }
  if (result.code !== 3 || /it held paths from/.test(said)) return undefined;
  const there = new Set(found.map(({ path }) => path));
  const unnamed = expected.filter(({ path }) => !there.has(path) && !named.has(path));
  return unnamed.length === 0 ? undefined : `neither there nor named: ${unnamed.map(({ path }) => path).join(", ")}`;
}

function tries(envelope: readonly string[], reading: readonly string[], env: Record<string, string>): void {
  let chain: MixedChain;
  beforeAll(async () => {
    chain = new MixedChain({ envelope, env, sharedArchive: false });
    for (const tree of noticeable(history().map((step) => step.tree)).slice(0, POINTS)) {
      chain.become(tree);
      await chain.backup("doppel", ["--volsize", "1"]);
    }
  });
  afterAll(() => chain[Symbol.dispose]());

  it("is restored as it was, or it is told what is not, and a check finds it, whatever is damaged", async () => {
    const dir = tempDir();
    const [target, archive, out] = [join(dir, "target"), join(dir, "archive"), join(dir, "out")];
    const points = Array.from({ length: POINTS }, (_, point) => chain.expected(point));
    for (let n = 0; n < MUTATIONS; n++) {
      const random = numbersOf(`${SEED} ${n}`);
      const ofCopies = random() < 0.2;
      for (const [from, to] of [
        [chain.target, target],
        [chain.archive, join(archive, "chain")],
      ] as const) {
        rmSync(to, { recursive: true, force: true });
        cpSync(from, to, { recursive: true });
      }
      const place = ofCopies ? join(archive, "chain") : target;
      const before = filesOf(place);
      const { what, objects, touched } = mutate(before, [...before.keys()].sort(), random);
      for (const name of touched) {
        const bytes = objects.get(name);
        if (bytes) writeFileSync(join(place, name), bytes);
        else unlinkSync(join(place, name));
      }
      const local =
        ofCopies || random() < 0.5 ? ["--archive-dir", archive, "--name", "chain"] : ["--archive-dir", join(dir, "cold")];
      rmSync(out, { recursive: true, force: true });
      mkdirSync(out);
      const result = await doppel(["restore", "--json", ...reading, ...local, `file://${target}`, join(out, "it")], { env });
      const found = scanTree(out).flatMap((entry) => {
        if (entry.path !== "it" && !entry.path.startsWith("it/")) return [];
        return [{ ...entry, path: entry.path.slice(3) as TreeEntry["path"] }];
      });
      const told = `${n}: ${what}${ofCopies ? " (a copy)" : ""}: exit code ${result.code}`;
      expect(complaint(result, found, points), told).toBeUndefined();
      if (ofCopies) continue;
      const isVolume = touched.some((name) => name.includes(".vol"));
      const check = await doppel(["check", ...reading, "--archive-dir", join(dir, "cold"), `file://${target}`], { env });
      const mustFind = isVolume || result.code !== 0;
      expect(mustFind ? [3, 20, 21, 31] : [0, 3, 21], `check of ${told}: ${check.stdout.toString()}`).toContain(check.code);
    }
  }, 3_600_000);
}

describeInterop([], "a chain without encryption, damaged at random", () => tries(["--no-encryption"], ["--no-encryption"], {}));
describeInterop([], "a chain for a public key, damaged at random", () =>
  tries(["--encrypt-key", key.publicFile, "--secret-key", key.secretFile], ["--secret-key", key.secretFile], {
    PASSPHRASE: key.passphrase,
  }),
);
