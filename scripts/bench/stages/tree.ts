/** The stages that touch the user's files. */
import { randomBytes } from "node:crypto";
import { pathFromText } from "@doppel/base";
import { compileRules, normaliseSource, openContent, OwnerNames, type SourceEntry, TreeWriter, walkTree } from "@doppel/tree";

const ignore = (): void => {};
const READ = 1 << 18;

/** Every entry with its attributes, in the order of the format. */
export function walk(source: string): number {
  let bytes = 0;
  for (const entry of entriesOf(source)) bytes += entry.size;
  return bytes;
}

/** The same, and every byte of every file. */
export function read(source: string): number {
  const chunk = new Uint8Array(READ);
  let bytes = 0;
  for (const entry of entriesOf(source)) {
    if (entry.type === "file") bytes += readAll(entry, chunk);
  }
  return bytes;
}

/** Writes a tree of the same names and sizes as a restore does, in one thread; what is in the files is all the same. */
export function write(source: string, out: string): number {
  const chunk = randomBytes(READ);
  const writer = new TreeWriter(pathFromText(out), {
    force: false,
    random: { bytes: (n) => randomBytes(n) },
    owners: OwnerNames.system(),
    numericOwner: false,
    restoreOwner: process.geteuid?.() === 0,
    onProblem: ({ path, detail }) => {
      throw new Error(`${path}: ${detail}`);
    },
  });
  for (const entry of entriesOf(source)) {
    writer.begin(entry);
    for (let left = entry.size; left > 0; left -= READ) writer.write(chunk.subarray(0, left));
    writer.end();
  }
  writer.finish();
  return writer.written.bytes;
}

function entriesOf(source: string): Generator<SourceEntry> {
  const path = normaliseSource(pathFromText(source));
  const rules = compileRules([], { source: path, readFile: () => new Uint8Array() });
  return walkTree(path, { rules, owners: OwnerNames.system(), onProblem: ignore });
}

function readAll(entry: SourceEntry, chunk: Uint8Array): number {
  const content = openContent(entry);
  try {
    let bytes = 0;
    for (let length = content.read(chunk); length > 0; length = content.read(chunk)) bytes += length;
    return bytes;
  } finally {
    content.close();
  }
}
