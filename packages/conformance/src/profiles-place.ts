import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, isRoot, openTempDir, type RunResult, scanTree } from "@doppel/testkit";
import { expect } from "vitest";
import { doppel, type ProgramOptions } from "./program.ts";

/** A folder with a profiles file, a source and a runtime directory of its own. */
export class ProfilesPlace implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly path = this.#dir.path;
  readonly file = this.at("profiles.yaml");

  /** @param profiles  lines below `profiles:`, without their first indentation */
  constructor(profiles: readonly string[]) {
    for (const folder of ["src/etc", "run", "cache"]) mkdirSync(this.at(folder), { recursive: true, mode: 0o700 });
    writeFileSync(this.at("src/etc/passwd"), "root:x:0:0\n");
    writeFileSync(this.at("src/log"), Buffer.alloc(50_000, 7));
    this.write("profiles.yaml", ["version: 1", "profiles:", ...profiles.map((line) => `  ${line}`), ""].join("\n"));
  }

  at(name: string): string {
    return join(this.path, name);
  }

  write(name: string, content: string, mode = 0o600): void {
    writeFileSync(this.at(name), content, { mode });
  }

  /** Any command, without a terminal. */
  run(args: readonly string[], options: ProgramOptions = {}): Promise<RunResult> {
    const env = { DOPPEL_PROFILES: this.file, XDG_RUNTIME_DIR: this.at("run"), XDG_CACHE_HOME: this.at("cache"), ...options.env };
    return doppel(args, { cwd: this.path, ...options, env });
  }

  /** As `run`, and it has to end well. @returns standard output */
  async done(args: readonly string[], options: ProgramOptions = {}): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, options);
    expect(code, `${args.join(" ")}\n${stdout.toString()}\n${stderr.toString()}`.slice(-3000)).toBe(0);
    return stdout.toString();
  }

  /** A whole restore is what was backed up. */
  expectRestored(name: string): void {
    expect(compareTrees(asStored(scanTree(this.at("src"))), scanTree(this.at(name)), { ignoreOwner: !isRoot })).toEqual([]);
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}
