import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, run, stockDuplicity, tempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import type { TenJobs } from "./testing/ten-jobs.ts";

const PROGRAM = new URL("./testing/ten-jobs.ts", import.meta.url).pathname;

describeInterop(["duplicity", "gpg"], "ten jobs at once, half of which are ended", () => {
  it.each([1])("leave nothing behind, and the others are restored by stock duplicity: seed %i", async (seed) => {
    const dir = tempDir();
    mkdirSync(join(dir, "tmp"));
    const { code, stdout, stderr } = await run(process.execPath, [
      "-C",
      "@doppel/source",
      "--import",
      "tsx",
      PROGRAM,
      dir,
      String(seed),
    ]);
    expect([code, stderr.toString()]).toEqual([0, ""]);
    const result = JSON.parse(stdout.toString()) as TenJobs;
    const even = ["0", "2", "4", "6", "8"];
    expect(result.outcomes).toEqual(even.flatMap(() => ["stored", "aborted"]));
    expect(Object.keys(result.digests).sort()).toEqual(even);
    expect(result.read).toEqual(result.digests);
    expect(result).toMatchObject({ warnings: [], descriptors: [], resources: [], temporary: [] });
    expect(result.peakMiB).toBeLessThan(1536); // one takes up to 150, most of it threads
    for (const odd of [1, 3, 5, 7, 9]) {
      expect(readdirSync(join(dir, `target-${odd}`)).filter((name) => name.includes("manifest"))).toEqual([]);
    }
    using stock = stockDuplicity();
    for (const number of even.slice(0, 2)) {
      const into = join(dir, `stock-${number}`);
      const restored = await stock.run(["restore", `file://${dir}/target-${number}`, into], { PASSPHRASE: "ten at once" });
      expect([restored.code, restored.stderr.toString()]).toEqual([0, expect.anything()]);
      for (const tree of [into, join(dir, `restored-${number}`)]) {
        expect(
          createHash("sha256")
            .update(readFileSync(join(tree, "content")))
            .digest("hex"),
        ).toBe(result.digests[number]);
        expect(readdirSync(join(tree, "d")).length).toBe(200);
      }
    }
  });
});
