import { pathFromText, type RunEvent } from "@doppel/base";
import { MemoryStorage, randomContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Bench } from "./test-support.ts";

const tree = (...names: readonly string[]): readonly TreeSpec[] =>
  names.map((name) => ({ path: pathFromText(name), type: "file", content: randomContent(name, 100), mtime: 1_600_000_000 }));

/** What another machine stores while the backup's own manifest is on its way. */
class Beside extends MemoryStorage {
  constructor(target: MemoryStorage, rival: ReadonlyMap<string, Uint8Array>) {
    super();
    const put = target.put.bind(target);
    this.list = target.list.bind(target);
    this.stat = target.stat.bind(target);
    this.get = target.get.bind(target);
    this.put = async (name, body, signal) => {
      if (name.includes("manifest")) for (const [other, bytes] of rival) target.objects.set(other, bytes);
      await put(name, body, signal);
    };
  }
}

function told(events: readonly RunEvent[]): readonly string[] {
  return events.flatMap((event) => (event.type === "notice" && event.incomplete ? [event.detail] : []));
}

/** A full backup, and what a second machine would make of it, taken away again. */
async function withRival(kind: "inc" | "full") {
  const bench = new Bench();
  bench.become(tree("a"));
  await bench.backup({ kind: "full" });
  const before = new Map(bench.target.objects);
  bench.become(tree("a", "theirs"));
  expect((await bench.backup({ kind })).error).toBeUndefined();
  const rival = new Map([...bench.target.objects].filter(([name]) => !before.has(name)));
  for (const name of rival.keys()) bench.target.objects.delete(name);
  bench.become(tree("a", "ours"));
  return { bench, rival };
}

describe("two machines that store at the same moment", () => {
  it("two increments on one backup: the later run says what became of the other", async () => {
    const { bench, rival } = await withRival("inc");
    using _ = bench;
    const ran = await bench.backup({ kind: "inc" }, { storage: new Beside(bench.target, rival) });
    expect(ran.error).toBeUndefined();
    expect(ran.report).toMatchObject({ outcome: "stored", incomplete: 1 });
    expect(told(ran.events)).toEqual([expect.stringMatching(/another machine stored .* both continue the same backup/)]);
  });

  it("an increment behind which a full backup has come before its own time", async () => {
    const { bench, rival } = await withRival("full");
    using _ = bench;
    const ran = await bench.backup({ kind: "inc" }, { storage: new Beside(bench.target, rival) });
    expect(told(ran.events)).toEqual([expect.stringMatching(/another machine stored .* finds the full backup instead/)]);
  });

  it("two full backups do no harm to each other", async () => {
    const { bench, rival } = await withRival("full");
    using _ = bench;
    const ran = await bench.backup({ kind: "full" }, { storage: new Beside(bench.target, rival) });
    expect([ran.error, told(ran.events)]).toEqual([undefined, []]);
  });

  it("one machine alone is told nothing", async () => {
    using bench = new Bench();
    for (const kind of ["full", "inc", "inc", "full", "inc"] as const) {
      bench.become(tree("a", kind));
      const ran = await bench.backup({ kind });
      expect([ran.error, told(ran.events)]).toEqual([undefined, []]);
    }
  });
});
