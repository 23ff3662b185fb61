import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, makeAwkwardTree, randomContent, run, scanTree, tempDir, textContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { cleanEnv, done, doppel } from "../src/program.ts";

/** Sizes at which stock duplicity changes the length of a block (spec 4.3). */
const STEPS = [1_023_999, 1_024_000, 2_047_999, 2_048_000, 3_072_001, 4_096_000, 9_000_000];

describeInterop(["rdiff", "tar", "gzip"], "the signatures of doppel", () => {
  it("are those of rdiff, byte for byte, with the block lengths of stock duplicity", async () => {
    const [source, backup, unpacked] = [tempDir(), tempDir(), tempDir()];
    makeAwkwardTree(source);
    mkdirSync(join(source, "steps"));
    for (const size of STEPS)
      writeFileSync(join(source, "steps", `${size}`), size % 2 ? randomContent(`${size}`, size) : textContent(`${size}`, size));
    await done(doppel(["full", "--no-encryption", "--volsize", "1", "--archive-dir", tempDir(), source, backup]));
    const sigtar = join(backup, readdirSync(backup).find((name) => name.includes("sigtar"))!);
    await done(run("tar", ["-xzf", sigtar, "-C", unpacked]));
    const inSigtar = scanTree(unpacked).filter(({ path, type }) => type === "file" && path.startsWith("signature/"));
    const files = scanTree(source).filter(({ type }) => type === "file");
    expect(inSigtar.map(({ path }) => path.slice("signature/".length))).toEqual(files.map(({ path }) => path));

    // One shell for all files; names go in as bytes on its standard input. In UTF-8 `read` takes a NUL for a part of a name.
    const script = `set -eu
      while IFS= read -r -d '' path; do
        IFS= read -r -d '' block
        rdiff -f -H md4 -R rollsum -S 8 -b "$block" signature "$1/$path" "$3"
        cmp -- "$3" "$2/signature/$path"
      done`;
    const input = files.map(({ path, size = 0 }) => `${path}\0${blockLength(size)}\0`).join("");
    const args = ["-c", script, "bash", source, unpacked, join(tempDir(), "by-rdiff")];
    const { stdout } = await done(run("bash", args, { input: Buffer.from(input, "latin1"), env: cleanEnv({ LC_ALL: "C" }) }));
    expect(stdout.toString()).toBe("");
    expect(readFileSync(join(unpacked, "signature/data/size-000000")).toString("hex")).toBe("727301360000020000000008");
  });
});

/** As stock duplicity 0.8 chooses it. */
function blockLength(size: number): number {
  return size < 1_024_000 ? 512 : Math.min(2048, Math.floor(size / 1_024_000) * 512);
}
