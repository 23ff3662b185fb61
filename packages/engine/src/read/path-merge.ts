import { type BytePath, comparePaths } from "@doppel/base";

/** Something that stands at one path after another, in ascending order; undefined at its end. */
export interface PathLane {
  readonly path: BytePath | undefined;
}

/**
 * Walks lanes in step, always at those which stand at the smallest path. A heap: beside a long lane, many short ones
 * (the increments of a chain) cost next to nothing.
 */
export class PathMerge<Lane extends PathLane> {
  readonly #lanes: readonly Lane[];
  /** Indices of the lanes that wait at a path: a binary heap by path, then by index. */
  readonly #heap: number[] = [];
  #here: readonly number[];

  /** @param lanes oldest first; none of them stands anywhere yet, so that all are `here` to be moved to their first path. */
  constructor(lanes: readonly Lane[]) {
    this.#lanes = lanes;
    this.#here = lanes.map((_, index) => index);
  }

  /** The lanes that the caller must move on before it calls `next`; oldest first. */
  get here(): readonly Lane[] {
    return this.#here.map((index) => this.#lanes[index]!);
  }

  /** The lanes at the smallest path, oldest first: at least one, or none when all are at their end. */
  next(): readonly Lane[] {
    for (const index of this.#here) if (this.#lanes[index]!.path !== undefined) this.#push(index);
    const here: number[] = [];
    while (this.#heap.length > 0 && (here.length === 0 || this.#path(this.#heap[0]!) === this.#path(here[0]!))) {
      here.push(this.#pop());
    }
    this.#here = here;
    return this.here;
  }

  #path(index: number): BytePath {
    return this.#lanes[index]!.path!;
  }

  #before(a: number, b: number): boolean {
    const order = comparePaths(this.#path(a), this.#path(b));
    return order < 0 || (order === 0 && a < b);
  }

  #push(index: number): void {
    const heap = this.#heap;
    let at = heap.length;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!this.#before(index, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = index;
  }

  #pop(): number {
    const heap = this.#heap;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && this.#before(heap[child + 1]!, heap[child]!)) child++;
      if (!this.#before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return top;
  }
}
