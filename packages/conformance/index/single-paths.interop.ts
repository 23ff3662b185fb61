import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import {
  asStored,
  compareTrees,
  describeInterop,
  isRoot,
  makeAwkwardTree,
  scanTree,
  tempDir,
  testKey,
  type TreeEntry,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { MixedChain } from "../src/chain.ts";
import { done, doppel, doppelBytes } from "../src/program.ts";

/** Cut into pieces, first and last in a volume, of every kind, with odd names; files, folders, and folders of folders. */
const PATHS = [
  "data/big-random",
  "data/big-text",
  "data",
  "data/size-065536",
  "kind/read-only-dir",
  "kind/absolute",
  "names/new\nline",
  "names/żółć",
  "order/a",
  "order/a.d/x",
  "names/dir-\xe9",
].map((path) => (path.includes("\xe9") ? path : Buffer.from(path).toString("latin1")));

const key = testKey("rsa");
const ENVELOPES = [
  { title: "gzip", write: ["--no-encryption"], read: [] },
  { title: "plain", write: ["--no-encryption", "--no-compression"], read: [] },
  { title: "encrypted", write: ["--encrypt-key", key.publicFile], read: ["--secret-key", key.secretFile] },
  {
    title: "encrypted and not compressed",
    write: ["--encrypt-key", key.publicFile, "--no-compression"],
    read: ["--secret-key", key.secretFile],
  },
];

function below(entries: readonly TreeEntry[], top: string): TreeEntry[] {
  const inside = entries.filter(({ path }) => path === top || path.startsWith(`${top}/`));
  return inside.map((entry) => ({ ...entry, path: entry.path.slice(top.length) as typeof entry.path }));
}

describeInterop([], "one path, by the index of its set", () => {
  it.each(ENVELOPES)("comes back as it was, from parts of volumes: $title", async ({ write, read }) => {
    const [source, backup, out] = [tempDir(), tempDir(), tempDir()];
    makeAwkwardTree(source);
    await done(doppel(["full", ...write, "--volsize", "1", "--archive-dir", tempDir(), source, backup]));
    const all = asStored(scanTree(source));
    const env = { PASSPHRASE: key.passphrase };
    for (const [i, path] of PATHS.entries()) {
      const target = join(out, String(i));
      const args = ["restore", "-v5", ...read, "--archive-dir", tempDir(), "--path-to-restore", path, backup, target];
      const { stdout } = await done(doppelBytes(args, { env }));
      expect(stdout.toString("latin1"), path).not.toContain(".manifest");
      expect(compareTrees(below(all, path), below(scanTree(out), String(i)), { ignoreOwner: !isRoot }), path).toEqual([]);
      rmSync(target, { recursive: true });
    }
  });

  it("is not there when the backup does not have it, or no longer", async () => {
    const [source, backup, out] = [tempDir(), tempDir(), tempDir()];
    makeAwkwardTree(source);
    const archive = ["--archive-dir", tempDir()];
    await done(doppel(["full", "--no-encryption", "--current-time", "1700000000", ...archive, source, backup]));
    rmSync(join(source, "data", "big-text"));
    await done(doppel(["incremental", "--no-encryption", ...archive, source, backup]));
    for (const path of ["data/big-text", "data/none", "zzz", "a"]) {
      const result = await doppel(["restore", "-r", path, "--archive-dir", tempDir(), backup, join(out, "it")]);
      expect([result.code, result.stderr.toString()], path).toEqual([
        19,
        expect.stringContaining(`${path} not found in archive`),
      ]);
      expect(readdirSync(out)).toEqual([]);
    }
  });
});

describeInterop(["duplicity"], "one path of a chain that stock duplicity wrote a part of", () => {
  it("comes back from parts of volumes where there is an index, and whole ones where there is none", async () => {
    using chain = new MixedChain({ envelope: ["--no-encryption"], sharedArchive: false });
    const file = (content: string, mtime: number) => [
      { path: "f" as never, type: "dir" as const },
      { path: "f/a" as never, type: "file" as const, content: Buffer.from(content), mtime },
      { path: "f/b" as never, type: "file" as const, content: Buffer.alloc(200_000, content), mtime },
    ];
    for (const [i, maker] of (["doppel", "stock", "doppel", "doppel", "stock"] as const).entries()) {
      chain.become(file(`state ${i} `, 1_600_000_000 + i));
      await chain.backup(maker);
    }
    for (let point = 0; point < chain.points; point++) {
      for (const path of ["f/a", "f/b", "f"]) {
        const out = chain.place("out");
        await done(
          chain.run("doppel", ["restore", "-t", `${chain.timeAfter(point)}`, "-r", path, `file://${chain.target}`, out]),
        );
        const back = path === "f" ? readFileSync(join(out, "a")) : readFileSync(out);
        expect(back.subarray(0, 8).toString(), `${path} at ${point}`).toBe(`state ${point} `);
        rmSync(out, { recursive: true });
      }
    }
    expect(readdirSync(chain.target).filter((name) => name.includes(".index"))).toHaveLength(3);
  });
});
