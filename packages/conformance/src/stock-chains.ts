import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { FIXTURES, loadExpectation, type TreeEntry, testKey } from "@doppel/testkit";

/** A chain that stock duplicity made, with what restoring each of its points must give. */
export interface StockChain {
  readonly name: string;
  /** Names of test keys, each of which reads it alone; empty: it needs none. */
  readonly readers: readonly string[];
  /** For the reader: PASSPHRASE where there is no key. */
  readonly env: Readonly<Record<string, string>>;
  /** Options that say how the objects are named; all else doppel finds out. */
  readonly naming: readonly string[];
  /** Absolute; never written to. */
  readonly backup: string;
  readonly points: readonly StockPoint[];
}

interface StockPoint {
  readonly n: number;
  /** Seconds. */
  readonly epoch: number;
  readonly expected: readonly TreeEntry[];
}

/** Where complete chains are kept: too large for the repository, beside which they lie. */
const FOLDER = process.env["DOPPEL_FIXTURES"] ?? resolve(FIXTURES, "../../shared/fixtures");

/** All chains in order of name; undefined, and said loudly, where they are not there. */
export function stockChains(): readonly StockChain[] | undefined {
  if (!existsSync(join(FOLDER, "manifest.json"))) {
    console.warn(`SKIPPED the chains of stock duplicity: not found in ${FOLDER}; DOPPEL_FIXTURES names another place`);
    return undefined;
  }
  const folders = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, "backup")));
  return folders.sort().map(readChain);
}

function readChain(folder: string): StockChain {
  const record = JSON.parse(readFileSync(join(FOLDER, folder, "set.json"), "utf8"));
  const groups: readonly (readonly string[])[] = record.restores_with_only ?? [record.keys];
  const options: readonly string[] = record.restore_options;
  const isNaming = (option: string | undefined): boolean => option?.startsWith("--file-prefix") ?? false;
  return {
    name: record.name,
    readers: groups.flatMap((group) => group.find((name) => name !== "sign") ?? []),
    env: record.env,
    naming: options.filter((option, index) => isNaming(option) || isNaming(options[index - 1])),
    backup: join(FOLDER, folder, "backup"),
    points: record.points.map(({ n, epoch, expect }: { n: number; epoch: number; expect: string }) => ({
      n,
      epoch,
      expected: loadExpectation(join(FOLDER, expect)),
    })),
  };
}

/** Options and environment with which this test key reads a chain. */
export function reading(chain: StockChain, key: string | undefined) {
  if (key === undefined) return { options: chain.naming, env: chain.env };
  const { secretFile, passphrase } = testKey(key);
  return { options: [...chain.naming, "--secret-key", secretFile], env: { PASSPHRASE: passphrase } };
}
