import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { type ByteStream, payloadOf, type Runtime } from "@doppel/base";
import type { ArchiveDir } from "./archive-dir.ts";

/** In the archive directory, as `sha256sum` has it. Stock duplicity leaves a name that it does not know alone. */
const FILE = "doppel-copies.sha256";
const LINE = /^([0-9a-f]{64}) {2}([^/\n]+)$/gm;

/**
 * Signature archives in an archive directory, and what they were when they were written: an increment against one that was damaged, or has
 * changed places with another, would store wrong deltas, which nobody would notice before they are restored. Those that stock duplicity has
 * written are taken as they are.
 */
export class Copies {
  readonly #archive: ArchiveDir;
  readonly #random: Runtime["random"];

  constructor(archive: ArchiveDir, random: Runtime["random"]) {
    this.#archive = archive;
    this.#random = random;
  }

  /** Writes a copy. Killed on the way it is one that nothing is known of. @throws archive-dir.unusable */
  async write(name: string, bytes: ByteStream): Promise<void> {
    const sums = await this.#read();
    if (sums.delete(name)) await this.#save(sums);
    const hash = createHash("sha256");
    await this.#archive.write(name, hashed(bytes, hash), this.#random);
    for (const other of sums.keys()) if (!(await this.#archive.has(other))) sums.delete(other);
    await this.#save(sums.set(name, hash.digest("hex")));
  }

  /** "unknown": it is not one of ours. @throws archive-dir.unusable, and what reading the copy throws */
  async state(name: string): Promise<"sound" | "changed" | "unknown"> {
    const expected = (await this.#read()).get(name);
    if (expected === undefined) return "unknown";
    const hash = createHash("sha256");
    for await (const chunk of createReadStream(join(this.#archive.path, name), { highWaterMark: 1 << 18 }))
      hash.update(chunk as Buffer);
    return hash.digest("hex") === expected ? "sound" : "changed";
  }

  async #read(): Promise<Map<string, string>> {
    const bytes = await this.#archive.read(FILE);
    const text = bytes ? Buffer.from(bytes).toString("latin1") : "";
    return new Map([...text.matchAll(LINE)].map(([, sum, name]) => [name!, sum!]));
  }

  async #save(sums: ReadonlyMap<string, string>): Promise<void> {
    const lines = Buffer.from([...sums].map(([name, sum]) => `${sum}  ${name}\n`).join(""), "latin1");
    await this.#archive.write(FILE, payloadOf(lines).open(), this.#random);
  }
}

async function* hashed(bytes: ByteStream, hash: ReturnType<typeof createHash>): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
}
