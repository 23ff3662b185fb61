import { mkdirSync, rmdirSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type BytePath, DoppelError, isWithin, joinPath, pathFromText, pathToBytes, ROOT } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import { compareTrees, isRoot, MemoryStorage, scanTree, type TreeEntry } from "@doppel/testkit";
import { check } from "../../check.ts";
import { depsOf, testRuntime } from "../../history/test-support.ts";
import { restore } from "../../restore.ts";
import type { SoundChain } from "./chains.ts";

/** What is restored, and by whom. */
export interface Question {
  /** Which point in time; undefined: the latest, without saying so. */
  readonly point?: number;
  readonly path?: BytePath;
  readonly useIndex: boolean;
  readonly keepGoing: boolean;
  /** The files of the archive directory; undefined: it is empty. */
  readonly copies?: ReadonlyMap<string, Uint8Array>;
}

/**
 * How a restore of damaged objects ended. "equal": as if nothing were damaged. "told": exactly what is not there was named. "stopped":
 * it gave up with an error that says why, and what was restored by then is right.
 */
export type Outcome = "equal" | "told" | "stopped";

/** Everything else is a defect: a difference that nobody is told of, or an error that says nothing. */
export class Defect extends Error {}

/** Restores below `dir`, which is emptied, and holds what came of it to the state as it was. @throws Defect */
export async function judge(
  chain: SoundChain,
  objects: ReadonlyMap<string, Uint8Array>,
  question: Question,
  dir: string,
): Promise<Outcome> {
  const out = join(dir, "out");
  const archiveDir = join(dir, "archive");
  empty(dir);
  mkdirSync(archiveDir);
  for (const [name, bytes] of question.copies ?? []) writeFileSync(join(archiveDir, name), bytes);
  const { point = chain.points.length - 1, path = ROOT } = question;
  const runtime = testRuntime();
  let [failure, incomplete]: [unknown, number] = [undefined, 0];
  try {
    const job = {
      target: pathFromText(out),
      ...(question.point === undefined ? {} : { time: new Date(chain.points[point]!.time.getTime() + 1000) }),
      ...(question.path === undefined ? {} : { path: question.path }),
      useIndex: question.useIndex,
      keepGoing: question.keepGoing,
      careful: true,
      prefixes: NO_PREFIXES,
      threads: 1,
      force: false,
      dryRun: false,
      renames: [],
      numericOwner: true,
      restoreOwner: isRoot,
      verbose: false,
    };
    ({ incomplete } = await restore(job, depsOf(storageOf(objects), dir, { archiveDir, ...keysOf(chain) }), runtime));
  } catch (error) {
    failure = error;
  }
  const left = scanTree(dir).filter((entry) => entry.path.includes(".doppel-"));
  if (left.length > 0) throw new Defect(`left behind: ${left.map((entry) => entry.path).join(", ")}`);
  const found = foundIn(dir, path);
  const notices = runtime.events.filter((event) => event.type === "notice");
  const named = new Set(
    notices.flatMap((notice) => (notice.reason === "lost" || notice.reason === "uncertain" ? notice.path! : [])),
  );
  const texts = notices.map(({ detail }) => detail);
  const expectedAt = (at: number): readonly TreeEntry[] => chain.points[at]!.tree.filter((entry) => isWithin(entry.path, path));
  if (failure !== undefined) {
    if (!(failure instanceof DoppelError)) throw failure;
    const isWanted = expectedAt(point).length > 0;
    if (failure.code === "restore.path-not-found" && isWanted && !texts.some(isOfOther))
      throw new Defect(`${failure.message}: it was there`);
    if (/\bcause\b|undefined|\[object/.test(failure.message)) throw new Defect(`an unclear message: ${failure.message}`);
    onlyRight(found, expectedAt(point), failure.message);
    return "stopped";
  }
  const told = `${incomplete} incomplete: ${texts.join(" | ")}`;
  const differences = (at: number): readonly string[] => compareTrees(expectedAt(at), found, { ignoreOwner: !isRoot });
  const wrong = differences(point);
  if (wrong.length === 0) return "equal";
  // The state before, when what comes after it cannot be used and that was said.
  if (texts.some(isOfOther)) {
    if (chain.points.some((_, at) => at < point && differences(at).length === 0)) return "told";
  }
  if (incomplete === 0) throw new Defect(`SILENT: ${wrong.join("; ")} (${told})`);
  // Volumes that no manifest names: what is there is of some state, and somebody was told that something is missing.
  if (texts.some((text) => /not in the manifest of the set/.test(text))) {
    const all = chain.points.flatMap((_, at) => expectedAt(at)).map(contentOf);
    for (const entry of found) if (!all.includes(contentOf(entry))) throw new Defect(`never so: ${entry.path} (${told})`);
    return "told";
  }
  const vague = texts.flatMap((text) => [.../it held paths from (.*) to (.*?):/g[Symbol.matchAll](text)]);
  onlyRight(found, expectedAt(point), told, named, vague.length > 0);
  const there = new Set(found.map((entry) => entry.path));
  for (const { path: expected } of expectedAt(point))
    if (!there.has(expected) && !named.has(expected) && vague.length === 0)
      throw new Defect(`not there and not named: ${expected} (${told})`);
  return "told";
}

/** Whether a check of these objects says that something is wrong with them. */
export async function checkFinds(
  chain: SoundChain,
  objects: ReadonlyMap<string, Uint8Array>,
  withKey: boolean,
  dir: string,
): Promise<{ readonly problems: number; readonly warnings: number; readonly text: string }> {
  empty(dir);
  const job = { prefixes: NO_PREFIXES, withKey, sample: { kind: "all" } as const, parallel: 2 };
  try {
    const report = await check(job, depsOf(storageOf(objects), dir, keysOf(chain)), testRuntime());
    const findings = [...report.sets.flatMap((set) => set.findings), ...report.foreign];
    return { ...report, text: findings.map(({ name, detail }) => `${name} ${detail}`).join(" | ") };
  } catch (error) {
    if (!(error instanceof DoppelError)) throw error;
    return { problems: 1, warnings: 0, text: error.message };
  }
}

/** Without a process of its own for each of ten thousand. */
function empty(dir: string): void {
  for (const { path, type } of scanTree(dir).slice(1).reverse()) {
    const place = Buffer.concat([Buffer.from(`${dir}/`), pathToBytes(path)]);
    if (type === "dir") rmdirSync(place);
    else unlinkSync(place);
  }
}

function keysOf({ keys }: SoundChain) {
  return keys ? { keys } : {};
}

function storageOf(objects: ReadonlyMap<string, Uint8Array>): MemoryStorage {
  const storage = new MemoryStorage();
  for (const [name, bytes] of objects) storage.objects.set(name, bytes);
  return storage;
}

/** By paths in the backup. */
function foundIn(dir: string, path: BytePath): readonly TreeEntry[] {
  return scanTree(dir).flatMap((entry) => {
    if (!isWithin(entry.path, "out" as BytePath)) return [];
    const below = entry.path.slice("out/".length) as BytePath;
    return [{ ...entry, path: below === "" ? path : path === "" ? below : joinPath(path, below) }];
  });
}

const isOfOther = (text: string): boolean => /[Tt]his is the (older )?state of/.test(text);

const contentOf = (entry: TreeEntry): string => `${entry.type} ${entry.sha256 ?? entry.target ?? ""}`;

/** Nothing is there that is not as it should be, but folders that lead to what is there, of which nothing is known. */
function onlyRight(
  found: readonly TreeEntry[],
  expected: readonly TreeEntry[],
  told: string,
  named: ReadonlySet<BytePath> = new Set(),
  mayLeadOn = true,
): void {
  const byPath = new Map(expected.map((entry) => [entry.path, entry]));
  for (const entry of found) {
    const should = byPath.get(entry.path);
    const isUnfinishedFolder = entry.type === "dir" && mayLeadOn && (!should || should.type === "dir");
    if (isUnfinishedFolder) continue;
    if (named.has(entry.path)) throw new Defect(`${entry.path} is there, though it was said to be lost (${told})`);
    const wrong = should ? compareTrees([should], [entry], { ignoreOwner: !isRoot }) : ["it should not be there"];
    if (wrong.length > 0) throw new Defect(`${entry.path}: ${wrong.join("; ")} (${told})`);
  }
}
