import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, gpgHome, run, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { cleanEnv } from "../src/program.ts";
import { SetupPlace } from "../src/setup-place.ts";

/** A line from the middle of an armored key. */
function middleOf(file: string): string {
  const lines = readFileSync(file, "utf8").split("\n");
  return lines[Math.floor(lines.length / 2)]!;
}

describeInterop(["gpg", "duplicity"], "a server is set up unattended, at a folder", () => {
  it("with a key from the admin's machine: backed up, read again, and proven only where the secret key is", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const setup = await place.setup(["--public-key", "web1.public.asc", "--fingerprint", key.fingerprint]);
    expect(setup.stdout).toMatch(/Not proven restorable yet[^]*All \d+ objects of the first backup were read again/);
    expect(setup.code, setup.stderr).toBe(3);
    expect(setup.stdout).toContain(`pinned: ${key.fingerprint}\n`);
    expect(place.sets).toBe(1);
    expect(readdirSync(join(place.root, "etc/doppel")).toSorted()).toEqual(["profiles.yaml", "web1.public.asc", "web1.targets"]);

    // The command that it names, on the machine with the secret key.
    const [, line] = /^ {2}doppel (drill .*)$/m.exec(setup.stdout)!;
    writeFileSync(place.at("passphrase"), key.passphrase, { mode: 0o600 });
    const drill = await place.doppel([...line!.split(" "), "--passphrase-file", place.at("passphrase")]);
    expect(drill.code, drill.stdout + drill.stderr).toBe(0);

    // Stock duplicity and gpg, with what setup key made and nothing else.
    const home = await gpgHome([]);
    try {
      await run("gpg", ["--batch", "--import"], { env: home.env, input: readFileSync(key.secretFile) });
      const out = place.at("stock");
      const restored = await run("duplicity", ["restore", "--archive-dir", place.at("stock-archive"), place.target, out], {
        env: { ...home.env, PASSPHRASE: key.passphrase },
      });
      expect(restored.code, restored.stderr.toString()).toBe(0);
      place.expectRestored(out);
    } finally {
      await home[Symbol.asyncDispose]();
    }
  });

  it("with the secret key at hand: done only when files were restored from it; the next nights run what is installed", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    writeFileSync(place.at("passphrase"), key.passphrase, { mode: 0o600 });
    const args = ["--public-key", key.publicFile, "--secret-key", key.secretFile, "--passphrase-file", place.at("passphrase")];
    const setup = await place.setup(args);
    expect(setup.stdout).toMatch(/\nDone: \d+ files of the first backup, chosen at random, were restored/);
    expect(setup.code, setup.stderr).toBe(0);

    const unit = place.read("etc/systemd/system/doppel-web1.service");
    const command = /^ExecStart=(.*)$/m.exec(unit)![1]!.split(" ");
    const profiles = /^Environment=DOPPEL_PROFILES=(.*)$/m.exec(unit)![1]!;
    const env = { PATH: process.env["PATH"], DOPPEL_PROFILES: join(place.root, profiles) };
    const night = await run(command[0]!, command.slice(1), { env });
    expect(night.code, night.stderr.toString()).toBe(0);
    expect(place.sets).toBe(2);
    expect(readdirSync(join(place.root, "var/cache/doppel"))).toHaveLength(1);
  });

  it("a folder whose name looks like a pattern is backed up, and no other", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    for (const folder of ["[od]d*?", "od"]) {
      mkdirSync(place.at(folder));
      writeFileSync(join(place.at(folder), "file"), folder);
    }
    const pass = place.at("passphrase");
    writeFileSync(pass, key.passphrase, { mode: 0o600 });
    const where = ["--root", place.root, "--server", "web1", "--include", place.at("[od]d*?"), "--program", place.spy];
    const keys = ["--public-key", key.publicFile, "--secret-key", key.secretFile, "--passphrase-file", pass];
    const setup = await place.doppel(["setup", "server", place.target, ...where, ...keys]);
    expect(setup.stdout).not.toContain("could not be backed up");
    expect(setup.stdout).toMatch(/\nDone: 1 file of/);
    expect(setup.code, setup.stdout + setup.stderr).toBe(0);
  });

  it("with the wrong passphrase, or another key: nothing is said against the backup", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    writeFileSync(place.at("passphrase"), "Tr0ub4dor&3-wrong\n", { mode: 0o600 });
    for (const secretKey of [key.secretFile, testKey("rsa").secretFile]) {
      const args = ["--public-key", key.publicFile, "--secret-key", secretKey, "--passphrase-file", place.at("passphrase")];
      const setup = await place.setup(args);
      expect(setup.stdout).toMatch(/\nNot proven restorable yet: .*key/);
      expect(setup.stdout).toContain(`\n  doppel drill @web1 --secret-key ${secretKey}\n`);
      expect(setup.code, setup.stderr).toBe(31);
    }
  });

  it("the cron script: its first run is the first backup, its exit status is doppel's", async () => {
    using place = new SetupPlace();
    await place.key();
    const setup = await place.setup(["--public-key", "web1.public.asc", "--scheduler", "cron", "--full-every", "7"]);
    expect(setup.code, setup.stderr).toBe(3);
    expect(place.sets).toBe(1);
    const script = join(place.root, "etc/cron.daily/doppel-web1");
    expect(statSync(script).mode & 0o777).toBe(0o755);
    const env = { PATH: process.env["PATH"], DOPPEL_PROFILES: join(place.root, "etc/doppel/profiles.yaml") };
    writeFileSync(join(place.source, "sub/file0"), "changed\n");
    const second = await run(script, [], { env });
    expect([second.code, second.stderr.toString()]).toEqual([0, ""]);
    expect(readdirSync(place.at("backups")).filter((name) => /^duplicity-inc\..*\.manifest/.test(name))).toHaveLength(1);

    writeFileSync(join(place.root, "etc/doppel/web1.public.asc"), "no key\n");
    const broken = await run(script, [], { env });
    expect(broken.code).toBe(31);
    expect(broken.stderr.toString()).toContain("the backup of web1 ended with exit status 31");
  });

  it("with a key made on the server: proven, and only the locked half lies there, in one place", async () => {
    using place = new SetupPlace();
    const where = ["--root", place.root, "--server", "web1", "--include", place.source, "--program", place.spy];
    const setup = await place.shown(["setup", "server", place.target, ...where, "--make-key-here", "--key-kind", "curve25519"]);
    expect(setup.stdout).toMatch(/\nDone: /);
    expect(setup.code, setup.stderr).toBe(0);
    expect(setup.stdout).toMatch(/scp root@\S+:\S+web1\.secret\.asc \.\n/);
    expect(setup.stdout).toMatch(/ssh root@\S+ shred -u \S+/);
    const secret = join(place.root, "root/web1.secret.asc");
    expect(statSync(secret).mode & 0o777).toBe(0o600);

    expect(setup.passphrase).toMatch(/^[2-9A-HJ-NP-Za-km-z]{22}$/);
    expect(place.filesWith(setup.passphrase)).toEqual([]);
    expect(setup.stdout + setup.stderr).not.toContain(setup.passphrase);
    expect(place.filesWith(middleOf(secret)).toSorted()).toEqual(["root/root/web1.paper.html", "root/root/web1.secret.asc"]);
    expect(readFileSync(place.seen, "utf8")).toMatch(/\ndrill\n@web1\n/); // the spy has seen what there was to be seen
    expect(existsSync(join(place.root, "root/.gnupg"))).toBe(false);

    const again = await place.shown(["setup", "server", place.target, ...where, "--make-key-here", "--force"]);
    expect(again.code).toBe(2);
    expect(again.stderr).toMatch(/never written over/);
    for (const name of ["secret.asc", "public.asc", "paper.html"]) rmSync(join(place.root, `root/web1.${name}`)); // fetched
    const later = await place.shown(["setup", "server", place.target, ...where, "--make-key-here", "--force"]);
    expect(later.stderr).toMatch(/web1\.public\.asc is the key that the backups of web1 so far are made for.*not with --force/);
    expect([later.code, later.passphrase, readdirSync(join(place.root, "root"))]).toEqual([2, "", []]);
  });

  it("run again, nothing changes; what differs is shown, and replaced only when asked for", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const args = ["--public-key", key.publicFile];
    expect((await place.setup([...args, "--no-first-backup"])).code).toBe(3);
    expect(place.sets).toBe(0);
    const again = await place.setup([...args, "--no-first-backup"]);
    expect(again.stdout).toContain(`pinned: ${key.fingerprint}; compare it with what setup key printed\n`);
    expect(again.stdout.match(/^as it was: /gm)).toHaveLength(5);

    writeFileSync(join(place.root, "etc/doppel/web1.targets"), "+ /srv\n- /\n");
    const refused = await place.setup(args);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(/web1\.targets is there already, and different/);
    expect(place.read("etc/doppel/web1.targets")).toBe("+ /srv\n- /\n");
    const printed = await place.setup([...args, "--print"]);
    expect(printed.stdout).toMatch(/web1\.targets \(mode 644; there, and different\)\n-\+ \/srv\n/);
    expect(place.read("etc/doppel/web1.targets")).toBe("+ /srv\n- /\n");
    expect((await place.setup([...args, "--force", "--no-first-backup"])).code).toBe(3);
    expect(place.read("etc/doppel/web1.targets")).toContain(`+ ${place.source}\n`);
  });

  it("--print writes nothing, not even a key", async () => {
    using place = new SetupPlace();
    const printed = await place.setup(["--make-key-here", "--print"]);
    expect(printed.code, printed.stderr).toBe(0);
    for (const file of ["profiles.yaml", "web1.targets", "doppel-web1.service", "doppel-web1.timer"])
      expect(printed.stdout).toContain(file);
    expect(readdirSync(place.root)).toEqual([]);
    expect(place.sets).toBe(0);
  });

  it("a profiles file of one's own keeps what is in it", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const own = "# mine\nversion: 1\nprofiles:\n  other: {url: /mnt/other}\n";
    mkdirSync(join(place.root, "etc/doppel"), { recursive: true });
    writeFileSync(join(place.root, "etc/doppel/profiles.yaml"), own, { mode: 0o640 });
    const setup = await place.setup(["--public-key", key.publicFile]);
    expect(setup.code, setup.stdout + setup.stderr).toBe(3);
    expect(place.read("etc/doppel/profiles.yaml").startsWith(own)).toBe(true);
    expect(statSync(join(place.root, "etc/doppel/profiles.yaml")).mode & 0o777).toBe(0o640);
  });

  it("answers from a file; without a terminal all that is missing is named at once", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const nothing = await place.doppel(["setup", "server", "s3://bucket/web1", "--root", place.root]);
    expect(nothing.code).toBe(2);
    expect(nothing.stderr).toMatch(/missing: --include, --public-key \(or --make-key-here\), --aws-credentials;/);
    expect(readdirSync(place.root)).toEqual([]);

    const lines = [
      `root: ${place.root}`,
      `include: ${place.source}`,
      `public-key: ${key.publicFile}`,
      "server: web1",
      'at: "04:15"',
    ];
    writeFileSync(join(place.admin, "web1.yaml"), `${lines.join("\n")}\n`);
    const setup = await place.doppel(["setup", "server", place.target, "--answers", "web1.yaml"]);
    expect(setup.code, setup.stdout + setup.stderr).toBe(3);
    expect(place.read("etc/systemd/system/doppel-web1.timer")).toContain("OnCalendar=*-*-* 04:15:00\n");
    writeFileSync(join(place.admin, "web1.yaml"), "att: 04:15\n");
    const bad = await place.doppel(["setup", "server", place.target, "--answers", "web1.yaml"]);
    expect([bad.code, bad.stderr]).toEqual([
      2,
      expect.stringContaining("web1.yaml:1: att: there is no such question; did you mean at?"),
    ]);
  });

  it("keys that would not do are refused before anything is written", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    writeFileSync(join(place.admin, "notes"), "no key\n");
    writeFileSync(join(place.admin, "cut.asc"), readFileSync(key.publicFile).subarray(0, 300));
    const other = readFileSync(testKey("rsa").publicFile);
    writeFileSync(join(place.admin, "two.asc"), Buffer.concat([readFileSync(key.publicFile), other]));
    const both = new RegExp(`two\\.asc is not taken: it holds 2 keys \\(${key.fingerprint}, ${testKey("rsa").fingerprint}\\)`);
    for (const [args, code, message] of [
      [["--public-key", "two.asc"], 31, both],
      [["--public-key", key.secretFile, "--include", place.at("nowhere")], 31, /it holds the secret key/],
      [["--public-key", key.secretFile], 31, /it holds the secret key/],
      [["--public-key", "notes"], 31, /notes is not taken: it is no OpenPGP key/],
      [["--public-key", "cut.asc"], 31, /cut\.asc is not taken: it is no OpenPGP key, or not all of one/],
      [["--public-key", key.publicFile, "--program", "/nowhere/doppel"], 2, /cannot be run on this machine/],
      [["--public-key", key.publicFile, "--include", place.at("nowhere")], 2, /not there: \S+nowhere/],
      [["--public-key", key.publicFile, "--archive-dir", "x"], 2, /not for setup server/],
      [["--public-key", key.publicFile, "--include-filelist", "x"], 2, /name folders with --include/],
      [["--public-key", key.publicFile, "--fingerprint", "0".repeat(40)], 2, /not 0{40}: it is another key/],
      [["--public-key", "nowhere.asc"], 2, /cannot be read \(ENOENT\)/],
      [["--public-key", key.publicFile, "--make-key-here"], 2, /exclude each other/],
      [["--public-key", key.publicFile, "--include", "/proc"], 2, /made by the kernel/],
      [["--public-key", key.publicFile, "--scheduler", "cron", "--at", "01:00"], 2, /--at is systemd's/],
    ] as const) {
      const refused = await place.setup(args);
      expect(refused.stderr).toMatch(message);
      expect(refused.stderr.trimEnd().split("\n")).toHaveLength(1);
      expect(refused.code).toBe(code);
    }
    expect(readdirSync(place.root)).toEqual([]);
  });

  it("a first backup that fails is no success", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    writeFileSync(place.at("in-the-way"), "");
    const setup = await place.setup(["--public-key", key.publicFile], `file://${place.at("in-the-way")}/backups`);
    expect(setup.stdout).toMatch(/THE FIRST BACKUP FAILED \(exit code \d+\)/);
    expect(setup.code).toBe(1);
  });
});

describeInterop(["gpg"], "setup key", () => {
  it("a passphrase of one's own is judged, and nothing is made without one", async () => {
    using place = new SetupPlace();
    writeFileSync(place.at("weak"), "password1234\n", { mode: 0o600 });
    const weak = await place.doppel(["setup", "key", "web1", "--passphrase-file", place.at("weak")]);
    expect([weak.code, weak.stderr]).toEqual([2, expect.stringContaining("too weak")]);
    const nobody = await run("setsid", ["--wait", place.spy, "setup", "key", "web1"], { env: cleanEnv(), cwd: place.admin });
    expect([nobody.code, nobody.stderr.toString()]).toEqual([2, expect.stringContaining("nobody to show the passphrase to")]);
    expect(readdirSync(place.admin)).toEqual([]);
    const named = await place.doppel(["setup", "key", "../web1"]);
    expect([named.code, named.stderr]).toEqual([2, expect.stringContaining("a server's name")]);
  });

  it("the passphrase is in none of its files, nor in what it says", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    expect(place.filesWith(key.passphrase)).toEqual([]);
    const again = await place.shown(["setup", "key", "web1"]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining("never written over")]);
  });
});
