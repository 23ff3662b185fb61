import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { randomContent, type RunResult, testKey, tempDir } from "@doppel/testkit";
import { done, doppel } from "./program.ts";

export const OUR_KEY = testKey("rsa");

/** A folder in which servers make backups to local targets, and a monitor looks after them. Only inside a test. */
export class Fleet {
  readonly path = tempDir();
  readonly source = join(this.path, "source");
  readonly env: Record<string, string> = {
    DOPPEL_PROFILES: join(this.path, "profiles.yaml"),
    XDG_CACHE_HOME: join(this.path, "cache"),
  };

  constructor() {
    mkdirSync(join(this.source, "data"), { recursive: true });
    mkdirSync(join(this.source, "srv"));
    mkdirSync(join(this.source, "etc"));
    for (let i = 0; i < 4; i++) writeFileSync(join(this.source, "data", `file${i}`), randomContent(`file${i}`, 700_000));
    writeFileSync(join(this.source, "srv", "page"), randomContent("page", 100_000));
    writeFileSync(join(this.source, "etc", "passwd"), "root:x:0:0\n".repeat(200));
  }

  target(name: string): string {
    return join(this.path, "targets", name);
  }

  /** A backup to the target of that name, at that time. */
  backup(name: string, at: Date, { kind = "full", source = this.source, key = OUR_KEY.publicFile } = {}): Promise<RunResult> {
    const time = String(at.getTime() / 1000);
    const args = ["--encrypt-key", key, "--volsize", "1", "--name", name, "--archive-dir", join(this.path, "archive")];
    return done(
      doppel([kind, source, this.target(name), ...args, "--current-time", time, "--no-print-statistics"], { env: this.env }),
    );
  }

  /** Another server whose backups have been the same so far. */
  twin(name: string, of: string): void {
    cpSync(this.target(of), this.target(name), { recursive: true, preserveTimestamps: true });
    const archive = join(this.path, "archive");
    if (existsSync(join(archive, of)))
      cpSync(join(archive, of), join(archive, name), { recursive: true, preserveTimestamps: true });
  }

  /** A copy of the source that a change is made to. */
  changedSource(name: string, change: (folder: string) => void): string {
    const folder = join(this.path, `source-${name}`);
    cpSync(this.source, folder, { recursive: true, preserveTimestamps: true });
    change(folder);
    return folder;
  }

  /** The name of the only object at a target that matches. */
  object(name: string, pattern: RegExp): string {
    const [found, ...more] = readdirSync(this.target(name)).filter((file) => pattern.test(file));
    if (found === undefined || more.length > 0) throw new Error(`${pattern} matches ${found} ${more.join(" ")}`);
    return join(this.target(name), found);
  }

  writeProfiles(text: string): void {
    writeFileSync(this.env["DOPPEL_PROFILES"]!, text, { mode: 0o644 });
  }

  /** `doppel monitor check` at that time; its exit code may be any. */
  monitor(at: Date, ...args: readonly string[]): Promise<RunResult> {
    return doppel(["monitor", "check", "--current-time", String(at.getTime() / 1000), ...args], { env: this.env });
  }

  /** A program in a folder of its own, first in PATH. */
  program(name: string, script: string): string {
    const folder = join(this.path, "bin");
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    this.env["PATH"] = `${folder}:${process.env["PATH"]}`;
    return join(folder, name);
  }

  /** All of a file that a program appends to, which is then emptied. */
  take(file: string): string {
    const path = join(this.path, file);
    const text = existsSync(path) ? readFileSync(path, "utf8") : "";
    rmSync(path, { force: true });
    return text;
  }
}
