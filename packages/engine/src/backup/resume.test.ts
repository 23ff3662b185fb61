import { pathFromText, type RunEvent } from "@doppel/base";
import { isDoppelError } from "@doppel/base";
import { randomContent, type TreeSpec } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { Bench } from "./test-support.ts";

const file = (path: string, size: number, seed = path, mtime = 1_600_000_000): TreeSpec => ({
  path: pathFromText(path),
  type: "file",
  content: randomContent(seed, size),
  mtime,
});

const TREE: readonly TreeSpec[] = [
  file("a/1", 50_000),
  file("a/2", 90_000),
  file("a/deep/3", 70_000),
  { path: pathFromText("a/link"), type: "symlink", target: pathFromText("1") },
  file("b", 400_000), // four volumes
  file("c/4", 60_000),
  file("c/5", 10),
  file("d", 120_000),
];

function resumed(events: readonly RunEvent[]) {
  return events.find((event) => event.type === "run.resumed");
}

describe("an interrupted backup", () => {
  it("goes on behind any volume, and nothing is stored twice", async () => {
    for (let stop = 1; ; stop++) {
      using bench = new Bench();
      bench.become(TREE);
      const first = await bench.backup({ sabotage: { failAfterVolume: stop } });
      if (!first.error) {
        expect(stop).toBeGreaterThan(7);
        break;
      }
      expect(isDoppelError(first.error, "run.sabotaged")).toBe(true);
      const second = await bench.backup();
      expect(resumed(second.events), `after volume ${stop}`).toMatchObject({ from: stop + 1, lost: 0 });
      expect(await bench.differences(), `after volume ${stop}`).toEqual([]);
      expect(bench.archived.map((name) => name.replace(/\d{8}T\d{6}Z/, "T"))).toEqual([
        "duplicity-full-signatures.T.sigtar.gz",
        "duplicity-full.T.manifest",
      ]);
      // The signatures are whole: nothing has changed, and the next increment knows.
      const third = await bench.backup({ kind: "inc", skipIfUnchanged: true });
      expect(third.report?.outcome, `after volume ${stop}`).toBe("unchanged");
    }
  });
});
