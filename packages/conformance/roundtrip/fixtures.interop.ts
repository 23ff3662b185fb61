import { readdirSync } from "node:fs";
import { join } from "node:path";
import {
  compareTrees,
  describeInterop,
  gpgHome,
  isRoot,
  run,
  scanTree,
  type StockSet,
  stockDuplicity,
  stockSets,
  tempDir,
  testKey,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { cleanEnv, done, doppel } from "../src/program.ts";

const options = { ignoreOwner: !isRoot };
const sets = stockSets().map((set) => [set.name, set] as const);
const encrypted = sets.filter(([, set]) => set.encryption !== "none");
const withKey = sets.filter(([, set]) => set.keys.length > 0);

/** What a reader has to say of the set's names; all else doppel finds out. */
function named(set: StockSet): string[] {
  return set.restoreOptions.filter(
    (option, i) => option.startsWith("--file-prefix") || set.restoreOptions[i - 1]?.startsWith("--file-prefix"),
  );
}

/** What stock duplicity wants when reading, without what only writing needs. */
function readOptions(set: StockSet): string[] {
  return set.restoreOptions.filter((option, i) => option !== "--encrypt-key" && set.restoreOptions[i - 1] !== "--encrypt-key");
}

/** The groups of test keys that each read the set alone, without those that only sign. */
function readersOf(set: StockSet): string[] {
  const groups = set.restoresWithOnly.length > 0 ? set.restoresWithOnly : [set.keys];
  return groups.map((group) => group.find((name) => name !== "sign")!).filter(Boolean);
}

describe("doppel restores what stock duplicity stored", () => {
  it.each(sets)("%s, without gpg", async (_, set) => {
    for (const key of [...readersOf(set), ...(set.keys.length === 0 ? [undefined] : [])]) {
      const target = join(tempDir(), "out");
      const keyOptions = key === undefined ? [] : ["--secret-key", testKey(key).secretFile];
      const env = { ...set.env, ...(key !== undefined && { PASSPHRASE: testKey(key).passphrase }) };
      await done(doppel(["restore", ...named(set), ...keyOptions, `file://${set.backup}`, target], { env }));
      expect(compareTrees(set.expected(), scanTree(target), options)).toEqual([]);
    }
  });

  it.each(sets)("%s has a status that needs no key", async (_, set) => {
    const { stdout } = await done(doppel(["status", ...named(set), `file://${set.backup}`]));
    expect(stdout.toString()).toContain(new Date(set.epoch * 1000).toISOString().slice(0, 10));
  });

  it.each(encrypted)("%s, not without the key or passphrase", async (_, set) => {
    const target = join(tempDir(), "out");
    const env = { PASSPHRASE: "not the passphrase" };
    const result = await doppel(["restore", ...named(set), `file://${set.backup}`, target], { env });
    expect(result.code, result.stderr.toString()).toBe(31);
    expect(readdirSync(join(target, ".."))).toEqual([]);
  });

  it.each(withKey.filter(([, set]) => !readersOf(set).includes("second")))("%s, not with another key", async (_, set) => {
    const target = join(tempDir(), "out");
    const other = testKey("second");
    const args = ["restore", ...named(set), "--secret-key", other.secretFile, `file://${set.backup}`, target];
    const result = await doppel(args, { env: { PASSPHRASE: other.passphrase } });
    expect(result.code, result.stderr.toString()).toBe(31);
    expect(readdirSync(join(target, ".."))).toEqual([]);
  });
});

describeInterop(["gpg", "tar"], "doppel and gpg", () => {
  it.each(withKey.filter(([name]) => name.endsWith("-old")))("restore %s through the keyring", async (_, set) => {
    await using home = await gpgHome(set.keys);
    const target = join(tempDir(), "out");
    const env = { ...set.env, GNUPGHOME: home.path };
    await done(doppel(["restore", ...readOptions(set), `file://${set.backup}`, target], { env }));
    expect(compareTrees(set.expected(), scanTree(target), options)).toEqual([]);
  });

  // Volumes of stock end in many ways, so that each is unpacked alone and folders in several of them lose their time.
  it.each(sets.filter(([name]) => /^(plain-|pubkey-|symmetric-|prefix-|shortnames-)/.test(name)))(
    "restore %s with the printed recipe",
    async (_, set) => {
      await using home = await gpgHome(set.keys);
      const dir = tempDir();
      const env = { ...set.env, GNUPGHOME: home.path };
      const recipe = await done(doppel(["recipe", ...named(set), `file://${set.backup}`], { env }));
      const gpg = `gpg --batch --quiet --pinentry-mode loopback --passphrase-file ${join(dir, "passphrase")}`;
      await done(run("sh", ["-c", 'printf %s "$PASSPHRASE" > passphrase'], { cwd: dir, env: cleanEnv(set.env) }));
      const shell = cleanEnv({ GNUPGHOME: home.path, GPG: gpg });
      await done(run("bash", ["-s", "--", join(dir, "out")], { input: recipe.stdout, cwd: dir, env: shell }));
      const withoutTimesOfFolders = (entries: ReturnType<typeof scanTree>) =>
        entries.map((entry) => (entry.type === "dir" ? { ...entry, mtime: 0 } : entry));
      expect(
        compareTrees(withoutTimesOfFolders(set.expected()), withoutTimesOfFolders(scanTree(join(dir, "out"))), options),
      ).toEqual([]);
    },
  );
});

describeInterop(["duplicity", "gpg"], "doppel lists what stock duplicity lists", () => {
  it.each(sets.filter(([name]) => /^(plain-gz-|symmetric-|oldnames-)/.test(name)))("of %s", async (_, set) => {
    await using home = await gpgHome(set.keys);
    using duplicity = stockDuplicity(home);
    const stock = await done(duplicity.run(["list-current-files", ...set.restoreOptions, `file://${set.backup}`], set.env));
    const ours = await done(doppel(["list", `file://${set.backup}`], { env: { ...set.env, GNUPGHOME: home.path } }));
    const listed = stock.stdout.toString().matchAll(/^\w{3} (\w{3} [ \d]\d [\d:]{8} \d{4}) (.*)$/gm);
    const expected = [...listed].map(([, time, name]) => `${new Date(`${time} UTC`).toISOString().slice(0, 19)} ${name}`);
    const found = ours.stdout.toString().matchAll(/^(\S+) (\S+) \+00:00 (.*)$/gm);
    expect(expected).toHaveLength(set.expected().length);
    expect([...found].map(([, day, time, name]) => `${day}T${time} ${name}`)).toEqual(expected);
  });
});
