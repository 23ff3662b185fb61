import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, randomContent, type RunResult, run, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { ProfilesPlace } from "../src/profiles-place.ts";
import { cleanEnv, done } from "../src/program.ts";

const KEY = testKey("rsa");
const env = { PASSPHRASE: KEY.passphrase };

/** A profile with a key, backed up in small volumes. */
async function place(): Promise<ProfilesPlace> {
  const made = new ProfilesPlace([
    "mail:",
    "  url: target",
    "  source: src",
    `  encrypt-to: ${KEY.publicFile}`,
    `  options: {secret-key: ${KEY.secretFile}, volsize: 1}`,
    "  drill: {files: 5, paths: [etc]}",
  ]);
  made.write("profiles.yaml", `${readFileSync(made.file, "utf8")}monitor: {state: state}\n`);
  mkdirSync(made.at("tmp"));
  mkdirSync(made.at("src/many"));
  for (let n = 0; n < 40; n++) writeFileSync(made.at(`src/many/${n}`), randomContent(`${n}`, 60_000 + n));
  await made.done(["full", "--no-print-statistics", "@mail"]);
  return made;
}

async function drills(made: ProfilesPlace, ...args: readonly string[]) {
  const { code, stdout, stderr } = await made.run(["drill", "--json", "--tempdir", "tmp", ...args], { env });
  expect(readdirSync(made.at("tmp"))).toEqual([]);
  const last = stdout.toString().trimEnd().split("\n").at(-1);
  return { code, stderr: stderr.toString(), result: last ? (JSON.parse(last) as Record<string, unknown>) : {} };
}

function recorded(made: ProfilesPlace): readonly Record<string, unknown>[] {
  const { runs } = JSON.parse(readFileSync(made.at("state/drills/mail.json"), "utf8")) as { runs: Record<string, unknown>[] };
  return runs;
}

describeInterop([], "doppel drill", () => {
  it("proves by the index what it restores, records it, and leaves no plain text behind", async () => {
    using made = await place();
    const { code, result } = await drills(made, "@mail", "--seed", "3");
    expect([code, result]).toEqual([
      0,
      expect.objectContaining({ ok: true, files: 6, filesInBackup: 42, digests: true, recorded: true, problems: [], seed: 3 }),
    ]);
    expect(recorded(made)).toMatchObject([{ ok: true, files: 6, problems: [] }]);
    expect(readFileSync(made.at("state/drills/mail.json"), "utf8")).not.toContain(KEY.passphrase);
    expect((await drills(made, "@mail", "--seed", "3")).result["paths"]).toEqual(result["paths"]);
    const text = await made.done(["drill", "@mail", "--files", "1"], { env });
    expect(text).toMatch(/an estimate\.\n\nRecorded for the monitor in .*\nPROVEN: /);
  });

  it("fails for a damaged volume and for one that is gone, with 1, and that is recorded", async () => {
    using made = await place();
    const volume = made.at(join("target", readdirSync(made.at("target")).find((name) => name.includes("vol2."))!));
    const sound = readFileSync(volume);
    const changed = Buffer.from(sound);
    changed[changed.length >> 1]! ^= 1;
    writeFileSync(volume, changed);
    const all = ["@mail", "--files", "100"];
    expect(await drills(made, ...all)).toMatchObject({ code: 1, result: { ok: false, digests: true } });
    rmSync(volume);
    const { code, result } = await drills(made, ...all);
    expect([code, String(result["problems"])]).toEqual([1, expect.stringContaining("is missing at the target")]);
    expect(recorded(made)).toMatchObject([{ ok: false }, { ok: false }]);
  });

  it("goes by whole volumes where the index is damaged, and says so with 3", async () => {
    using made = await place();
    const index = made.at(join("target", readdirSync(made.at("target")).find((name) => name.includes(".index."))!));
    const bytes = readFileSync(index);
    bytes[bytes.length - 40]! ^= 1;
    writeFileSync(index, bytes);
    const { code, result } = await drills(made, "@mail", "--files", "2");
    expect([code, result]).toEqual([3, expect.objectContaining({ ok: true, digests: false, problems: [] })]);
  });

  it("with a wrong passphrase has failed, which is recorded", async () => {
    using made = await place();
    const { code } = await made.run(["drill", "@mail"], { env: { PASSPHRASE: "wrong" } });
    expect(code).toBe(31);
    expect(recorded(made)).toMatchObject([{ ok: false, files: 0, problems: [expect.stringContaining("passphrase")] }]);
  });

  it("of a target that cannot be reached proves nothing, and nothing is recorded", async () => {
    using made = await place();
    rmSync(made.at("target"), { recursive: true });
    expect((await made.run(["drill", "@mail"], { env })).code).not.toBe(0);
    expect(() => recorded(made)).toThrow("ENOENT");
  });
});

describeInterop(["duplicity", "gpg"], "doppel drill of what stock made", () => {
  it("restores full sets and increments, and finds a damaged volume", async () => {
    using made = await place();
    mkdirSync(made.at("gnupg"), { mode: 0o700 });
    const stockEnv = cleanEnv({
      PASSPHRASE: "stock",
      HOME: made.path,
      GNUPGHOME: made.at("gnupg"),
      XDG_CACHE_HOME: made.at("stock-cache"),
    });
    const stock = (command: string): Promise<RunResult> =>
      done(run("duplicity", [command, "--volsize", "1", made.at("src"), `file://${made.at("stock")}`], { env: stockEnv }));
    await stock("full");
    writeFileSync(made.at("src/many/3"), randomContent("changed", 70_000));
    await stock("incremental");
    const args = ["drill", "--json", "--tempdir", "tmp", "--files", "50", "--path", "many", "stock"];
    const sound = await made.run(args, { env: { PASSPHRASE: "stock" } });
    expect([sound.code, sound.stdout.toString()]).toEqual([0, expect.stringContaining('"digests":false')]);
    const volume = made.at(
      join("stock", readdirSync(made.at("stock")).find((name) => name.includes("full") && name.includes("vol2."))!),
    );
    const changed = readFileSync(volume);
    changed[5000]! ^= 1;
    writeFileSync(volume, changed);
    const damaged = await made.run(args, { env: { PASSPHRASE: "stock" } });
    expect([damaged.code, damaged.stdout.toString()]).toEqual([1, expect.stringContaining("is not what the manifest says")]);
    expect(readdirSync(made.at("tmp"))).toEqual([]);
  });
});
