import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type BytePath, pathFromBytes, pathFromText, ROOT } from "@doppel/base";
import type { TreeEntry } from "./scan.ts";
import { testKey } from "./test-keys.ts";

/** The folder of the repository that holds inputs and golden outputs. */
export const FIXTURES = fileURLToPath(new URL("../../../fixtures/", import.meta.url));

/** One full backup that stock duplicity made (fixtures/stock/ORIGIN.md). */
export interface StockSet {
  readonly name: string;
  readonly about: string;
  /** "0.8.22" or "3.0.4". */
  readonly version: string;
  readonly encryption: string;
  /** Names of test keys. */
  readonly keys: readonly string[];
  /** What PASSPHRASE and SIGN_PASSPHRASE have to be to read it. */
  readonly env: Readonly<Record<string, string>>;
  /** Options that reading it needs; fingerprints filled in. */
  readonly restoreOptions: readonly string[];
  /** Each group of keys restores it alone. */
  readonly restoresWithOnly: readonly (readonly string[])[];
  /** Seconds: the time of the set. */
  readonly epoch: number;
  /** Absolute path of the folder of volumes. Never written to. */
  readonly backup: string;
  /** What restoring it gives. */
  readonly expected: () => TreeEntry[];
}

/** All of them, in order of name. */
export function stockSets(): StockSet[] {
  const folder = join(FIXTURES, "stock");
  const names = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return names.map((entry) => readSet(join(folder, entry.name))).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function readSet(folder: string): StockSet {
  const record = JSON.parse(readFileSync(join(folder, "set.json"), "utf8"));
  return {
    name: record.name,
    about: record.about,
    version: record.version,
    encryption: record.encryption,
    keys: record.keys,
    env: record.env,
    restoreOptions: record.restore_options.map((option: string) =>
      option.replace(/^\$KEY_(\w+)$/, (_, name: string) => testKey(name).fingerprint),
    ),
    restoresWithOnly: record.restores_with_only ?? [],
    epoch: record.epoch,
    backup: join(folder, "backup"),
    expected: () => loadExpectation(join(folder, "expect", "0.json")),
  };
}

/** The entries of an expectation file (fixtures/stock/ORIGIN.md), in its order. */
export function loadExpectation(file: string): TreeEntry[] {
  const { entries } = JSON.parse(readFileSync(file, "utf8")) as { entries: readonly ExpectedEntry[] };
  return entries.map((entry) => {
    const path = bytesOf(entry.path, entry.path_hex);
    const target = bytesOf(entry.target, entry.target_hex);
    if (path === undefined) throw new Error(`${file}: an entry without a path`);
    return {
      path: path === "." ? ROOT : path,
      type: entry.type === "chr" ? "chardev" : entry.type === "blk" ? "blockdev" : entry.type,
      mode: Number.parseInt(entry.mode, 8),
      uid: entry.uid,
      gid: entry.gid,
      mtime: entry.mtime,
      ...(entry.size !== undefined && { size: entry.size }),
      ...(entry.sha256 !== undefined && { sha256: entry.sha256 }),
      ...(target !== undefined && { target }),
      ...(entry.dev !== undefined && { device: { major: entry.dev[0], minor: entry.dev[1] } }),
    };
  });
}

interface ExpectedEntry {
  readonly path?: string;
  readonly path_hex?: string;
  readonly type: "file" | "dir" | "symlink" | "fifo" | "chr" | "blk" | "socket";
  readonly mode: string;
  readonly uid: number;
  readonly gid: number;
  readonly mtime: number;
  readonly size?: number;
  readonly sha256?: string;
  readonly target?: string;
  readonly target_hex?: string;
  readonly dev?: readonly [number, number];
}

function bytesOf(text: string | undefined, hex: string | undefined): BytePath | undefined {
  if (hex !== undefined) return pathFromBytes(Buffer.from(hex, "hex"));
  return text === undefined ? undefined : pathFromText(text);
}
