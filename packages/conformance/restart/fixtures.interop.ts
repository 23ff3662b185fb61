import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  FIXTURES,
  gpgHome,
  isRoot,
  openTempDir,
  scanTree,
  stockDuplicity,
  stockSets,
  testKey,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { done, doppel } from "../src/program.ts";

describeInterop(["duplicity", "gpg"], "what kill -9 of stock left (fixtures/interrupted)", () => {
  it.each([
    ["old", "pubkey-old", "rsa", 2],
    ["new", "pubkey-new", "curve", 1],
  ] as const)("%s is gone on with", async (left, whole, keyName, volumes) => {
    const set = stockSets().find(({ name }) => name === whole)!;
    const key = testKey(keyName);
    using dir = openTempDir("/tmp");
    await using home = await gpgHome([keyName], { secret: true });
    using stock = stockDuplicity(home);
    const [source, target, archive] = [join(dir.path, "source"), join(dir.path, "target"), join(dir.path, "archive", "n")];
    for (const path of [target, archive]) mkdirSync(path, { recursive: true });
    const env = { PASSPHRASE: key.passphrase, GNUPGHOME: home.path };
    await done(doppel(["restore", "--archive-dir", join(dir.path, "cold"), `file://${set.backup}`, source], { env }));
    for (const name of readdirSync(set.backup)) {
      const volume = Number(/\.vol(\d+)\./.exec(name)?.[1] ?? Infinity);
      if (volume <= volumes) copyFileSync(join(set.backup, name), join(target, name));
    }
    for (const name of readdirSync(join(FIXTURES, "interrupted", left))) {
      const bytes = readFileSync(join(FIXTURES, "interrupted", left, name), "latin1");
      // Another host and another folder would be another source.
      writeFileSync(join(archive, name), bytes.replace(/^Hostname .*\nLocaldir .*\n/, ""), "latin1");
    }
    const options = [
      "--encrypt-key",
      key.fingerprint,
      "--volsize",
      "1",
      "--name",
      "n",
      "--archive-dir",
      join(dir.path, "archive"),
    ];
    await done(doppel(["full", ...options, source, `file://${target}`], { env }));
    const names = readdirSync(target).filter((name) => name.includes("manifest"));
    expect(names).toEqual(readdirSync(set.backup).filter((name) => name.includes("manifest")));
    expect(readdirSync(archive).filter((name) => name.endsWith(".part") || name.startsWith("."))).toEqual([]);

    for (const reader of ["doppel", "stock"]) {
      const out = join(dir.path, reader);
      const args = ["restore", `file://${target}`, out];
      await done(
        reader === "stock" ? stock.run(args, env) : doppel([...args, "--archive-dir", join(dir.path, "cold2")], { env }),
      );
      expect(compareTrees(set.expected(), scanTree(out), { ignoreOwner: !isRoot }), reader).toEqual([]);
    }
  });
});
