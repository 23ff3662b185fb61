import { existsSync } from "node:fs";
import { join } from "node:path";

export type Program = "doppel" | "duplicity";

/** The built doppel; and stock duplicity, not the one in node_modules/.bin, which is doppel too. @throws Error */
export function binaryOf(program: Program): string {
  if (program === "doppel") return join(import.meta.dirname, "../../node_modules/.bin/doppel");
  const found = findProgram(program);
  if (!found) throw new Error(`stock ${program} is needed to compare with (on Debian: apt-get install ${program})`);
  return found;
}

/** A program on PATH, those of node_modules left aside. */
export function findProgram(name: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}
