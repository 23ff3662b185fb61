import { existsSync } from "node:fs";
import { join } from "node:path";

export const PROGRAMS = ["doppel", "duplicity"] as const;
export type Program = (typeof PROGRAMS)[number];

/** The built doppel; and stock duplicity, not the one in node_modules/.bin, which is doppel too. @throws Error */
export function binaryOf(program: Program): string {
  if (program === "doppel") return join(import.meta.dirname, "../../node_modules/.bin/doppel");
  const folders = (process.env["PATH"] ?? "").split(":").filter((folder) => !folder.includes("node_modules"));
  const found = folders.map((folder) => join(folder, program)).find((path) => existsSync(path));
  if (!found) throw new Error(`stock ${program} is needed to compare with (on Debian: apt-get install ${program})`);
  return found;
}
