import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { PASSPHRASE, PLAIN, World } from "./world.ts";

const RIGHT = { env: { PASSPHRASE } };
const SECRET_KEY = "made up+for/this test==";

/** Where the kernel writes memory of crashed processes: into their folder, as files whose names begin with this. */
const CORE = readFileSync("/proc/sys/kernel/core_pattern", "latin1").trim();
const writesCores = /^core[\w.%]*$/.test(CORE) && execFileSync("sh", ["-c", "ulimit -H -c"]).toString().trim() === "unlimited";

/** A world with a backup, and the command line of a test restore of it. */
async function sealed(): Promise<{ readonly world: World; readonly target: string }> {
  const world = new World([{ name: "AWS's secret", value: SECRET_KEY }]);
  const target = world.path("target");
  await world.done(["full", ...world.later, world.path("source"), target], RIGHT);
  return { world, target };
}

describe("a run that crashes", () => {
  it("leaves plain text below --tempdir only, and the next run removes it", async () => {
    const { world, target } = await sealed();
    using _ = world;
    await world.run(["drill", target], { env: { PASSPHRASE, SPY_KILL: "SIGKILL" }, code: 137 });
    const found = world.searcher.below(world.path("."), ["source", "given", "out"]);
    expect(found.length).toBeGreaterThan(0);
    expect(found.filter((line) => !line.startsWith("plain text as it is in temp/doppel-drill-"))).toEqual([]);
    await world.done(["list", target], RIGHT);
    expect(readdirSync(world.path("temp"))).toEqual([]);
    world.expectClean();
  });

  it.each(["spool", "basis"])(
    "leaves a file without content when it is killed between making and unlinking it, and the next run removes that: %s",
    async (kind) => {
      const { world, target } = await sealed();
      using _ = world;
      world.edit();
      await world.done(["incremental", ...world.later, world.path("source"), target], RIGHT); // now the old state of a large file is needed
      const env = { PASSPHRASE, SPY_KILL_MADE: world.path(`temp/.doppel-${kind}-`) };
      await world.run(["verify", target, world.path("source")], { env, code: 137 });
      expect(readdirSync(world.path("temp"))).toEqual([expect.stringContaining(kind)]);
      world.expectClean();
      await world.done(["list", target], RIGHT);
      expect(readdirSync(world.path("temp"))).toEqual([]);
    },
  );

  it.runIf(writesCores)("has no memory in a core dump", async () => {
    const { world, target } = await sealed();
    using _ = world;
    const dumps = ["sh", "-c", 'ulimit -c unlimited; exec "$@"', "sh"];
    // That a dump would hold it: a shell's does.
    const canary = "PASSPHRASE=$(cat); kill -ABRT $$";
    execFileSync(
      "sh",
      ["-c", `ulimit -c unlimited; (cd "$0" && printf %s "$1" | sh -c '${canary}') || :`, world.path("out"), PASSPHRASE],
      {
        stdio: "ignore",
      },
    );
    expect(world.searcher.below(world.path("out"))).not.toEqual([]);
    await world.run(["drill", target], {
      env: { PASSPHRASE, AWS_SECRET_ACCESS_KEY: SECRET_KEY, SPY_KILL: "SIGABRT" },
      before: dumps,
      code: 134,
    });
    expect(readdirSync(world.path("cwd")).filter((name) => name.startsWith("core"))).not.toEqual([]);
    expect(world.searcher.below(world.path("cwd"))).toEqual([]);
  });

  it("makes no diagnostic report of itself; one that NODE_OPTIONS ask for has no passphrase", async () => {
    const { world, target } = await sealed();
    using _ = world;
    const report = world.path("out/report.json");
    await world.done(["list", target], { env: { PASSPHRASE, SPY_REPORT: report } });
    expect(existsSync(report)).toBe(true);
    expect(world.searcher.in(readFileSync(report))).toEqual([]);
    world.expectClean();
  });
});

describe("what looks for secrets", () => {
  const imported = fileURLToPath(new URL("./canary.mjs", import.meta.url));
  const leaking = (leak: string) => ({ bare: true, imported, env: { PASSPHRASE, LEAK: leak } });

  it.each<[string, RegExp]>([
    ["argument", /^the passphrase as it is given to true/],
    ["environment", /^the passphrase as it is given to true/],
    ["synchronous", /^the passphrase as it is given to true/],
    ["stdout", /^the passphrase as it is on standard output/],
    ["stderr", /^the passphrase in a URL on standard error/],
    ["json", /^the passphrase in JSON on standard output/],
    ["base64", /^the passphrase in base64, shifted by 1 on standard output/],
    ["elsewhere", /^wrote to .*default-tmp/],
  ])("sees it when the program leaks: %s", async (leak, finding) => {
    using world = new World([]);
    expect((await world.look(["--version"], leaking(leak))).problems).toContainEqual(expect.stringMatching(finding));
  });

  it.each<[string, string]>([
    ["left", "the passphrase as it is in temp/x"],
    ["hidden", "the passphrase in hex in temp/.x"],
    ["compressed", "the passphrase as it is, compressed in temp/x.gz"],
    ["named", "the passphrase in a URL in temp/G%C3%A4nse"],
    ["linked", "the passphrase in base64, shifted by 0 in temp/x"],
    ["grandchild", "the passphrase as it is seen of sh -c sleep"],
  ])("sees what was left behind: %s", async (leak, finding) => {
    using world = new World([]);
    await world.done(["--version"], leaking(leak));
    expect(world.findings()).toContainEqual(expect.stringContaining(finding));
  });

  it("sees plain text", () => {
    using world = new World([]);
    writeFileSync(world.path("temp/kept"), `before ${PLAIN} behind`, { mode: 0o600 });
    expect(world.findings()).toEqual(["plain text as it is in temp/kept"]);
  });

  it("sees what is open to others", () => {
    using world = new World([]);
    chmodSync(world.path("temp"), 0o755);
    writeFileSync(world.path("temp/open"), "text");
    chmodSync(world.path("temp/open"), 0o640);
    expect(world.findings()).toEqual(["temp/open is open to others"]);
  });
});
