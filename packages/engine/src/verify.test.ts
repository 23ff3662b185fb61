import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathFromText } from "@doppel/base";
import { NO_PREFIXES } from "@doppel/format";
import { loadRsync } from "@doppel/rsync";
import { MemoryStorage, tempDir } from "@doppel/testkit";
import type { SelectionOption } from "@doppel/tree";
import { describe, expect, it } from "vitest";
import { depsOf, dir, file, hour, testRuntime, tree } from "./history/test-support.ts";
import { ChainWriter } from "./read/lost/test-support.ts";
import { verify } from "./verify.ts";

const rsync = await loadRsync();
const p = pathFromText;

describe("verify of a path, with the selection of the whole tree (Z13)", () => {
  /** The differences from a local tree that has `d/new` and `d/skipped` besides what the backup has. */
  async function differences(selection: (source: string) => readonly SelectionOption[], list = "") {
    const folder = tempDir();
    const storage = new MemoryStorage();
    new ChainWriter(storage, rsync).write("full", hour(0), tree(dir(""), dir("d"), file("d/a", "a"), file("z", "z")), [2]);
    const source = join(folder, "src");
    mkdirSync(join(source, "d"), { recursive: true });
    for (const name of ["a", "new", "skipped"]) writeFileSync(join(source, "d", name), "");
    const runtime = testRuntime();
    const choices = { nullSeparator: false, copyLinks: false, compareData: true, numericOwner: true, verbose: false };
    const job = {
      source: p(join(source, "d")),
      path: p("d"),
      prefixes: NO_PREFIXES,
      selection: selection(source),
      filelists: new Map([["list", Buffer.from(list)]]),
    };
    await verify({ ...job, ...choices }, depsOf(storage, folder), runtime);
    return runtime.events.flatMap((event) =>
      event.type === "difference" && (event.difference.kind === "new" || event.difference.kind === "missing")
        ? [`${event.difference.kind} ${event.path}`]
        : [],
    );
  }

  it("passes over patterns that cannot match there", async () => {
    const found = await differences((source) => [
      { option: "exclude", value: `${source}/z` },
      { option: "exclude", value: `${source}/d/skipped` },
      { option: "exclude", value: "elsewhere/**" },
    ]);
    expect(found).toEqual(["new new"]);
  });

  it("reads a list of --files-from from the top of the tree", async () => {
    expect(await differences(() => [{ option: "files-from", value: "list" }], "d/a\nnew\nz\n")).toEqual([]);
    expect(await differences(() => [{ option: "files-from", value: "list" }], "d/new\n")).toEqual(["missing a", "new new"]);
  });
});
