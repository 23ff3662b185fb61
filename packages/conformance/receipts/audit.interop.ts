import { createHash } from "node:crypto";
import { cpSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, gpgHome, openTempDir, randomContent, run, textContent, testKey } from "@doppel/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import { done, doppel } from "../src/program.ts";

const rsa = testKey("rsa");
const second = testKey("second");
const TIMES = [1_700_000_000, 1_700_100_000, 1_700_200_000] as const;

interface Audit {
  readonly code: number;
  /** Kind and name of each finding, sorted. */
  readonly findings: readonly string[];
  readonly problems: number;
  readonly sets: readonly { readonly receipt: string; readonly signature: string; readonly read: number }[];
  readonly seed: number;
}

describeInterop(["gpg", "openssl", "sha256sum"], "receipts of three encrypted backups", () => {
  const dir = openTempDir("/tmp");
  const path = (name: string): string => join(dir.path, name);
  const signed = ["--receipt-key", path("receipt.pub")];

  beforeAll(async () => {
    mkdirSync(path("source/etc/ssl"), { recursive: true });
    mkdirSync(path("source/var"));
    await done(run("openssl", ["genpkey", "-algorithm", "ed25519", "-out", path("receipt.key")]));
    await done(run("openssl", ["pkey", "-in", path("receipt.key"), "-pubout", "-out", path("receipt.pub")]));
    for (const [i, time] of TIMES.entries()) {
      writeFileSync(path("source/etc/ssl/secret-name"), textContent(`text ${i}`, 3 << 20));
      writeFileSync(path(`source/var/r${i}`), randomContent(`random ${i}`, 1 << 20));
      await backup(time);
    }
  });
  afterAll(() => dir[Symbol.dispose]());

  function backup(time: number, key = rsa.publicFile, target = path("target")) {
    const keys = ["--encrypt-key", key, "--receipt-key", path("receipt.key")];
    const common = ["--archive-dir", path("archive"), "--volsize", "1", "--current-time", `${time}`];
    return done(doppel(["full", ...keys, ...common, path("source"), target]));
  }

  const named = (folder: string, part: string): string =>
    join(
      folder,
      readdirSync(folder)
        .sort()
        .find((name) => name.includes(part))!,
    );
  const receiptOf = (folder: string, number: number): string =>
    join(
      folder,
      readdirSync(folder)
        .filter((name) => name.endsWith(".receipt"))
        .sort()[number]!,
    );
  const linesOf = (file: string): Record<string, unknown>[] =>
    readFileSync(file, "utf8")
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);

  async function audit(folder: string, ...args: string[]): Promise<Audit> {
    const { code, stdout, stderr } = await doppel(["audit", "--json", ...args, folder]);
    expect(stderr.toString()).toBe("");
    const { sets, foreign, problems, seed } = JSON.parse(stdout.toString()) as Omit<Audit, "sets"> & {
      sets: (Audit["sets"][number] & { findings: { kind: string; name: string }[] })[];
      foreign: { kind: string; name: string }[];
    };
    const findings = [...sets.flatMap((set) => set.findings), ...foreign].map(({ kind, name }) => `${kind} ${name}`);
    return { code, findings: findings.sort(), problems, sets, seed };
  }

  /** A copy of the target in which something was done. */
  function harmed(name: string, harm: (folder: string) => void): string {
    const folder = path(name);
    cpSync(path("target"), folder, { recursive: true });
    harm(folder);
    return folder;
  }

  const base = (file: string): string => file.slice(file.lastIndexOf("/") + 1);

  it("name every object, with what sha256sum says of it, and nothing below the top folders", async () => {
    for (const [number] of TIMES.entries()) {
      const file = receiptOf(path("target"), number);
      const objects = linesOf(file).filter((line) => "object" in line);
      const stem = base(file).replace(/^duplicity-full\.|\.receipt$/g, "");
      const stored = readdirSync(path("target")).filter((name) => name.includes(stem) && !name.endsWith(".receipt"));
      expect(objects.map((line) => String(line["object"])).sort()).toEqual(stored.sort());
      expect(stored.length).toBeGreaterThan(4);
      const sums = await done(run("sha256sum", stored, { cwd: path("target") }));
      const said = objects.map(({ object, sha256 }) => `${String(sha256)}  ${String(object)}\n`);
      expect(sums.stdout.toString().split("\n").sort().join("\n").trim()).toBe(said.sort().join("").trim());
      for (const { object, size } of objects) expect(statSync(join(path("target"), String(object))).size).toBe(size);
      expect(readFileSync(file, "utf8")).not.toMatch(/secret-name|ssl/);
      expect(linesOf(file).filter((line) => "folder" in line)).toMatchObject([
        { folder: "etc", files: 1, bytes: 3 << 20 },
        { folder: "var", files: number + 1, bytes: (number + 1) << 20 },
      ]);
    }
  });

  it("tell compression by folder: text shrinks, noise does not", () => {
    const [etc, vari] = linesOf(receiptOf(path("target"), 2)).filter((line) => "folder" in line);
    expect(etc!["ratio"]).toBeLessThan(0.7);
    expect(vari!["ratio"]).toBeGreaterThan(0.95);
  });

  it("have the key IDs that gpg lists", async () => {
    await using home = await gpgHome([]);
    const [line] = linesOf(receiptOf(path("target"), 0)).filter((entry) => "encryption" in entry);
    for (const part of ["vol1", "manifest", "sigtar", "index"]) {
      const { stdout } = await run("gpg", ["--batch", "--list-packets", "--list-only", named(path("target"), part)], {
        env: home.env,
      });
      const ids = [...stdout.toString().matchAll(/keyid ([0-9A-F]{16})/g)].map((match) => match[1]);
      expect(ids).toEqual(line!["keyIds"]);
    }
  });

  it("are checked with sha256sum and OpenSSL as FORMAT.md says, and each names the one before", async () => {
    const script = `set -e; head -n -2 "$1" | sha256sum; head -n -1 "$1" > signed; tail -n 1 "$1" | cut -d'"' -f4 | base64 -d > signature
openssl pkeyutl -verify -pubin -inkey "$2" -rawin -in signed -sigfile signature; sha256sum < "$1"`;
    let before: object | undefined;
    for (const [number] of TIMES.entries()) {
      const file = receiptOf(path("target"), number);
      const { stdout } = await done(run("sh", ["-c", script, "sh", file, path("receipt.pub")], { cwd: dir.path }));
      const [hash, verdict, whole] = stdout.toString().split("\n");
      expect(linesOf(file).at(-2)).toEqual({ sha256: hash!.slice(0, 64) });
      expect(verdict).toBe("Signature Verified Successfully");
      const link = linesOf(file).find((line) => "chain" in line);
      expect(link).toEqual(before ? { chain: "continued", previous: before } : { chain: "first" });
      before = { name: base(file), sha256: whole!.slice(0, 64) };
    }
  });

  it("let an audit say that all is well, with its sample, which can be chosen again", async () => {
    const all = await audit(path("target"), "--sample", "all", ...signed);
    expect(all).toMatchObject({ code: 0, findings: [], problems: 0 });
    const objects = readdirSync(path("target")).length - TIMES.length;
    expect(all.sets.reduce((sum, { read }) => sum + read, 0)).toBe(objects);
    expect(all.sets.map(({ receipt, signature }) => `${receipt} ${signature}`)).toEqual(["good good", "good good", "good good"]);
    const some = await audit(path("target"), "--sample", "10%");
    expect(some.sets.reduce((sum, { read }) => sum + read, 0)).toBe(Math.ceil(objects / 10));
    const again = await audit(path("target"), "--sample", "10%", "--sample-seed", `${some.seed}`);
    expect(again).toEqual(some);
    const text = (await done(doppel(["audit", path("target")]))).stdout.toString();
    expect(text).toContain("3 backups");
    expect(text).toContain("signed, not checked");
    expect(text).toMatch(/--sample-seed \d+ chooses the same ones/);
    expect(text).toContain("0 problems, 0 warnings.");
  });

  it("let an audit find a truncated volume, without reading it", async () => {
    const folder = harmed("truncated", (at) => truncateSync(named(at, "vol2"), 1000));
    expect(await audit(folder, "--sample", "0")).toMatchObject({ code: 1, findings: [`size ${base(named(folder, "vol2"))}`] });
  });

  it("let an audit find a volume that was replaced by one of the same size, when it reads it", async () => {
    const folder = harmed("replaced", (at) => {
      const volume = named(at, "vol2");
      const bytes = readFileSync(volume);
      bytes[bytes.length - 100]! ^= 1;
      writeFileSync(volume, bytes);
    });
    expect(await audit(folder, "--sample", "0")).toMatchObject({ code: 0, findings: [] });
    expect(await audit(folder, "--sample", "all")).toMatchObject({ code: 1, findings: [`bytes ${base(named(folder, "vol2"))}`] });
  });

  it("let an audit find a missing volume, and one that nobody names", async () => {
    let volume = "";
    const folder = harmed("missing", (at) => {
      volume = base(named(at, "vol2"));
      renameSync(join(at, volume), join(at, volume.replace("vol2", "vol99")));
    });
    const expected = [`missing ${volume}`, `unnamed ${volume.replace("vol2", "vol99")}`];
    expect(await audit(folder, "--sample", "all")).toMatchObject({ code: 1, findings: expected });
  });

  it("let an audit find a volume that is encrypted to another key", async () => {
    mkdirSync(path("elsewhere"));
    await backup(TIMES[2] + 1_000_000, second.publicFile, path("elsewhere"));
    const folder = harmed("rekeyed", (at) => cpSync(named(path("elsewhere"), "vol1"), named(at, "vol1")));
    const volume = base(named(folder, "vol1"));
    const found = await audit(folder, "--sample", "all");
    expect(found.code).toBe(1);
    expect(found.findings.some((finding) => finding === `recipients ${volume}` || finding === `size ${volume}`)).toBe(true);
    // A receipt that tells the size and the hash of the other volume: what remains is who can open it.
    const other = readFileSync(named(folder, "vol1"));
    const forged = harmed("rekeyed-receipt", (at) => {
      writeFileSync(named(at, "vol1"), other);
      const file = receiptOf(at, 0);
      const lines = linesOf(file).slice(0, -2);
      const line = lines.find(({ object }) => object === volume)!;
      line["size"] = other.length;
      line["sha256"] = sha256(other);
      const body = lines.map((entry) => `${JSON.stringify(entry)}\n`).join("");
      writeFileSync(file, `${body}{"sha256":"${sha256(Buffer.from(body))}"}\n`);
    });
    const findings = (await audit(forged, "--sample", "all")).findings;
    expect(findings).toContain(`recipients ${volume}`);
    expect(findings.map((finding) => finding.split(" ")[0])).toEqual(["chain", "recipients"]);
    expect((await audit(forged, ...signed)).findings).toContain(`signature ${base(receiptOf(forged, 0))}`);
  });

  it("let an audit find a receipt that was changed", async () => {
    const folder = harmed("tampered", (at) => {
      const file = receiptOf(at, 1);
      writeFileSync(file, readFileSync(file, "utf8").replace('"errors":0', '"errors":7'));
    });
    const receipt = (number: number): string => base(receiptOf(folder, number));
    expect(await audit(folder)).toMatchObject({ code: 1, findings: [`chain ${receipt(2)}`, `receipt ${receipt(1)}`] });
  });

  it("let an audit find a receipt that was taken from the middle, and tell it from a backup that is gone as a whole", async () => {
    const last = base(receiptOf(path("target"), 2));
    const alone = harmed("receipt-gone", (at) => rmSync(receiptOf(at, 1)));
    const found = await audit(alone);
    expect(found).toMatchObject({ code: 1, problems: 1 });
    expect(found.findings).toContain(`chain ${last}`);
    expect(found.findings.some((finding) => finding.startsWith("no-receipt "))).toBe(true);
    const pruned = harmed("pruned", (at) => {
      const stem = base(receiptOf(at, 1)).replace(/^duplicity-full\.|\.receipt$/g, "");
      for (const name of readdirSync(at)) if (name.includes(stem)) rmSync(join(at, name));
    });
    expect(await audit(pruned)).toMatchObject({ code: 3, problems: 0, findings: [`chain ${last}`] });
    const expired = harmed("expired", (at) => {
      const stem = base(receiptOf(at, 0)).replace(/^duplicity-full\.|\.receipt$/g, "");
      for (const name of readdirSync(at)) if (name.includes(stem)) rmSync(join(at, name));
    });
    expect(await audit(expired)).toMatchObject({ code: 0, findings: [] });
    const emptied = (number: number): string =>
      harmed(`emptied-${number}`, (at) => {
        const stem = base(receiptOf(at, number)).replace(/^duplicity-full\.|\.receipt$/g, "");
        for (const name of readdirSync(at)) if (name.includes(stem) && !name.endsWith(".receipt")) rmSync(join(at, name));
      });
    expect((await audit(emptied(0))).code, "as stock's retention leaves it").toBe(3);
    expect(await audit(emptied(2))).toMatchObject({ code: 1, findings: [`gone ${last}`] });
  });

  it("let an audit pass over the backup that is being made, and warn of what is of none", async () => {
    const folder = harmed("in-progress", (at) => {
      cpSync(named(at, "vol1"), join(at, "duplicity-full.20240101T000000Z.vol1.difftar.gpg"));
      writeFileSync(join(at, "README"), "not ours");
    });
    expect(await audit(folder)).toMatchObject({ code: 3, problems: 0, findings: ["foreign README"] });
  });
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
