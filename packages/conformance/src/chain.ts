import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  asStored,
  compareTrees,
  isRoot,
  materialise,
  openTempDir,
  type RunResult,
  scanTree,
  type StockDuplicity,
  stockDuplicity,
  type TreeEntry,
  type TreeSpec,
} from "@doppel/testkit";
import { expect } from "vitest";
import { done, doppel } from "./program.ts";

export type Maker = "doppel" | "stock";

const FIRST = 1_700_000_000;
const DAY = 86_400;
const NAME = "chain";
const options = { ignoreOwner: !isRoot };

export interface ChainOptions {
  /** Given to every command of either program. */
  readonly envelope: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Both programs keep one archive directory; otherwise each has its own and learns from the target. */
  readonly sharedArchive: boolean;
}

/**
 * A backup chain that doppel and stock duplicity write in turn, from a source that changes between the sets, and what
 * restoring each point in time must give.
 */
export class MixedChain implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly #stock: StockDuplicity;
  readonly #options: ChainOptions;
  readonly #points: TreeEntry[][] = [];
  readonly source: string;
  readonly target: string;

  constructor(options: ChainOptions, stock: StockDuplicity = stockDuplicity()) {
    this.#options = options;
    this.#stock = stock;
    this.source = join(this.#dir.path, "source");
    this.target = join(this.#dir.path, "target");
    mkdirSync(this.source);
  }

  get points(): number {
    return this.#points.length;
  }

  /** What doppel keeps beside the target. */
  get archive(): string {
    return join(this.#options.sharedArchive ? this.#stock.archiveDir : join(this.#dir.path, "doppel-archive"), NAME);
  }

  /** A place for what a test wants to keep; removed with the chain. */
  place(name: string): string {
    return join(this.#dir.path, name);
  }

  /** Seconds: when that set was begun. doppel's clock runs on from there, so that on a busy machine its name may be later. */
  timeOf(point: number): number {
    return FIRST + point * DAY;
  }

  /** Seconds: a time of which that set is the newest state. */
  timeAfter(point: number): number {
    return this.timeOf(point) + DAY / 2;
  }

  /** What restoring a point must give. */
  expected(point: number): readonly TreeEntry[] {
    return this.#points[point]!;
  }

  /** Makes the source anew from a description. */
  become(specs: readonly TreeSpec[]): void {
    rmSync(this.source, { recursive: true });
    mkdirSync(this.source);
    materialise(specs, this.source);
  }

  /** The next set: full at first, then incremental. */
  async backup(maker: Maker, more: readonly string[] = []): Promise<void> {
    const kind = this.points === 0 ? "full" : "incremental";
    const args = [
      kind,
      "--current-time",
      `${this.timeOf(this.points)}`,
      ...this.#options.envelope,
      ...more,
      this.source,
      `file://${this.target}`,
    ];
    await done(this.run(maker, args));
    this.#points.push(asStored(scanTree(this.source)));
  }

  /** Restores a point (counted from 0) with either program, and compares the whole tree. */
  async expectPoint(point: number, reader: Maker, more: readonly string[] = []): Promise<void> {
    const out = join(this.#dir.path, "out");
    const args = ["restore", "-t", `${this.timeAfter(point)}`, ...this.#options.envelope, ...more, `file://${this.target}`, out];
    await done(this.run(reader, args));
    const differences = compareTrees(this.#points[point]!, scanTree(out), options);
    expect(differences, `point ${point} restored by ${reader}`).toEqual([]);
    rmSync(out, { recursive: true });
  }

  async expectAllPoints(readers: readonly Maker[] = ["doppel", "stock"]): Promise<void> {
    for (let point = 0; point < this.points; point++) for (const reader of readers) await this.expectPoint(point, reader);
  }

  /** Any command; who runs it, and with which archive directory, is added. */
  run(maker: Maker, args: readonly string[]): Promise<RunResult> {
    const { env = {} } = this.#options;
    const name = ["--name", NAME];
    if (maker === "stock") return this.#stock.run([...args, ...name, "--allow-source-mismatch"], env);
    return doppel([...args, ...name, "--archive-dir", dirname(this.archive)], { env });
  }

  [Symbol.dispose](): void {
    this.#stock[Symbol.dispose]();
    this.#dir[Symbol.dispose]();
  }
}

/**
 * The same trees, but with another time wherever the content of a file changed under unchanged attributes: no duplicity
 * notices that (spec 5.1), so such a step would test nothing.
 */
export function noticeable(steps: readonly (readonly TreeSpec[])[]): TreeSpec[][] {
  const out: TreeSpec[][] = [];
  for (const [index, step] of steps.entries()) {
    const before = new Map((out[index - 1] ?? []).map((spec) => [spec.path, spec]));
    out.push(
      step.map((spec) => {
        const old = before.get(spec.path);
        if (spec.type !== "file" || old?.type !== "file" || old.mtime !== spec.mtime) return spec;
        return { ...spec, mtime: (spec.mtime ?? 1_600_000_000) + 1 };
      }),
    );
  }
  return out;
}
