import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  describeInterop,
  isRoot,
  makeAwkwardTree,
  run,
  scanTree,
  stockDuplicity,
  tempDir,
  type TreeEntry,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { done, doppel } from "../src/program.ts";

/** Of all kinds, first and last in a volume, cut, and with names that need quoting in the manifest. */
const PATHS = [
  "data/big-random",
  "data/big-text",
  "data",
  "data/size-065536",
  "kind/read-only-dir",
  "kind/absolute",
  "names/new\nline",
  "names/name with spaces",
  "names/żółć",
  "order/a",
  "order/a.d/x",
  "names/dir-\xe9",
  "names/dir-\xe9/in it",
];

describeInterop(["duplicity"], "stock duplicity takes out of a backup of doppel", () => {
  it("single files and folders, wherever they lie", async () => {
    const [source, backup, out] = [tempDir(), tempDir(), tempDir()];
    makeAwkwardTree(source);
    await done(doppel(["full", "--no-encryption", "--volsize", "1", "--archive-dir", tempDir(), source, backup]));
    using duplicity = stockDuplicity();
    const all = asStored(scanTree(source));
    for (const [i, path] of PATHS.entries()) {
      const bytes = latin1Of(path, all);
      const target = join(out, String(i));
      mkdirSync(target);
      // run() takes text: the shell makes the bytes.
      const octal = [...Buffer.from(bytes, "latin1")].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
      const script = `duplicity restore --no-encryption --archive-dir "$1" --file-to-restore $'${octal}' "$2" "$3"`;
      await done(run("bash", ["-c", script, "bash", duplicity.archiveDir, `file://${backup}`, join(target, "it")], { cwd: out }));
      const under = (entries: readonly TreeEntry[], top: string) =>
        entries
          .filter((entry) => entry.path === top || entry.path.startsWith(`${top}/`))
          .map((entry) => ({ ...entry, path: entry.path.slice(top.length) as typeof entry.path }));
      const wanted = under(all, bytes);
      expect(wanted.length, path).toBeGreaterThan(0);
      expect(compareTrees(wanted, under(scanTree(target), "it"), { ignoreOwner: !isRoot })).toEqual([]);
    }
    const manifest = readFileSync(
      join(
        backup,
        (await run("ls", [backup])).stdout
          .toString()
          .split("\n")
          .find((name) => name.endsWith("manifest"))!,
      ),
    );
    expect(manifest.toString().match(/^Volume /gm)?.length).toBeGreaterThan(4);
  });
});

/** PATHS has text where the name is UTF-8 and one character for each byte where it is not. */
function latin1Of(path: string, entries: readonly TreeEntry[]): string {
  const utf8 = Buffer.from(path).toString("latin1");
  return entries.some((entry) => entry.path === utf8) ? utf8 : path;
}
