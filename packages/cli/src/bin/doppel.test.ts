import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  asStored,
  compareTrees,
  isRoot,
  openTempDir,
  randomContent,
  run,
  type RunResult,
  scanTree,
  testKey,
} from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { byteText } from "../render/sizes.ts";

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

/** The built program is run, through the launchers that users have on PATH; vitest's global setup has built it. */
function launcher(program: string): string {
  return join(ROOT, `packages/cli/bin/${program}.js`);
}

/** A folder with `src` to back up, and the program in it: what a user types, and what he sees. */
class Bench implements Disposable {
  readonly #dir = openTempDir();
  readonly folder = this.#dir.path;
  readonly env: Record<string, string | undefined>;

  constructor() {
    const home = join(this.folder, "home");
    mkdirSync(join(this.folder, "src/sub"), { recursive: true });
    mkdirSync(home);
    writeFileSync(join(this.folder, "src/a"), "hello\n");
    utimesSync(join(this.folder, "src/a"), 1_690_000_000, 1_690_000_000); // a change in the same second would go unseen
    writeFileSync(join(this.folder, "src/sub/b"), Buffer.alloc(100_000, 7));
    // A gpg that leaves a trace, first on PATH.
    mkdirSync(join(this.folder, "bin"));
    writeFileSync(join(this.folder, "bin/gpg"), `#!/bin/sh\necho "$@" >> ${this.folder}/gpg-was-started\nexit 2\n`, {
      mode: 0o755,
    });
    const PATH = `${join(this.folder, "bin")}:${process.env["PATH"]}`;
    this.env = { PATH, HOME: home, TZ: "Europe/Berlin", COLUMNS: "80" };
  }

  type(line: string, env: Record<string, string> = {}, program = "doppel"): Promise<RunResult> {
    return this.start(line.split(" "), env, program);
  }

  start(args: readonly string[], env: Record<string, string> = {}, program = "doppel"): Promise<RunResult> {
    return run(process.execPath, [launcher(program), ...args], { cwd: this.folder, env: { ...this.env, ...env } });
  }

  /** Two backups: `src` as it is, and a day later with another `a`. */
  async chain(): Promise<void> {
    const options = "--no-encryption --no-print-statistics";
    expect((await this.type(`full ${options} --current-time 1700000000 src file://target`)).code).toBe(0);
    writeFileSync(this.path("src/a"), "changed\n");
    expect((await this.type(`incremental ${options} --current-time 1700086400 src file://target`)).code).toBe(0);
  }

  /** A line for the shell, in which "$DOPPEL" is the program. */
  shell(line: string): Promise<RunResult> {
    return run("sh", ["-c", line], { cwd: this.folder, env: { ...this.env, DOPPEL: launcher("doppel") } });
  }

  /** Whether what was restored as `name` is what was backed up. */
  differences(name: string): readonly string[] {
    return compareTrees(asStored(scanTree(this.path("src"))), scanTree(this.path(name)));
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }

  path(name: string): string {
    return join(this.folder, name);
  }
}

/** What everybody else is told at the end of a restore. */
const OWNERS_NOTICE = "notice: owners are not restored: that needs root\n";

/** Exit code, standard output and standard error, with what differs from run to run replaced. */
function seen({ code, stdout, stderr }: RunResult): { code: number; out: string; err: string } {
  const steady = (bytes: Buffer): string =>
    bytes
      .toString("utf8")
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \+0[12]:00/g, "TIME")
      .replace(/\d{8}T\d{6}Z/g, "TIME")
      .replace(/ [\d.]+ s([;,])/g, " SECONDS$1")
      .replace(/^(StartTime|EndTime|ElapsedTime) .*$/gm, "$1 ...");
  const err = steady(stderr);
  return { code, out: steady(stdout), err: isRoot ? err : err.replace(OWNERS_NOTICE, "") };
}

const STATISTICS = /^-{14}\[ Backup Statistics \]-{14}\n(?:\w+ .*\n){15}-{49}\n\n/;

describe.concurrent("doppel", () => {
  it("backs up, tells, lists and restores", async () => {
    using bench = new Bench();
    const full = seen(await bench.type("full --no-encryption src file://target"));
    expect(full.out).toMatch(STATISTICS);
    expect({ ...full, out: full.out.replace(STATISTICS, "") }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^Full backup complete: 1 volume, [\d.]+ KB stored in SECONDS; restore with: doppel restore file:\/\/target TARGET\n$/,
      ),
      err: "",
    });

    const status = seen(await bench.type("status file://target"));
    expect(status.out).toMatch(
      /^file:\/\/target: 1 complete backup, [\d.]+ \w+\n\nTime +Kind +Volumes +Stored +Encrypted\nTIME +full +1 +[\d.]+ \w+ +no\n$/,
    );
    expect([status.code, status.err]).toEqual([0, ""]);

    const list = seen(await bench.type("list file://target"));
    expect(list).toEqual({ code: 0, out: "TIME .\nTIME a\nTIME sub\nTIME sub/b\n", err: "" });

    const restore = seen(await bench.type("restore file://target back"));
    expect(restore).toEqual({ code: 0, out: "Restore complete: 4 entries, 97.7 KB in SECONDS, into back\n", err: "" });
    expect(bench.differences("back")).toEqual([]);
    expect(seen(await bench.type("restore file://target back"))).toMatchObject({ code: 11, out: "" });
    expect(existsSync(bench.path("gpg-was-started"))).toBe(false);
  });

  it("encrypts to a key in a file without gpg and without a question, and decrypts with a key file", async () => {
    using bench = new Bench();
    const { publicFile, secretFile, passphrase } = testKey("rsa");
    const full = await bench.start(["full", "--encrypt-key", publicFile, "src", "target"], { PASSPHRASE: "not asked for" });
    expect(seen(full)).toMatchObject({ code: 0, err: "" });
    const names = readdirSync(bench.path("target"));
    expect(names.filter((name) => !name.endsWith(".gpg"))).toEqual([expect.stringMatching(/^duplicity-full\.\w+\.receipt$/)]);
    writeFileSync(bench.path("passphrase"), `${passphrase}\n`);
    const restore = ["restore", "--secret-key", secretFile, "--passphrase-file", "passphrase", "target", "back"];
    expect(seen(await bench.start(restore))).toMatchObject({ code: 0, err: "" });
    expect(bench.differences("back")).toEqual([]);
    expect(existsSync(bench.path("gpg-was-started"))).toBe(false);

    const wrong = await bench.start(["restore", "--secret-key", secretFile, "target", "back2"], { PASSPHRASE: "wrong" });
    expect(wrong.code).toBe(31);
    expect(wrong.stderr.toString()).toMatch(/^doppel: .*passphrase does not unlock key.*\n$/);
    expect(existsSync(bench.path("back2"))).toBe(false);
    expect(readFileSync(bench.path("gpg-was-started"), "utf8")).not.toMatch(/wrong/);
  });

  it("continues a chain, and goes back to each of its states", async () => {
    using bench = new Bench();
    const quiet = "--no-encryption --no-print-statistics";
    const none = seen(await bench.type(`incremental ${quiet} src file://target`));
    expect(none).toMatchObject({ code: 17, out: "", err: expect.stringMatching(/make a full backup first\n$/) });

    const first = seen(await bench.type(`${quiet} --current-time 1700000000 src file://target`));
    expect(first).toMatchObject({ code: 0, out: expect.stringMatching(/^Full backup complete: /), err: "" });
    const before = asStored(scanTree(bench.path("src")));
    writeFileSync(bench.path("src/a"), "changed\n");
    rmSync(bench.path("src/sub/b"));
    writeFileSync(bench.path("src/n"), "new\n");
    const second = seen(await bench.type(`${quiet} --current-time 1700086400 src file://target`));
    expect(second).toMatchObject({ code: 0, out: expect.stringMatching(/^Increment complete: /), err: "" });
    const elsewhere = seen(await bench.type(`incremental ${quiet} --current-time 1700172800 src/sub file://target`));
    expect(elsewhere).toMatchObject({ code: 42, err: expect.stringContaining("--allow-source-mismatch") });

    expect(seen(await bench.type("restore -t 1700000000 file://target old"))).toMatchObject({ code: 0, err: "" });
    expect(compareTrees(before, scanTree(bench.path("old")))).toEqual([]);
    expect(seen(await bench.type("file://target new"))).toMatchObject({ code: 0, err: "" }); // no command: restore
    expect(bench.differences("new")).toEqual([]);
    expect(seen(await bench.type("-r sub/ -t 1700000000 file://target one"))).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(bench.path("one"))).toEqual(["b"]);

    const list = async (options: string) => seen(await bench.type(`list ${options} file://target`));
    expect((await list("-t 1700000000")).out).toBe("TIME .\nTIME a\nTIME sub\nTIME sub/b\n");
    expect((await list("-v3")).out).toBe("TIME .\nTIME a\nTIME n\nTIME sub\n");
    expect((await list("-r sub -t 1700000000")).out).toBe("TIME sub\nTIME sub/b\n");
    expect(await list("-t 1600000000")).toMatchObject({
      code: 0,
      err: "notice: no backup is as old as TIME; this is the first one, of TIME\n",
    });
    expect(await list("-r nowhere")).toMatchObject({ code: 19, out: "" });
  });

  it("tells what changed, and when", async () => {
    using bench = new Bench();
    await bench.chain();
    const told = async (line: string) => seen(await bench.type(line)).out;
    expect(await told("find a file://target")).toBe(
      "Backup                     What           Size Date of the file           Path\n" +
        "TIME new         6 bytes TIME a\nTIME changed     8 bytes TIME a\n",
    );
    expect(seen(await bench.type("find nowhere file://target"))).toMatchObject({ code: 19, out: "" });
    expect(await told("diff file://target 1700000000 now -r a")).toBe("--- TIME\n+++ TIME\nchanged    a\n");
    expect(await told("status --show-changes-in-set 0 file://target")).toBe("Changes in the increment of TIME\nchanged a\n");
    expect(await told("status --file-changed a file://target")).toBe("TIME full      new\nTIME increment changed\n");
    const rows = (await told("diff --json file://target 1700000000 1700000000")).trim().split("\n").slice(-2);
    expect(rows.map((row) => JSON.parse(row) as unknown)).toMatchObject([{ type: "compared" }, { type: "result", kind: "diff" }]);
  });

  it("verifies, and exits 1 when something differs", async () => {
    using bench = new Bench();
    await bench.chain();
    const same = seen(await bench.type("verify --compare-data file://target src"));
    expect(same).toEqual({ code: 0, out: "Verify complete: 4 files compared, 0 differences found.\n", err: "" });
    const { atime, mtime } = statSync(bench.path("src/a"));
    writeFileSync(bench.path("src/a"), "other\n");
    utimesSync(bench.path("src/a"), atime, mtime);
    const changed = seen(await bench.type("verify --compare-data file://target src"));
    const text = "Difference found: Data for file a is different\nVerify complete: 4 files compared, 1 difference found.\n";
    expect(changed).toEqual({ code: 1, out: text, err: "" });
    const stock = seen(await bench.type("verify --compare-data -v0 file://target src", {}, "duplicity"));
    expect(stock).toEqual({ code: 1, out: "", err: "" });
    expect((await bench.type("verify file://target src")).code).toBe(0); // the folder is not looked at
  });

  it("deletes only with --force, and never with --dry-run", async () => {
    using bench = new Bench();
    await bench.chain();
    const late = "--no-encryption --no-print-statistics --current-time 1700600000";
    expect((await bench.type(`full ${late} src file://target`)).code).toBe(0);
    const before = readdirSync(bench.path("target"));
    const plan = seen(await bench.type("remove-older-than 1700500000 file://target"));
    expect({ ...plan, out: plan.out.replace(/[\d.]+ (?:KB|bytes)/, "SIZE") }).toEqual({
      code: 0,
      out: `file://target:
Would be deleted:
  TIME to TIME, 2 backups
Stays:
  TIME, 1 backup
    the newest chain always stays
In all 10 objects, SIZE, and 4 local copies.
Nothing was deleted; --force deletes.
`,
      err: "",
    });
    await bench.type("remove-all-but-n-full 1 --force --dry-run file://target");
    expect(readdirSync(bench.path("target"))).toEqual(before);
    const done = seen(await bench.type("remove-older-than 1700500000 --force file://target"));
    expect(done).toMatchObject({ code: 0, out: expect.stringMatching(/\nDeleted 10 objects, .*\n$/), err: "" });
    expect(readdirSync(bench.path("target"))).toHaveLength(5);
    expect((await bench.type("restore file://target back")).code).toBe(0);
    expect(bench.differences("back")).toEqual([]);
    expect(seen(await bench.type("cleanup --force file://target"))).toMatchObject({
      code: 0,
      out: "file://target: nothing to clean up.\n",
    });
    expect((await bench.type("replicate file://target file://copy")).code).toBe(0);
    expect(readdirSync(bench.path("copy"))).toEqual(readdirSync(bench.path("target")));
    expect(await bench.type("replicate file://target target")).toMatchObject({ code: 2 });
    const volume = bench.path(`copy/${readdirSync(bench.path("copy")).find((name) => name.includes("vol1"))}`);
    writeFileSync(volume, readFileSync(volume).toReversed());
    const quick = seen(await bench.type("replicate file://target file://copy"));
    expect(quick).toMatchObject({ code: 0, out: expect.stringMatching(/already there, by name and size\n[^]*--verify reads/) });
    const thorough = seen(await bench.type("replicate --verify file://target file://copy"));
    expect(thorough).toMatchObject({ code: 21, out: expect.stringMatching(/vol1\S* at \S*copy is not what the manifest says/) });
  });

  it("says why it makes a full backup that nobody asked for, and that orphans lie beside the chain", async () => {
    using bench = new Bench();
    await bench.chain();
    const plain = async (time: number) =>
      seen(await bench.type(`--no-encryption --no-print-statistics --current-time ${time} src file://target`));
    const object = (part: RegExp): string =>
      bench.path(`target/${readdirSync(bench.path("target")).find((name) => part.test(name))}`);
    expect(await plain(1_700_200_000)).toMatchObject({ code: 0, err: "" });
    rmSync(object(/^duplicity-new-signatures/));
    expect(await plain(1_700_300_000)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^Full backup complete/),
      err: expect.stringMatching(/^notice: the newest chain, of TIME, lacks a signature archive .*: this is a full backup\n$/),
    });
    rmSync(object(/^duplicity-inc.*manifest/));
    expect(await plain(1_700_400_000)).toMatchObject({
      code: 0,
      err: expect.stringMatching(/^notice: 1 increment at the target is orphaned: .*; status tells more\n$/),
    });
  });

  it("tells who cannot go on with damaged signatures to make a full backup", async () => {
    using bench = new Bench();
    await bench.chain();
    const name = readdirSync(bench.path("target")).find((name) => name.startsWith("duplicity-new-signatures"))!;
    writeFileSync(bench.path(`target/${name}`), readFileSync(bench.path(`target/${name}`)).subarray(0, 50));
    const refused = seen(await bench.type("--no-encryption --archive-dir none src file://target"));
    expect(refused).toMatchObject({
      code: 21,
      err: expect.stringMatching(/is damaged \(.*\), .*: make a full backup \(doppel full\)/),
    });
  });

  it("deletes no backup in favour of one that is damaged, and exits 3", async () => {
    using bench = new Bench();
    for (const time of [1_700_000_000, 1_700_100_000, 1_700_200_000])
      expect((await bench.type(`full --no-encryption --current-time ${time} src file://target`)).code).toBe(0);
    const newest = readdirSync(bench.path("target")).find((name) => name.includes("20231117") && name.includes("vol1"));
    rmSync(bench.path(`target/${newest}`));
    const kept = seen(await bench.type("remove-all-but-n-full 1 --force file://target"));
    expect(kept).toMatchObject({
      code: 3,
      out: expect.stringContaining("kept because the newer backup of TIME is damaged: volume 1 missing\n"),
      err: expect.stringMatching(/^warning: the backup of TIME is DAMAGED: volume 1 missing; its chain does not count.*\n$/),
    });
    expect((await bench.type("restore --time 1700100000 file://target back")).code).toBe(0);
    expect(bench.differences("back")).toEqual([]);
  });

  it("increments with the public key alone, and starts no gpg", async () => {
    using bench = new Bench();
    const { publicFile, secretFile, passphrase } = testKey("rsa");
    const line = `--no-print-statistics --encrypt-key ${publicFile} src file://target`;
    expect(seen(await bench.type(`full ${line}`))).toMatchObject({ code: 0, err: "" });
    writeFileSync(bench.path("src/a"), "changed\n");
    expect(seen(await bench.type(`incremental ${line}`))).toMatchObject({ code: 0, err: "" });
    expect(existsSync(bench.path("gpg-was-started"))).toBe(false);
    rmSync(bench.path("home/.cache"), { recursive: true });
    const lost = seen(await bench.type(`incremental ${line}`));
    expect(lost).toMatchObject({ code: 31, out: "", err: expect.stringMatching(/ or begin a new chain with doppel full\n$/) });
    const restore = await bench.type(`restore --secret-key ${secretFile} file://target back`, { PASSPHRASE: passphrase ?? "" });
    expect(seen(restore)).toMatchObject({ code: 0, err: "" });
    expect(bench.differences("back")).toEqual([]);
  });

  it("encrypts with PASSPHRASE, and says what to do without any", async () => {
    using bench = new Bench();
    expect(seen(await bench.type("full src target", { PASSPHRASE: "geheim" }))).toMatchObject({ code: 0, err: "" });
    expect(seen(await bench.type("restore target back", { PASSPHRASE: "geheim" }))).toMatchObject({ code: 0, err: "" });
    expect(bench.differences("back")).toEqual([]);
    expect(seen(await bench.type("restore target back2", { PASSPHRASE: "falsch" }))).toMatchObject({ code: 31, out: "" });
    expect(existsSync(bench.path("gpg-was-started"))).toBe(false);

    expect(seen(await bench.type("full src target", { PASSPHRASE: "" })).err).toMatch(/^doppel: the passphrase is empty/);
  });

  it("exits 3 and says what is missing", async () => {
    using bench = new Bench();
    writeFileSync(bench.path("list"), "src/nowhere\nsrc/sub\n- **\n");
    const full = seen(await bench.type("full --no-encryption --no-print-statistics --include-filelist list src target"));
    expect(full.code).toBe(3);
    expect(full.out).toMatch(/^Full backup finished, but incomplete: 1 volume, /);
    const [first, ...rest] = full.err.split("\n");
    expect(first).toMatch(/^warning: list:1: src\/nowhere /);
    expect(rest).toEqual([
      "Backup INCOMPLETE: 1 problem",
      first!.replace("warning: ", "  "),
      "Exit code 3: everything else is sound, but something was left out or is not as it was.",
      "",
    ]);
    const silent = await bench.type("full --no-encryption --no-print-statistics -v0 --include-filelist list src target2");
    expect(seen(silent)).toEqual({ code: 3, out: "", err: "" });
    const stock = await bench.type(
      "full --no-encryption --no-print-statistics --include-filelist list src file://target3",
      {},
      "duplicity",
    );
    expect(stock.code).toBe(0);
  });

  it("tells of a file that it may not read", async ({ skip }) => {
    if (isRoot) skip("root reads everything");
    using bench = new Bench();
    chmodSync(bench.path("src/a"), 0);
    const full = seen(await bench.type("full --no-encryption src target"));
    expect(full.code).toBe(3);
    expect(full.err).toContain("Backup INCOMPLETE: 1 problem\n  a: ");
  });

  it("tells in one line that sockets are left out, and at -v5 which", async () => {
    using bench = new Bench();
    const server = createServer().listen(bench.path("src/s"));
    await new Promise((resolve) => server.once("listening", resolve));
    const quiet = seen(await bench.type("full --no-encryption src target"));
    const loud = seen(await bench.type("full --no-encryption -v5 src target2"));
    server.close();
    expect(quiet).toMatchObject({ code: 0, err: "notice: 1 socket left out, as always; -v5 names it\n" });
    expect(loud.err).toMatch(/^notice: s: /m);
    expect(loud.err).not.toContain("as always");
  });

  it("says how large a set is, the same as status", async () => {
    using bench = new Bench();
    const { out } = seen(await bench.type("full --no-encryption --no-print-statistics src target"));
    const [, stored] = /1 volume, ([\d.]+ \w+) stored/.exec(out) ?? [];
    const objects = readdirSync(bench.path("target")).map((name) => statSync(bench.path(`target/${name}`)).size);
    expect(stored).toBe(byteText(objects.reduce((sum, size) => sum + size, 0)));
    expect(seen(await bench.type("status target")).out).toContain(`complete backup, ${stored}\n`);
  });

  it("status sees what is missing, with and without the archive directory, and exits 3", async () => {
    using bench = new Bench();
    writeFileSync(bench.path("src/big"), randomContent("big", 3 << 20));
    const full = "full --no-encryption --no-compression --no-print-statistics --volsize 1 --archive-dir cache src target";
    expect((await bench.type(full)).code).toBe(0);
    const names = readdirSync(bench.path("target"));
    const named = (part: string): string => bench.path(`target/${names.find((name) => name.includes(part))}`);
    const last = names.filter((name) => name.includes(".vol")).length;
    const status = async (archiveDir: string) => seen(await bench.type(`status --archive-dir ${archiveDir} target`));
    const damage = (out: string): string | undefined => /^DAMAGED TIME: (.*)$/m.exec(out)?.[1];

    expect(last).toBeGreaterThan(2);
    expect(await status("cache")).toMatchObject({ code: 0, out: expect.stringMatching(/^target: 1 complete backup, /) });
    rmSync(named(`.vol${last}.`));
    const cut = await status("cache");
    expect(await status("none")).toEqual(cut); // the manifest at the target, which needs no key, knows how many there were
    expect(cut).toMatchObject({ code: 3, out: expect.stringMatching(/^target: 1 backup, DAMAGED, /), err: "" });
    expect(damage(cut.out)).toBe(`volume ${last} missing`);
    rmSync(named(".vol1."));
    writeFileSync(named(".vol2."), "");
    rmSync(named("signatures"));
    const worse = await status("none");
    expect([worse.code, damage(worse.out)]).toEqual([3, `volumes 1, ${last} missing; volume 2 empty; signature archive missing`]);
    const json = (await bench.type("status --json --archive-dir none target")).stdout.toString().trim().split("\n");
    expect(JSON.parse(json.at(-1)!)).toMatchObject({
      chains: [{ sets: [{ problems: [`volumes 1, ${last} missing`, "volume 2 empty", "signature archive missing"] }] }],
    });
  });

  it.runIf(isRoot)("without root says once that owners are not restored, and exits 0", async () => {
    using bench = new Bench();
    expect((await bench.type("full --no-encryption src target")).code).toBe(0);
    for (const folder of [bench.folder, bench.path("home")]) chmodSync(folder, 0o777);
    const asNobody = (line: string) => bench.shell(`setpriv --reuid 65534 --regid 65534 --clear-groups "$DOPPEL" ${line}`);
    expect(seen(await asNobody("restore target back"))).toMatchObject({ code: 0, err: OWNERS_NOTICE });
    expect(seen(await asNobody("restore --no-restore-ownership target back2"))).toMatchObject({ code: 0, err: "" });
    expect(seen(await bench.type("restore target back3"))).toMatchObject({ code: 0, err: "" });
  });

  it("suggests a restore command that can be pasted, whatever the target is called", async () => {
    using bench = new Bench();
    for (const [name, suffix] of [
      ["it's", "a"],
      ["caf\\351", "b"],
      ["two\\nlines \\033[2J", "c"],
    ] as const) {
      const full = `"$DOPPEL" full --no-encryption --no-print-statistics src "$(printf '%b' "${name}")"`;
      const { stdout } = await bench.shell(full);
      const [, command] = /restore with: doppel (restore .*) TARGET\n$/.exec(stdout.toString()) ?? [];
      expect(stdout.toString()).not.toContain("\u001b");
      writeFileSync(bench.path("paste"), `exec "$DOPPEL" ${command} ${suffix}\n`);
      expect(seen(await bench.shell("bash paste"))).toMatchObject({ code: 0, err: "" });
      expect(bench.differences(suffix)).toEqual([]);
    }
  });

  it("refuses a --secret-key file that holds none, though gpg may have the key", async () => {
    using bench = new Bench();
    const { publicFile } = testKey("rsa");
    expect((await bench.start(["full", "--encrypt-key", publicFile, "src", "target"])).code).toBe(0);
    const restore = seen(await bench.start(["restore", "--secret-key", publicFile, "target", "back"]));
    expect(restore).toMatchObject({ code: 31, out: "" });
    expect(restore.err).toContain(`the --secret-key file ${publicFile} holds no secret OpenPGP key; export one with gpg `);
    expect(existsSync(bench.path("gpg-was-started"))).toBe(false);
    const sign = ["full", "--encrypt-key", publicFile, "--sign-key", "rsa", "--secret-key", publicFile, "src", "target2"];
    expect(seen(await bench.start(sign))).toMatchObject({
      code: 31,
      err: expect.stringContaining(`file ${publicFile} holds no`),
    });
  });

  it("warns of a target inside the source, unless it is left out", async () => {
    using bench = new Bench();
    // One archive directory for every spelling of the target: it knows which seconds are taken, and the next is waited for.
    const full = async (options: string, target: string) =>
      seen(await bench.type(`full --no-encryption --no-print-statistics --name one ${options}src ${target}`));
    const inside = `warning: the target ${bench.path("src/sub/new")} lies inside the source: each backup will contain all earlier ones; exclude it with --exclude src/sub/new\n`;
    expect(await full("", "src/sub/new")).toMatchObject({ code: 0, err: inside });
    expect(await full("", `file:${bench.path("src/sub/new")}`)).toMatchObject({ code: 0, err: inside });
    for (const options of ["--exclude src/sub/new ", "--exclude src/sub ", "--exclude **/new "])
      expect(await full(options, "src/sub/new")).toMatchObject({ code: 0, err: "" });
    expect(await full("--include src/a --exclude ** ", "src/sub/new")).toMatchObject({ code: 0, err: "" });
    expect(await full("--exclude src/a ", "src/sub/new")).toMatchObject({ code: 0, err: inside });
    writeFileSync(bench.path("src/sub/new/.no"), "");
    expect(await full("--exclude-if-present .no ", "src/sub/new")).toMatchObject({ code: 0, err: "" });
    expect(await full("", "src-beside")).toMatchObject({ code: 0, err: "" });
    symlinkSync("src/sub", bench.path("link"));
    const linked = await full("", "link/odd[1]");
    expect(linked.err).toMatch(/^warning: the target \S+\/link\/odd\[1\] lies .* --exclude 'src\/sub\/odd\[\[\]1\]'\n$/);
    expect(await full("--exclude src/sub/odd[[]1] ", "link/odd[1]")).toMatchObject({ code: 0, err: "" });
    expect((await full("", "src")).err).toMatch(/^warning: the target \S+ is the source itself: .*; choose another folder\n$/);
  });

  it("without arguments shows its help as an answer to a wrong command line", async () => {
    using bench = new Bench();
    const alone = seen(await bench.start([]));
    expect(alone).toMatchObject({ code: 2, out: "" });
    expect(alone.err).toBe(seen(await bench.type("--help")).out);
  });

  it("keeps names that are not UTF-8, in arguments too", async () => {
    using bench = new Bench();
    writeFileSync(Buffer.from(`${bench.path("src")}/caf\xe9`, "latin1"), "x");
    writeFileSync(Buffer.from(`${bench.path("src")}/th\xe9`, "latin1"), "x");
    const full = await bench.shell(`exec "$DOPPEL" full --no-encryption --exclude "$(printf 'src/th\\351')" src target`);
    expect(seen(full)).toMatchObject({ code: 0, err: "" });
    const list = await bench.type("list target");
    expect(list.stdout.toString("latin1").replace(/^.{27}/gm, "")).toBe(".\na\ncaf\xe9\nsub\nsub/b\n");
    const json = (await bench.type("list target --log-format json")).stdout.toString("utf8").trim().split("\n");
    const entries = json.map((line) => JSON.parse(line) as Record<string, unknown>).filter(({ type }) => type === "entry");
    expect(entries[2]).toMatchObject({ v: 1, path: "caf\\xe9", pathB64: Buffer.from("caf\xe9", "latin1").toString("base64") });
    expect(entries[1]).not.toHaveProperty("pathB64");
    expect(JSON.parse(json.at(-1)!)).toEqual({ v: 1, type: "result", kind: "list", listed: entries.length });
  });

  it("refuses what only S3 can do on other targets, rather than giving something else", async () => {
    using bench = new Bench();
    await bench.chain();
    for (const line of [
      "restore --as-of 2023-11-14T23:00:00Z file://target out",
      "status --as-of 1D target",
      "verify --thaw bulk target src",
    ]) {
      const { code, stderr } = await bench.type(line);
      expect([code, stderr.toString()]).toEqual([2, expect.stringMatching(/^doppel: --(as-of|thaw) .* in an S3 bucket/)]);
    }
    expect(existsSync(bench.path("out"))).toBe(false);
  });

  it("speaks JSON, a line an object, errors included", async () => {
    using bench = new Bench();
    const full = await bench.type("full --no-encryption --log-format json src target");
    const lines = full.stdout.toString("utf8").trim().split("\n");
    const objects = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(objects.every(({ v }) => v === 1)).toBe(true);
    expect(objects[0]).toMatchObject({ type: "run.started", kind: "backup" });
    expect(objects.at(-1)).toMatchObject({
      type: "result",
      kind: "backup",
      volumes: 1,
      statistics: { sourceFiles: 4, errors: 0 },
    });
    const failed = await bench.type("restore --log-format json nowhere back");
    expect(JSON.parse(failed.stdout.toString())).toMatchObject({ v: 1, type: "error", code: "storage.not-found", exit: 52 });
    expect(failed.stderr.toString()).toBe("");
  });

  it.each([
    [2, "full src"],
    [2, "full --log-format json --bogus src target"],
    [7, "full --no-encryption --include-filelist nowhere src target"],
    [9, "incremental --no-encryption --archive-dir src/a src target"],
    [13, "full --no-encryption nowhere target"],
    [14, "full --no-encryption --exclude /elsewhere src target"],
    [15, "full --no-encryption --exclude src//a src target"],
    [16, "full --no-encryption --include src/a src target"],
    [2, "full --no-encryption --exclude-older-than 3d src target"],
    [2, "full --no-encryption --encrypt-key X src target"],
    [2, "full src target"],
    [23, "full --no-encryption src gopher://target"],
    [31, "full --encrypt-key nobody@example.com src target"],
    [35, "full --no-encryption --tempdir nowhere src target"],
    [52, "status nowhere"],
    [2, "list -t yesterday src"],
  ])("exits %i with one clear line: %s", async (code, line) => {
    using bench = new Bench();
    const result = seen(await bench.type(line));
    expect(result.code, result.err).toBe(code);
    expect(line.includes("json") ? result.out : result.err).toMatch(line.includes("json") ? /^\{.*\}\n$/ : /^doppel: .{10,}\n$/);
    expect(existsSync(bench.path("target")) ? readdirSync(bench.path("target")) : []).toEqual([]);
  });

  it("stops at SIGTERM with nothing half done at the target", async () => {
    using bench = new Bench();
    writeFileSync(bench.path("src/big"), Buffer.alloc(100 << 20));
    const child = `sh -c 'echo $$ > pid; exec "$DOPPEL" full --no-encryption --log-format json src target'`;
    const result = await bench.shell(`{ ${child}; echo "exit $?"; } | { read -r started; kill -TERM "$(cat pid)"; cat; }`);
    expect(result.stdout.toString()).toMatch(/"code":"run.aborted","exit":143.*\nexit 143\n$/s);
    expect(readdirSync(bench.path("target")).filter((name) => name.includes("manifest"))).toEqual([]);
  });

  it("explains nothing without the list, and does not speak of a backup", async () => {
    using bench = new Bench();
    const { code, err } = seen(await bench.type("explain --include-filelist nowhere src/a src"));
    expect(code).toBe(7);
    expect(err).toMatch(/file list nowhere cannot be read \(ENOENT\); without it nobody knows what a backup would hold/);
    expect(err).not.toContain("backed up");
  });

  it("ends quietly when nobody reads its listing", async () => {
    using bench = new Bench();
    for (let i = 0; i < 3000; i++) symlinkSync("x", bench.path(`src/a rather long name of a link, number ${i}`));
    expect((await bench.type("full --no-encryption src target")).code).toBe(0);
    const result = await bench.shell(`{ "$DOPPEL" list target; echo "exit $?" >&2; } | true`);
    expect(result.stderr.toString()).toBe("exit 141\n");
  });

  it.each(["runbook target", "setup bucket s3://acme/web1", "completion bash", "--version", "help full"])(
    "does not call it done when its page cannot be written: %s",
    async (line) => {
      using bench = new Bench();
      writeFileSync(bench.path("src/file"), "x");
      expect((await bench.type("full --no-encryption src target")).code).toBe(0);
      const result = await bench.shell(`"$DOPPEL" ${line} > /dev/full; echo "exit $?"`);
      expect(result.stdout.toString()).toBe("exit 141\n");
      expect(result.stderr.toString()).toBe("doppel: cannot write to standard output (ENOSPC)\n");
    },
  );

  it("prints its version, and help that fits the terminal", async () => {
    using bench = new Bench();
    expect(seen(await bench.type("--version"))).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^doppel \d+\.\d+\.\d+\n$/),
      err: "",
    });
    for (const line of ["--help", "full --help", "help restore"]) {
      const { code, out } = seen(await bench.type(line));
      expect(code).toBe(0);
      expect(out.split("\n").filter((row) => row.length > 100)).toEqual([]);
    }
  });
});

it("tries again as often as it is told", async () => {
  using bench = new Bench();
  const keys = { AWS_ACCESS_KEY_ID: "a", AWS_SECRET_ACCESS_KEY: "b", AWS_EC2_METADATA_DISABLED: "true" };
  for (const tries of [1, 3]) {
    const options = `--num-retries ${tries} --backend-retry-delay 0 --s3-endpoint-url http://127.0.0.1:1`;
    const { code, err } = seen(await bench.type(`status ${options} s3://bucket`, keys));
    expect(code).toBe(50);
    expect(err.match(/attempt \d follows/g) ?? []).toHaveLength(tries - 1);
  }
});

describe.concurrent("duplicity", () => {
  it("reports a version that front ends accept, and who it is", async () => {
    using bench = new Bench();
    const { code, out, err } = seen(await bench.type("--version", {}, "duplicity"));
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^duplicity 3\.0\.4 .*doppel.*\n$/);
  });

  it("does full, restore and cleanup, says what stock says, and refuses what it would do otherwise than asked", async () => {
    using bench = new Bench();
    expect(seen(await bench.type("full --no-encryption src file://target", {}, "duplicity"))).toMatchObject({ code: 0, err: "" });
    expect(seen(await bench.type("restore file://target back", {}, "duplicity"))).toMatchObject({ code: 0, err: "" });
    expect(bench.differences("back")).toEqual([]);
    const tidied = seen(await bench.type("cleanup file://target", {}, "duplicity"));
    expect(tidied).toMatchObject({ code: 0, out: expect.stringContaining("No extraneous files found"), err: "" });
    const other = seen(await bench.type("full --old-filenames src file://target", {}, "duplicity"));
    expect(other).toMatchObject({ code: 33, out: "", err: expect.stringContaining("--old-filenames") });
    for (const line of ["full --bogus src file://target", "full --time yesterday src file://target"]) {
      expect(seen(await bench.type(line, {}, "duplicity")).code).toBe(23);
      expect(seen(await bench.type(line, { DUPLICITY_COMPAT: "0.8" }, "duplicity")).code).toBe(2);
    }
  });
});
