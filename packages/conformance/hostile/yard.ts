import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { type Box, makeBox, type Outcome } from "../badinput/box.ts";

/** A box with canaries beside the restore target: a folder, a file, links to them, and what lies at the target. */
export interface Yard extends Box {
  /** `restore` under limits of the process: it dies when it wants more. */
  attack(options?: readonly string[]): Promise<Outcome>;
  /** Nothing but the restore target, and what is temporary, is otherwise than it was when this was called before. */
  expectUntouched(): void;
}

/** Seconds of the processor, and bytes of memory that may be written: several times what a restore of this size takes. */
const CPU_SECONDS = 120;
const DATA_BYTES = 1 << 30;
/** What the program may write into any file. */
const FILE_BYTES = 1 << 28;

/** To be called when the target is as the enemy wants it. */
export function makeYard(forge: (box: Box) => void): Yard {
  const box = makeBox();
  mkdirSync(join(box.path, "outside/folder"), { recursive: true });
  writeFileSync(join(box.path, "outside/canary"), "canary\n", { mode: 0o640 });
  writeFileSync(join(box.path, "outside/folder/canary"), "canary\n");
  symlinkSync("canary", join(box.path, "outside/link"));
  for (const name of ["canary", "folder/canary", "folder", ""]) utimesSync(join(box.path, "outside", name), 1e9, 1e9);
  chmodSync(join(box.path, "outside"), 0o751);
  forge(box);
  const watched = ["outside", "source", "target"].map((name) => join(box.path, name));
  const before = watched.map(fingerprint);
  const beside = readdirSync(box.path);
  return {
    ...box,
    attack: (options = []) => box.restore(options, { limits: { cpu: CPU_SECONDS, data: DATA_BYTES, fsize: FILE_BYTES } }),
    expectUntouched() {
      expect(watched.map(fingerprint)).toEqual(before);
      const extra = readdirSync(box.path).filter((name) => !beside.includes(name));
      expect(extra.filter((name) => name !== "restored" && name !== "no-archive")).toEqual([]);
      expect(readdirSync(box.temp)).toEqual([]);
      for (const path of ["/etc/doppel-canary", "/tmp/doppel-outside", "/doppel-outside"]) expect(existsSync(path)).toBe(false);
    },
  };
}

/** Everything that can be seen of a tree, but times of access. */
function fingerprint(path: string): unknown {
  const { mode, uid, gid, mtimeMs, nlink, ino } = lstatSync(path);
  const seen = { path, mode, uid, gid, mtimeMs, nlink, ino };
  if ((mode & 0o170000) === 0o120000) return [seen, readlinkSync(path)];
  if ((mode & 0o170000) === 0o100000) return [seen, createHash("sha256").update(readFileSync(path)).digest("hex")];
  return [seen, ...readdirSync(path).map((name) => fingerprint(join(path, name)))];
}

/** Paths below `dir`, sorted; links are not followed. */
export function treeBelow(dir: string, prefix = ""): string[] {
  if (!existsSync(dir) || !lstatSync(dir).isDirectory()) return [];
  return readdirSync(dir)
    .flatMap((name) => [`${prefix}${name}`, ...treeBelow(join(dir, name), `${prefix}${name}/`)])
    .sort();
}

/**
 * The program refused, or restored the rest: 21 or 3, or what else is right for the case; and what it said is lines of its own,
 * one of which fits, without a stack trace or anything that drives a terminal.
 */
export function expectTold({ code, stderr }: Outcome, message: RegExp, codes: readonly number[] = [3, 21]): void {
  expect(stderr).toMatch(message);
  expect(codes, stderr).toContain(code);
  expect(stderr).toMatch(code === 0 ? /^([^\n]+\n)*$/ : /^([^\n]+\n)+$/);
  // eslint-disable-next-line no-control-regex -- control characters are what it is about
  expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  expect(stderr).not.toMatch(/\bbug\b|undefined|\[object| at .*\.js|\bError:|heap|Killed/);
}
