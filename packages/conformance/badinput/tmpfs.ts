import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, onTestFinished } from "vitest";

function mount(dir: string, size: string): boolean {
  return spawnSync("mount", ["-t", "tmpfs", "-o", `size=${size},mode=1777`, "tmpfs", dir]).status === 0;
}

function canMount(): boolean {
  const dir = mkdtempSync(join(tmpdir(), "doppel-mount-"));
  const mounted = mount(dir, "64k");
  if (mounted) spawnSync("umount", [dir]);
  rmdirSync(dir);
  return mounted;
}

/** Makes `dir` as a file system of this size ("2m"), gone again when the running test has ended. */
export function mountTmpfs(dir: string, size: string): void {
  mkdirSync(dir, { recursive: true });
  if (!mount(dir, size)) throw new Error(`cannot mount a tmpfs at ${dir}`);
  onTestFinished(() => void spawnSync("umount", ["-l", dir]));
}

/** A `describe` whose tests need small file systems; without the right to mount they are skipped with one loud line. */
export function describeFullDisks(title: string, body: () => void): void {
  const able = canMount();
  if (!able) console.warn(`SKIPPED ${title}: needs the right to mount a tmpfs (root, and no container that forbids it)`);
  describe.skipIf(!able)(title, body);
}
