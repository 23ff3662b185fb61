import { type BytePath, comparePaths, pathToBytes } from "@doppel/base";
import { quotePath } from "./quoting.ts";

/** The first or last entry of a volume; `block` is the piece at that edge, unless it is the last of its file (spec 2.3). */
export interface Bound {
  /** Of the entry. */
  readonly path: BytePath;
  /** Number of the piece, counted from 0. */
  readonly block?: number;
}

/** One volume as its manifest describes it. */
export interface VolumeInfo {
  /** From 1. */
  readonly number: number;
  /** Its first entry. */
  readonly start: Bound;
  /** Its last entry. */
  readonly end: Bound;
  /** Algorithm ("SHA1", "SHA256") to lower-case hex, over the stored file's bytes. */
  readonly hashes: ReadonlyMap<string, string>;
}

/** One line of the Filelist: what a set did to a regular file. */
export interface Change {
  /** What became of it. */
  readonly kind: "new" | "changed" | "deleted";
  /** Relative to the root of the backup. */
  readonly path: BytePath;
}

/** A manifest without its Filelist, which is streamed. Strings are raw bytes, one char each. */
export interface Manifest {
  /** The machine that was backed up. */
  readonly hostname?: BytePath;
  /** The folder that was backed up, as it was given. */
  readonly localDir?: BytePath;
  /** Numbered 1, 2, 3… without a gap. */
  readonly volumes: readonly VolumeInfo[];
}

/**
 * Everything of a manifest but the Filelist (spec 2.1). SHA1 is written before other hashes. A host name that stock could
 * not read back (empty, or beginning with a quote) is left out: an absent field is not checked by anyone (spec 2.2, 2.3).
 *
 * @throws RangeError when volumes are not 1, 2, 3…, or one has no SHA1: stock crashes on it or loses data (spec 2.4).
 */
export function formatManifest(manifest: Manifest): Uint8Array {
  const { hostname, localDir, volumes } = manifest;
  let text = "";
  if (hostname !== undefined && /^[^"\n\r][^\n\r]*$/.test(hostname)) text += `Hostname ${hostname}\n`;
  if (localDir !== undefined) text += `Localdir ${quotePath(localDir)}\n`;
  volumes.forEach((volume, index) => {
    if (volume.number !== index + 1) throw new RangeError(`volume ${volume.number} cannot be number ${index + 1} of a manifest`);
    text += formatVolume(volume);
  });
  return pathToBytes(text as BytePath);
}

function formatVolume({ number, start, end, hashes }: VolumeInfo): string {
  const sha1 = hashes.get("SHA1");
  if (sha1 === undefined) throw new RangeError(`volume ${number} has no SHA1`);
  let text = `Volume ${number}:\n    StartingPath   ${formatBound(start)}\n    EndingPath     ${formatBound(end)}\n    Hash SHA1 ${sha1}\n`;
  for (const [name, digest] of hashes) if (name !== "SHA1") text += `    Hash ${name} ${digest}\n`;
  return text;
}

function formatBound({ path, block }: Bound): string {
  return `${quotePath(path)} ${block ?? " "}`;
}

/** The line before the changes. `count` is their number; readers do not rely on it. */
export function formatFilelistHead(count: number): Uint8Array {
  return pathToBytes(`Filelist ${count}\n` as BytePath);
}

/** One line of the Filelist. */
export function formatChange(change: Change): Uint8Array {
  return pathToBytes(`    ${change.kind.padEnd(7)}  ${quotePath(change.path)}\n` as BytePath);
}

/**
 * The volumes that can hold entries of `wanted` or below it (spec 2.3): those whose start, cut to the depth of `wanted`,
 * is not after it and whose end is not before it.
 */
export function volumesFor(manifest: Manifest, wanted: BytePath): readonly VolumeInfo[] {
  const depth = wanted === "" ? 0 : wanted.split("/").length;
  return manifest.volumes.filter(
    ({ start, end }) => comparePaths(cut(start.path, depth), wanted) <= 0 && comparePaths(wanted, end.path) <= 0,
  );
}

function cut(path: BytePath, depth: number): BytePath {
  return path.split("/").slice(0, depth).join("/") as BytePath;
}
