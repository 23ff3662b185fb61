import { createHash } from "node:crypto";
import { execFileSync, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BytePath, concatBytes, pathFromText, pathToBytes } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { buildCollection } from "./chains.ts";
import { chainAt } from "./choose.ts";
import { difftarHeader } from "./difftar.ts";
import { formatFilelistHead, formatManifest, type VolumeInfo } from "./manifest.ts";
import { manifestName, type SetId, signaturesName, volumeName } from "./names.ts";
import { sigtarHeader } from "./sigtar.ts";
import { END_OF_ARCHIVE } from "./tar/header.ts";
import { entry, padded } from "./test-support.ts";

/** Stock duplicity restores a set that this package alone has written: names, manifest, volumes, signatures. */
const version = spawnSync("duplicity", ["--version"], { encoding: "utf8" }).stdout as string | null;
const stock = version?.startsWith("duplicity") === true;
console.log(
  stock
    ? `interop: ${version.trim()}`
    : "SKIPPED: duplicity is missing; nobody checks that it restores what @doppel/format writes",
);
if (!stock && process.env["DOPPEL_REQUIRE_INTEROP"] === "1") throw new Error("duplicity is required");

const AT = new Date(1_700_000_000_000);
const SET: SetId = { kind: "full", start: AT, end: AT };
/** librsync's signature of an empty file, block length 512: what a sigtar needs to be well-formed. */
const EMPTY_SIGNATURE = Buffer.from("727301360000020000000008", "hex");

let folder: string;
let target: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "doppel-format-"));
  target = join(folder, "target");
  mkdirSync(target);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

const BIG = Buffer.from(Array.from({ length: 200_000 }, (_, index) => (index * 7919) >> 5));
const CUTS = [0, 90_000, 155_536, BIG.length];

function file(path: BytePath, content: Uint8Array): Uint8Array {
  return concatBytes([difftarHeader("snapshot", { ...entry(""), path, size: content.length }), padded(content)]);
}

function piece(number: number): Uint8Array {
  const content = BIG.subarray(CUTS[number - 1], CUTS[number]);
  return concatBytes([difftarHeader("snapshot", entry("big"), { number, size: content.length }), padded(content)]);
}

const AWKWARD = "n".repeat(120) as BytePath;
const RAW = "raw\xff\n x" as BytePath;
const LINK = pathFromText("t".repeat(150));

function volumes(): { readonly first: string; readonly last: string; readonly parts: readonly Uint8Array[] }[] {
  return [
    { first: "", last: "big", parts: [difftarHeader("snapshot", entry("", "dir")), piece(1)] },
    { first: "big", last: "big", parts: [piece(2)] },
    {
      first: "big",
      last: RAW,
      parts: [
        piece(3),
        difftarHeader("snapshot", entry("dir", "dir", { mode: 0o1755 })),
        file(pathFromText("dir/whole"), BIG),
        difftarHeader("snapshot", entry("link", "symlink", { mode: 0o777, linkTarget: LINK })),
        file(AWKWARD, Buffer.from("long")),
        file(RAW, Buffer.from("raw")),
      ],
    },
  ];
}

function write(): void {
  const infos = volumes().map(({ first, last, parts }, index): VolumeInfo => {
    const bytes = concatBytes([...parts, END_OF_ARCHIVE]);
    writeFileSync(join(target, volumeName(SET, index + 1, "plain")), bytes);
    const digest = (name: string) => createHash(name).update(bytes).digest("hex");
    const hashes = new Map([
      ["SHA256", digest("sha256")],
      ["SHA1", digest("sha1")],
    ]);
    return { number: index + 1, start: { path: first as BytePath }, end: { path: last as BytePath }, hashes };
  });
  const paths = ["big", "dir/whole", AWKWARD, RAW].map((path) =>
    sigtarHeader({ ...entry(""), path: path as BytePath }, EMPTY_SIGNATURE.length),
  );
  const signatures = [
    sigtarHeader(entry("", "dir"), 0),
    paths[0]!,
    padded(EMPTY_SIGNATURE),
    sigtarHeader(entry("dir", "dir"), 0),
    paths[1]!,
    padded(EMPTY_SIGNATURE),
    sigtarHeader(entry("link", "symlink", { linkTarget: LINK }), 0),
    paths[2]!,
    padded(EMPTY_SIGNATURE),
    paths[3]!,
    padded(EMPTY_SIGNATURE),
  ];
  writeFileSync(join(target, signaturesName(SET, "plain")), concatBytes([...signatures, END_OF_ARCHIVE]));
  const manifest = formatManifest({ hostname: pathFromText("vector"), localDir: pathFromText("/vec tor"), volumes: infos });
  writeFileSync(join(target, manifestName(SET, "plain")), concatBytes([manifest, formatFilelistHead(0)]));
}

function restore(name: string, ...options: string[]): string {
  const place = join(folder, name);
  const common = ["--no-encryption", "--archive-dir", join(folder, "archive"), "--tempdir", folder];
  execFileSync("duplicity", ["restore", ...common, ...options, `file://${target}`, place], {
    stdio: "pipe",
    env: { ...process.env, HOME: folder },
  });
  return place;
}

function read(place: string, path: BytePath): Buffer {
  return readFileSync(Buffer.concat([Buffer.from(`${place}/`), pathToBytes(path)]));
}

describe.skipIf(!stock)("stock duplicity", () => {
  it("restores what is written here: pieces of any size over volumes, whole files of any size, awkward names", () => {
    write();
    expect(chainAt(buildCollection(readdirSync(target)), AT)!.sets.length).toBe(1);
    const place = restore("all");
    expect(readdirSync(place).length).toBe(5);
    expect(read(place, pathFromText("big")).equals(BIG)).toBe(true);
    expect(read(place, pathFromText("dir/whole")).equals(BIG)).toBe(true);
    expect(read(place, AWKWARD).toString()).toBe("long");
    expect(read(place, RAW).toString()).toBe("raw");
    expect(readlinkSync(join(place, "link"))).toBe(LINK);
    expect(lstatSync(join(place, "dir")).mode & 0o7777).toBe(0o1755);
    expect(lstatSync(join(place, "big")).mtimeMs).toBe(1_600_000_000_000);
  });

  it("restores one path, which it finds by the manifest's bounds", () => {
    write();
    expect(readFileSync(restore("one", "--file-to-restore", "big")).equals(BIG)).toBe(true);
    expect(readFileSync(restore("two", "--file-to-restore", "dir/whole")).equals(BIG)).toBe(true);
  });
});
