import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SignatureFormat } from "../formats.ts";

/** The first line of `rdiff --version`, or undefined when it is not installed. */
export function rdiffVersion(): string | undefined {
  const run = spawnSync("rdiff", ["--version"], { encoding: "utf8" });
  return run.status === 0 ? run.stdout.split("\n")[0] : undefined;
}

/** librsync's own program over bytes in memory. "refused" is any exit code but 0, or an abort. Close it to remove its folder. */
export class Rdiff {
  readonly #folder = mkdtempSync(join(tmpdir(), "doppel-rdiff-"));

  signature(basis: Uint8Array, format: SignatureFormat, blockLength: number, strongLength: number): Uint8Array | "refused" {
    const rollsum = format.startsWith("rabinkarp") ? "rabinkarp" : "rollsum";
    const hash = format.endsWith("blake2") ? "blake2" : "md4";
    const options = ["-R", rollsum, "-H", hash, "-b", `${blockLength}`, "-S", `${strongLength}`];
    return this.#run([...options, "signature", this.#write("basis", basis), this.#path("out")]);
  }

  delta(signature: Uint8Array, file: Uint8Array): Uint8Array | "refused" {
    return this.#run(["delta", this.#write("signature", signature), this.#write("new", file), this.#path("out")]);
  }

  patch(basis: Uint8Array, delta: Uint8Array): Uint8Array | "refused" {
    return this.#run(["patch", this.#write("basis", basis), this.#write("delta", delta), this.#path("out")]);
  }

  close(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  #write(name: string, bytes: Uint8Array): string {
    writeFileSync(this.#path(name), bytes);
    return this.#path(name);
  }

  #run(args: readonly string[]): Uint8Array | "refused" {
    const run = spawnSync("rdiff", ["--force", ...args], { stdio: "ignore", timeout: 60_000 });
    if (run.status === null && run.signal !== "SIGABRT")
      throw new Error(`rdiff ${args.join(" ")} did not end by itself`, { cause: run.error });
    return run.status === 0 ? readFileSync(this.#path("out")) : "refused";
  }
}
