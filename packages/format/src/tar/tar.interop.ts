import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BytePath, type PathEntry, pathFromBytes, pathFromText, pathToBytes } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { difftarHeader } from "../difftar.ts";
import { entry, padded } from "../test-support.ts";
import { END_OF_ARCHIVE, encodeTarHeader, type TarHeader } from "./header.ts";
import { TarParser } from "./parser.ts";

/** Skips loudly when a program is missing, and fails when it must not be. */
function available(program: string, argument: string, pattern: RegExp): boolean {
  const { stdout } = spawnSync(program, [argument], { encoding: "utf8" });
  const found = typeof stdout === "string" && pattern.test(stdout);
  console.log(
    found
      ? `interop: ${stdout.split("\n")[0]}`
      : `SKIPPED: ${program} is missing; its interop tests of the tar dialect do not run`,
  );
  if (!found && process.env["DOPPEL_REQUIRE_INTEROP"] === "1") throw new Error(`${program} is required`);
  return found;
}

const gnuTar = available("tar", "--version", /GNU tar/);
const python = available("python3", "--version", /Python 3/);

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "doppel-tar-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const LONG = `${"d".repeat(60)}/${"e".repeat(60)}`;
/** Awkward in every way, in the one order. */
const ENTRIES: readonly (PathEntry & { readonly content?: string })[] = [
  entry("", "dir"),
  entry("blank and ' \" \\", "file", { mode: 0o4755 }),
  { ...entry("block", "blockdev"), device: { major: 8, minor: 17 } },
  { ...entry("char", "chardev"), device: { major: 1, minor: 5 } },
  entry("d".repeat(60), "dir", { mode: 0o1777 }),
  entry(LONG, "file", { uid: 3_000_000, gid: 2_097_152 }),
  entry("epoch", "file", { mtime: 0 }),
  entry("late", "file", { mtime: 4_102_444_800 }),
  { ...entry("link", "symlink", { mode: 0o777 }), linkTarget: pathFromText("t".repeat(150)) },
  entry("new\nline", "file"),
  entry("pipe", "fifo"),
  { ...entry(""), type: "file", path: pathFromBytes(Buffer.from([0x72, 0x61, 0x77, 0xff, 0xfe])) },
  entry("żółw", "file", { uname: "root", gname: "root" }),
];

function archive(): Buffer {
  const parts = ENTRIES.map((one) => {
    const content = one.type === "file" ? Buffer.from(`content of ${one.path}`, "latin1") : Buffer.alloc(0);
    return Buffer.concat([difftarHeader("snapshot", { ...one, size: content.length }), padded(content)]);
  });
  return Buffer.concat([...parts, END_OF_ARCHIVE]);
}

function headersOf(bytes: Uint8Array): TarHeader[] {
  const parser = new TarParser();
  const headers = parser.update(bytes).flatMap((item) => (item.type === "header" ? [item.header] : []));
  parser.finish();
  return headers;
}

describe.skipIf(!gnuTar)("GNU tar", () => {
  it("extracts what we write, with every attribute", () => {
    const file = join(folder, "ours.tar");
    const target = join(folder, "extracted");
    writeFileSync(file, archive());
    mkdirSync(target);
    const root = process.getuid?.() === 0;
    // Without root it cannot make devices; everything else must do.
    const exclude = root ? [] : ["--exclude=snapshot/block", "--exclude=snapshot/char", "--no-same-owner", "-p"];
    execFileSync("tar", ["xf", file, "-C", target, "--strip-components=1", "--numeric-owner", ...exclude], { stdio: "pipe" });
    for (const one of ENTRIES) {
      if (!root && one.device !== undefined) continue;
      const place = Buffer.concat([Buffer.from(`${target}/`), pathToBytes(one.path)]);
      const stat = lstatSync(place);
      if (one.type !== "symlink") expect(stat.mode & 0o7777).toBe(one.mode);
      expect(Math.floor(stat.mtimeMs / 1000)).toBe(one.mtime);
      if (root) expect([stat.uid, stat.gid]).toEqual([one.uid, one.gid]);
      if (one.type === "file") expect(readFileSync(place).toString("latin1")).toBe(`content of ${one.path}`);
      if (one.linkTarget !== undefined) expect(readlinkSync(place)).toBe(one.linkTarget);
      if (one.device !== undefined) expect(stat.rdev).toBe(one.device.major * 256 + one.device.minor);
    }
  });

  it("lists sizes beyond 8 GiB and numbers beyond octal", () => {
    const file = join(folder, "big.tar");
    writeFileSync(
      file,
      difftarHeader("snapshot", entry("huge", "file", { size: 2 ** 40 + 1, uid: 4_294_967_294, mtime: 4_102_444_800 })),
    );
    const { stdout } = spawnSync("tar", ["tvf", file, "--numeric-owner", "--utc"], {
      encoding: "utf8",
      env: { ...process.env, LC_ALL: "C" },
    });
    expect(stdout).toMatch(/^-rw-r--r-- 4294967294\/0 +1099511627777 2100-01-01 00:00 snapshot\/huge/);
  });

  const source = () => {
    const tree = join(folder, "source");
    rmSync(tree, { recursive: true, force: true });
    mkdirSync(join(tree, "dir"), { recursive: true });
    writeFileSync(join(tree, "dir", "file"), "x".repeat(1000));
    writeFileSync(join(tree, "exact"), "y".repeat(512));
    symlinkSync("dir/file", join(tree, "link"));
    for (const name of ["dir/file", "exact", "dir"]) utimesSync(join(tree, name), 1_600_000_000, 1_600_000_000);
    chmodSync(join(tree, "exact"), 0o4711);
    if (process.getuid?.() === 0) chownSync(join(tree, "exact"), 1234, 5678);
    return tree;
  };

  function check(headers: readonly TarHeader[], tree: string): void {
    const names = headers.map(({ name }) => name).toSorted();
    expect(names).toEqual(["dir/", "dir/file", "exact", "link"]);
    for (const header of headers) {
      const stat = lstatSync(join(tree, header.name));
      expect([header.mode, header.uid, header.gid]).toEqual([stat.mode & 0o7777, stat.uid, stat.gid]);
      if (header.type !== "2") expect(header.mtime).toBe(1_600_000_000);
      else expect(header.linkName).toBe("dir/file");
      if (header.type === "0") expect(header.size).toBe(stat.size);
    }
  }

  it.each(["gnu", "oldgnu", "pax", "ustar", "v7"])("writes the %s dialect, and we read it", (format) => {
    const tree = source();
    const bytes = execFileSync("tar", ["cf", "-", `--format=${format}`, "-C", tree, "dir", "exact", "link"]);
    check(headersOf(bytes), tree);
  });

  it.each(["gnu", "pax"])("writes awkward names in the %s dialect, and we read them", (format) => {
    const tree = join(folder, `awkward-${format}`);
    mkdirSync(tree);
    const names = ["a b", "l".repeat(150), "new\nline", "żółw"].map((name) => pathFromText(name));
    names.push(pathFromBytes(Buffer.from([0x72, 0xff])));
    for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${tree}/`), pathToBytes(name)]), "1");
    symlinkSync("t".repeat(200), join(tree, "sym"));
    const bytes = execFileSync("tar", ["cf", "-", `--format=${format}`, "-C", tree, "."]);
    const headers = headersOf(bytes).filter(({ name }) => name !== "./");
    expect(new Set(headers.map(({ name }) => name.slice(2)))).toEqual(new Set([...names, "sym"]));
    expect(headers.find(({ type }) => type === "2")!.linkName).toBe("t".repeat(200));
  });

  it.each(["gnu", "pax"])("writes ids and times beyond octal in the %s dialect, and we read them", (format) => {
    const tree = source();
    const options = ["--owner=nobodyhere:3000000", "--group=nonehere:4000000", "--mtime=@4102444800.5"];
    const bytes = execFileSync("tar", ["cf", "-", `--format=${format}`, ...options, "-C", tree, "exact"]);
    expect(headersOf(bytes)).toMatchObject([
      { uid: 3_000_000, gid: 4_000_000, uname: "nobodyhere", gname: "nonehere", mtime: 4_102_444_800 },
    ]);
  });
});

describe.skipIf(!python)("python's tarfile, with which stock reads", () => {
  it("reads what we write", () => {
    const file = join(folder, "python.tar");
    writeFileSync(file, archive());
    const script = [
      "import json, sys, tarfile",
      "with tarfile.open(sys.argv[1], encoding='latin-1') as tar:",
      "    print(json.dumps([[m.name, m.type.decode(), m.mode, m.uid, m.gid, m.mtime, m.linkname, m.uname, m.devmajor, m.devminor,",
      "        tar.extractfile(m).read().decode('latin-1') if m.isreg() else None] for m in tar]))",
    ].join("\n");
    const listed = JSON.parse(execFileSync("python3", ["-c", script, file], { encoding: "utf8" })) as unknown[];
    const flags = { file: "0", symlink: "2", chardev: "3", blockdev: "4", dir: "5", fifo: "6" };
    const expected = ENTRIES.map((one) => [
      one.path === "" ? "snapshot/." : `snapshot/${one.path}`,
      flags[one.type],
      one.mode,
      one.uid,
      one.gid,
      one.mtime,
      one.linkTarget ?? "",
      one.uname,
      one.device?.major ?? 0,
      one.device?.minor ?? 0,
      one.type === "file" ? `content of ${one.path}` : null,
    ]);
    expect(listed).toEqual(expected);
  });

  it("writes the same bytes in its GNU dialect", () => {
    const header: TarHeader = {
      name: `snapshot/${"n".repeat(200)}` as BytePath,
      type: "2",
      mode: 0o777,
      uid: 3_000_000,
      gid: 7,
      size: 0,
      mtime: 4_102_444_800,
      linkName: "t".repeat(300) as BytePath,
      uname: "user",
      gname: "group",
      devMajor: 0,
      devMinor: 0,
    };
    const script = [
      "import sys, tarfile",
      "m = tarfile.TarInfo('snapshot/' + 'n' * 200)",
      "m.type, m.mode, m.uid, m.gid, m.mtime, m.linkname, m.uname, m.gname = tarfile.SYMTYPE, 0o777, 3000000, 7, 4102444800, 't' * 300, 'user', 'group'",
      "sys.stdout.buffer.write(m.tobuf(tarfile.GNU_FORMAT))",
    ].join("\n");
    const theirs = execFileSync("python3", ["-c", script]);
    expect(Buffer.compare(theirs, encodeTarHeader(header))).toBe(0);
  });

  it("writes its pax dialect, with bytes that are no UTF-8, and we read it", () => {
    const script = [
      "import io, sys, tarfile",
      "out = io.BytesIO()",
      "with tarfile.open(fileobj=out, mode='w', format=tarfile.PAX_FORMAT) as tar:",
      "    m = tarfile.TarInfo('snapshot/bad\\udcff\\udcfename' + 'x' * 120)",
      "    m.uid, m.mtime, m.size = 3000000, 1600000000.5, 4",
      "    tar.addfile(m, io.BytesIO(b'AAAA'))",
      "sys.stdout.buffer.write(out.getvalue())",
    ].join("\n");
    const [header] = headersOf(execFileSync("python3", ["-c", script], { env: { ...process.env, LC_ALL: "C.UTF-8" } }));
    expect(header).toMatchObject({
      name: `snapshot/bad\xff\xfename${"x".repeat(120)}`,
      uid: 3_000_000,
      mtime: 1_600_000_000,
      size: 4,
    });
  });
});
