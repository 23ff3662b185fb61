import { type BytePath, DoppelError, displayPath, type PathEntry, ROOT } from "@doppel/base";
import { deletedEntry, deletedHeader, EntryOrder, entryOf, type EntryPrefix, headerOf, parseEntryName } from "./entry-name.ts";
import { encodeTarHeader, type TarHeader } from "./tar/header.ts";
import { TarParser } from "./tar/parser.ts";

/**
 * The header of one entry of a signature archive (spec 4.1): `signature/` for files, whose signature of `signatureSize`
 * bytes and padding follow; `snapshot/` for everything else, without content.
 *
 * @throws RangeError for numbers that a tar header cannot hold.
 */
export function sigtarHeader(entry: PathEntry, signatureSize: number): Uint8Array {
  if (entry.type === "file") return encodeTarHeader(headerOf(`signature/${entry.path}`, entry, signatureSize));
  // Never `snapshot/./`: stock takes it for a child called "." and then writes increments that nobody can restore (spec 4.1).
  const slash = entry.type === "dir" && entry.path !== ROOT ? "/" : "";
  return encodeTarHeader(headerOf(`snapshot/${entry.path}${slash}`, entry, 0));
}

/** The header of an object that is gone. @throws RangeError for the root, which never is. */
export function sigtarDeletedHeader(path: BytePath): Uint8Array {
  return encodeTarHeader(deletedHeader(path));
}

/** What a signature archive holds. For "signature", `entry.size` is the signature's: the file's own is not recorded (spec 4.1). */
export type SigtarItem =
  | { readonly type: "entry"; readonly kind: "signature" | "snapshot" | "deleted"; readonly entry: PathEntry }
  /** Part of a chunk that was given to `update`. */
  | { readonly type: "data"; readonly bytes: Uint8Array }
  | { readonly type: "end" };

const PREFIXES = ["signature", "snapshot", "deleted"] as const satisfies readonly EntryPrefix[];

/**
 * Reads one signature archive. As loud as the reader of volumes: format.bad-tar for a stream that is no sound tar,
 * format.bad-set for entries out of order or there twice, and for names that are unknown, unsafe or of the wrong type.
 */
export class SigtarReader {
  readonly #tar: TarParser;
  readonly #name: string;
  readonly #order = new EntryOrder();

  /** @param options.name what is read, for messages. */
  constructor(options: { readonly name?: string } = {}) {
    this.#name = options.name ?? "the signature archive";
    this.#tar = new TarParser(this.#name);
  }

  /** The items that the next bytes complete. Data are views of `chunk`. @throws format.bad-tar, format.bad-set */
  update(chunk: Uint8Array): SigtarItem[] {
    const items: SigtarItem[] = [];
    for (const item of this.#tar.update(chunk)) items.push(item.type === "header" ? this.#entry(item.header) : item);
    return items;
  }

  /** All of it has come. @throws format.bad-tar when it is cut off */
  finish(): void {
    this.#tar.finish();
  }

  #entry(header: TarHeader): SigtarItem {
    const name = parseEntryName(header.name, PREFIXES, header.type === "5", false);
    if (typeof name === "string") this.#fail(header.name, name);
    const { path } = name;
    const kind = name.prefix as (typeof PREFIXES)[number];
    const problem = this.#order.check(path) ?? shapeProblem(kind, path, header);
    if (problem !== undefined) this.#fail(path, problem);
    return { type: "entry", kind, entry: kind === "deleted" ? deletedEntry(path) : entryOf(path, header) };
  }

  #fail(path: string, reason: string): never {
    const shown = displayPath(path as BytePath);
    throw new DoppelError(
      "format.bad-set",
      `${this.#name} cannot be used: the entry ${shown} is not sound: ${reason}; use another copy of it, or begin a new full backup`,
      { set: this.#name, reason: `${shown}: ${reason}` },
    );
  }
}

function shapeProblem(kind: "signature" | "snapshot" | "deleted", path: BytePath, header: TarHeader): string | undefined {
  const isFile = header.type === "0";
  if (kind === "signature") return isFile ? undefined : "it is a signature of something that is not a file";
  if (kind === "snapshot") return isFile ? "it is a file without a signature" : undefined;
  if (path === ROOT) return "it deletes the root";
  return isFile && header.size > 0 ? "it is deleted and has content" : undefined;
}
