import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { asStored, compareTrees, isRoot, openTempDir, run, scanTree } from "@doppel/testkit";
import { expect } from "vitest";
import { cleanEnv, DOPPEL, doppel, type ProgramOptions } from "./program.ts";
import { type Said, said } from "./s3-place.ts";
import { Searcher } from "./secret-search.ts";

/** An admin's machine, a server's scratch root, what the server holds, and a target; all in one folder. */
export class SetupPlace implements Disposable {
  readonly #dir = openTempDir("/tmp");
  readonly path = this.#dir.path;
  readonly root = this.at("root");
  readonly source = this.at("data");
  readonly admin = this.at("admin");
  /** A doppel that notes its arguments and environment before it becomes the real one. */
  readonly spy = this.at("spy");
  readonly seen = this.at("seen");

  constructor() {
    for (const folder of ["root", "data/sub", "admin", "cache", "backups"]) mkdirSync(this.at(folder), { recursive: true });
    for (let i = 0; i < 5; i++) writeFileSync(join(this.source, `sub/file${i}`), `content ${i}\n`.repeat(1000 * (i + 1)));
    writeFileSync(join(this.source, "large"), Buffer.alloc(300_000, "not one byte alone "));
    const lines = [
      "#!/bin/sh",
      `{ printf '%s\\n' "$0" "$@"; env; echo; } >> ${this.seen}`,
      `exec ${process.execPath} ${DOPPEL} "$@"`,
    ];
    writeFileSync(this.spy, `${lines.join("\n")}\n`);
    chmodSync(this.spy, 0o755);
    writeFileSync(this.seen, "");
  }

  at(name: string): string {
    return join(this.path, name);
  }

  get target(): string {
    return `file://${this.at("backups")}`;
  }

  /** doppel without a terminal. */
  async doppel(args: readonly string[], options: ProgramOptions = {}): Promise<Said> {
    return said(await doppel(args, { cwd: this.admin, ...options, env: { XDG_CACHE_HOME: this.at("cache"), ...options.env } }));
  }

  /** `setup server` at the target, of the folder `data`, into the scratch root, with the program that notes what it is given. */
  setup(args: readonly string[], url = this.target): Promise<Said> {
    const where = ["--root", this.root, "--server", "web1", "--include", this.source, "--program", this.spy];
    return this.doppel(["setup", "server", url, ...where, ...args]);
  }

  /** A command whose passphrase is shown on descriptor 3. @returns that too */
  async shown(args: readonly string[]): Promise<Said & { readonly passphrase: string }> {
    const file = this.at("shown");
    const command = ["-c", 'exec "$@" 3>"$SHOWN"', "sh", process.execPath, DOPPEL, ...args, "--show-passphrase-fd", "3"];
    const env = cleanEnv({ SHOWN: file, XDG_CACHE_HOME: this.at("cache") });
    const result = said(await run("sh", command, { env, cwd: this.admin }));
    const passphrase = readFileSync(file, "utf8").trim();
    writeFileSync(file, ""); // so that a search finds only what was left elsewhere
    return { ...result, passphrase };
  }

  /** A key on the admin's machine. */
  async key(): Promise<{
    readonly passphrase: string;
    readonly fingerprint: string;
    readonly secretFile: string;
    readonly publicFile: string;
  }> {
    const made = await this.shown(["setup", "key", "web1", "--key-kind", "curve25519", "--json"]);
    expect(made.code, made.stderr).toBe(0);
    const told = JSON.parse(made.stdout.trim().split("\n").at(-1)!) as { readonly fingerprint: string };
    expect(told).toMatchObject({ kind: "key", server: "web1", algorithm: "curve25519" });
    const { fingerprint } = told;
    const at = (kind: string): string => join(this.admin, `web1.${kind}.asc`);
    return { passphrase: made.passphrase, fingerprint, secretFile: at("secret"), publicFile: at("public") };
  }

  read(path: string): string {
    return readFileSync(join(this.root, path), "utf8");
  }

  /** The files in which a secret stands in any form. */
  filesWith(secret: string): readonly string[] {
    return new Searcher([{ name: "it", value: secret }]).filesBelow(this.path).map(({ path }) => path);
  }

  /** Sets at the target. */
  get sets(): number {
    return readdirSync(this.at("backups")).filter((name) => /^duplicity-full\..*\.manifest/.test(name)).length;
  }

  /** What was restored is what the server holds. The source of its backups is /. */
  expectRestored(folder: string): void {
    const restored = join(folder, this.source);
    expect(compareTrees(asStored(scanTree(this.source)), scanTree(restored), { ignoreOwner: !isRoot })).toEqual([]);
  }

  [Symbol.dispose](): void {
    this.#dir[Symbol.dispose]();
  }
}
