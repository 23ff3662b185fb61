import type { BytePath, PathEntry } from "@doppel/base";
import { type ListedEntry, listedEntry } from "./entries.ts";
import type { SetRecord, SignatureFacts } from "./records.ts";
import { sizeRangeOf } from "./sizes.ts";

/** How one path differs between two states. */
export interface Difference {
  readonly path: BytePath;
  /**
   * "type": it is something else than before. "changed": the content of a file, the target of a symlink, the numbers of a
   * device. "attributes": only owner, mode or time.
   */
  readonly what: "added" | "removed" | "changed" | "attributes" | "type";
  /** Absent when added. */
  readonly before?: ListedEntry;
  /** Absent when removed. */
  readonly after?: ListedEntry;
  /** For a file that is "changed" and was signed in two ways that cannot be compared: the times differ, the content may. */
  readonly uncertain?: true;
}

/** What two states say about one path, as a difference; undefined when they say the same. Records have to have digests. */
export function difference(old: SetRecord | undefined, now: SetRecord | undefined): Difference | undefined {
  if (old === now) return undefined; // both have it from the same set
  const before = old && listedEntry(old);
  const after = now && listedEntry(now);
  if (!before) return after && { path: after.path, what: "added", after };
  if (!after) return { path: before.path, what: "removed", before };
  const row = (what: Difference["what"]): Difference => ({ path: after.path, what, before, after });
  if (before.type !== after.type) return row("type");
  const touched = !sameAttributes(before, after);
  const same = sameContent(old, now);
  if (same === false) return row("changed");
  // The format itself takes a file whose attributes are the same for unchanged (spec 5.1).
  if (same === undefined) return touched ? { ...row("changed"), uncertain: true } : undefined;
  return touched ? row("attributes") : undefined;
}

/** Undefined: it cannot be told. Of two entries of one type. */
function sameContent(old: SetRecord, now: SetRecord): boolean | undefined {
  const [a, b] = [old.entry!, now.entry!];
  if (old.signature && now.signature) return sameSigned(old.signature, now.signature);
  return a.linkTarget === b.linkTarget && a.device?.major === b.device?.major && a.device?.minor === b.device?.minor;
}

function sameSigned(a: SignatureFacts, b: SignatureFacts): boolean | undefined {
  const [sizeA, sizeB] = [sizeRangeOf(a.header, a.length), sizeRangeOf(b.header, b.length)];
  if (!sizeA || !sizeB) return undefined; // one is no signature
  if (a.digest === b.digest) return true;
  if (Buffer.compare(a.header, b.header) === 0) return false;
  // Blocks of another length, or other sums: their makers differ, the files need not (spec 4.3).
  return sizeA.max < sizeB.min || sizeB.max < sizeA.min ? false : undefined;
}

function sameAttributes(a: PathEntry, b: PathEntry): boolean {
  const sameOwner = a.uid === b.uid && a.gid === b.gid && sameName(a.uname, b.uname) && sameName(a.gname, b.gname);
  // Mode and time of a symlink are never restored (spec 3.5).
  return sameOwner && (a.type === "symlink" || (a.mode === b.mode && a.mtime === b.mtime));
}

/** A name that one maker did not know says nothing. */
function sameName(a: string, b: string): boolean {
  return a === b || a === "" || b === "";
}
