import { createHash } from "node:crypto";
import { mkdir, open, readFile, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type ByteStream, DoppelError, errnoOf, isDoppelError } from "@doppel/base";

/**
 * The archive directory of a target, laid out as stock lays it out (spec 7.1): `<base>/<name>`, where the name is the
 * hex MD5 of the URL exactly as typed, unless one is given.
 */
export function archiveDirFor(base: string, url: string, name?: string): string {
  return join(base, name ?? createHash("md5").update(url, "utf8").digest("hex"));
}

/** The plain metadata kept beside a target: manifests as text, signatures as gzip, never encrypted. */
export class ArchiveDir {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** @throws archive-dir.unusable */
  async create(): Promise<void> {
    await this.#guard("cannot be created", async () => {
      await makeFolders(this.path);
    });
  }

  async has(name: string): Promise<boolean> {
    try {
      return (await stat(join(this.path, name))).isFile();
    } catch {
      return false;
    }
  }

  /** The file's bytes, or undefined when it is not there. */
  async read(name: string): Promise<Uint8Array | undefined> {
    try {
      return await readFile(join(this.path, name));
    } catch (error) {
      if (errnoOf(error) === "ENOENT" || errnoOf(error) === "ENOTDIR") return undefined;
      throw this.#unusable(`: ${name} cannot be read`, error);
    }
  }

  /** Writes under a name that means nothing to anybody, and gives it its own when every byte is on disk. */
  async write(name: string, bytes: ByteStream, random: { bytes(n: number): Uint8Array }): Promise<void> {
    await this.#guard(`: ${name} cannot be written`, async () => {
      const temporary = join(this.path, `.doppel-${Buffer.from(random.bytes(8)).toString("hex")}`);
      try {
        const file = await open(temporary, "wx", 0o600);
        try {
          for await (const chunk of bytes) await file.writeFile(chunk);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, join(this.path, name));
        await syncFolder(this.path);
      } catch (error) {
        await rm(temporary, { force: true });
        throw error;
      }
    });
  }

  async #guard(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (errnoOf(error) === undefined || isDoppelError(error, "archive-dir.unusable")) throw error;
      throw this.#unusable(` ${what}`.replace(" :", ":"), error);
    }
  }

  #unusable(what: string, cause: unknown): DoppelError {
    const message = `archive directory ${this.path}${what} (${errnoOf(cause) ?? String(cause)}); choose another with --archive-dir`;
    return new DoppelError("archive-dir.unusable", message, { path: this.path }, cause);
  }
}

/** Node's own recursive mkdir never returns where a parent exists but takes no folders (observed: /proc/x, Node 20). */
async function makeFolders(path: string): Promise<void> {
  try {
    await makeFolder(path);
  } catch (error) {
    if (errnoOf(error) === "EEXIST" && (await stat(path)).isDirectory()) return;
    const parent = dirname(path);
    if (errnoOf(error) !== "ENOENT" || parent === path || (await exists(parent))) throw error;
    await makeFolders(parent);
    await makeFolder(path);
  }
}

/** One that outlives a power cut: without the metadata in it a machine that has no secret key could not go on with its chain. */
export async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { mode: 0o700 });
  await syncFolder(dirname(path));
}

async function syncFolder(path: string): Promise<void> {
  try {
    const folder = await open(path, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  } catch (error) {
    if (!CANNOT_SYNC.has(errnoOf(error) ?? "")) throw error;
  }
}

/** FUSE and CIFS cannot sync a directory, and one that we may not read cannot be opened for it. */
const CANNOT_SYNC = new Set(["EINVAL", "ENOTSUP", "EOPNOTSUPP", "EBADF", "ENOSYS", "EACCES", "EPERM"]);

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
