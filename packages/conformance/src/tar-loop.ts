import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type RunResult, run } from "@doppel/testkit";
import { cleanEnv, done } from "./program.ts";

/**
 * Runs bash with a `gpg` that knows the passphrase and asks nobody; everything else a person could type stays as typed.
 */
export async function bash(
  script: string,
  options: {
    readonly cwd: string;
    readonly gnupgHome: string;
    readonly passphraseFile: string;
    readonly args?: readonly string[];
  },
): Promise<RunResult> {
  const gpg = `gpg() { command gpg --batch --quiet --pinentry-mode loopback --passphrase-file ${options.passphraseFile} "$@"; }\n`;
  const env = cleanEnv({ GNUPGHOME: options.gnupgHome });
  return done(run("bash", ["-c", gpg + script, "bash", ...(options.args ?? [])], { cwd: options.cwd, env }));
}

/** The one-line loop that a recipe prints in its head. */
export function loopOf(recipe: string): string {
  const line = recipe.split("\n").find((line) => /^#\s+for v in /.test(line));
  if (line === undefined) throw new Error("the recipe prints no loop");
  return line.replace(/^#\s+/, "");
}

/** Joins a folder of pieces 1, 2, … into its content, as `cat` in order does, and removes the folder. */
export function joinPieces(folder: string): Buffer {
  const pieces = readdirSync(folder).sort((a, b) => Number(a) - Number(b));
  const content = Buffer.concat(pieces.map((piece) => readFileSync(join(folder, piece))));
  rmSync(folder, { recursive: true });
  return content;
}
