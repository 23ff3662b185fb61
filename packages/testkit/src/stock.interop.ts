import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { compareTrees } from "./compare.ts";
import { stockSets } from "./fixtures.ts";
import { gpgHome } from "./gpg-home.ts";
import { makeAwkwardTree } from "./awkward-tree.ts";
import { isRoot } from "./materialise.ts";
import { describeInterop, reference } from "./programs.ts";
import { run } from "./run.ts";
import { asStored, scanTree } from "./scan.ts";
import { stockDuplicity } from "./stock-duplicity.ts";
import { tempDir } from "./temp-dir.ts";
import { testKey } from "./test-keys.ts";

const options = { ignoreOwner: !isRoot };

describeInterop(["gpg"], "gpgHome", () => {
  it("decrypts and signs with the keys it was given, asks nobody, and ends its agent", async () => {
    const home = await gpgHome(["rsa", "second"]);
    const gpg = (args: readonly string[], input: Uint8Array | string) =>
      run("gpg", ["--batch", ...args], { env: home.env, input });
    const sealed = await gpg(["--encrypt", "-r", testKey("second").fingerprint], "hello");
    expect(sealed.code, sealed.stderr.toString()).toBe(0);
    const unlock = ["--pinentry-mode", "loopback", "--passphrase", testKey("second").passphrase];
    expect((await gpg([...unlock, "--decrypt"], sealed.stdout)).stdout.toString()).toBe("hello");
    const agent = await run("gpgconf", ["--list-dirs", "agent-socket"], { env: home.env });
    await home[Symbol.asyncDispose]();
    expect(
      (await run("gpg-connect-agent", ["-S", agent.stdout.toString().trim(), "getinfo pid", "/bye"])).stdout.toString(),
    ).not.toContain("D ");
  });

  it("can hold public halves only", async () => {
    await using home = await gpgHome(["rsa"], { secret: false });
    const list = (what: string) => run("gpg", ["--batch", "--with-colons", what], { env: home.env });
    expect((await list("--list-keys")).stdout.toString()).toContain(testKey("rsa").fingerprint);
    expect((await list("--list-secret-keys")).stdout.toString()).toBe("");
  });
});

describeInterop(
  ["duplicity", "gpg"],
  `stock duplicity (${reference("duplicity")?.version}), the fixtures and the comparison`,
  () => {
    // As another user stock sets neither mode nor time of what it may not give its owner.
    it.runIf(isRoot).each(["plain-gz-old", "signed-old"])("restores %s as expected (needs root)", async (name) => {
      const set = stockSets().find((one) => one.name === name)!;
      await using home = await gpgHome(set.keys);
      using duplicity = stockDuplicity(home);
      const target = join(tempDir(), "out");
      const { code, stderr } = await duplicity.run(["restore", ...set.restoreOptions, `file://${set.backup}`, target], set.env);
      expect(code, stderr.toString()).toBe(0);
      expect(compareTrees(set.expected(), scanTree(target), options)).toEqual([]);
    });

    it("brings the awkward tree back, and a change is seen", async () => {
      const [source, backup, out] = [tempDir(), tempDir(), tempDir()];
      makeAwkwardTree(source);
      using duplicity = stockDuplicity();
      const plain = ["--no-encryption", "--volsize", "1"];
      expect((await duplicity.run(["full", ...plain, source, `file://${backup}`])).code).toBe(0);
      const target = join(out, "tree");
      const { code, stderr } = await duplicity.run(["restore", "--no-encryption", `file://${backup}`, target]);
      expect(code, stderr.toString()).toBe(0);
      expect(compareTrees(asStored(scanTree(source)), scanTree(target), options)).toEqual([]);
      rmSync(join(target, "attr/epoch"));
      expect(compareTrees(asStored(scanTree(source)), scanTree(target), options)).toContain("missing: attr/epoch (file)");
    });
  },
);
