import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { DoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { parseDoppel } from "./parse/doppel.ts";

const DOCS = join(import.meta.dirname, "../../../docs");

/** Every line for `doppel` in a page: of indented blocks, and in backquotes. */
function commandLines(page: string): readonly string[] {
  const joined = page.replace(/\\\n\s+/g, "");
  const blocks = [...joined.matchAll(/^ {4}(doppel .*)$/gm)].map(([, line]) => line!.replace(/\s+#.*$/, ""));
  const quoted = [...joined.matchAll(/`(doppel [^`]+)`/g)].map(([, line]) => line!);
  return [...blocks, ...quoted].map((line) => line.replace(/\s*>.*$/, "").replace(/^doppel /, ""));
}

/** With what a profile would have added. */
function asParsed(line: string): string[] {
  const words = line.split(/\s+/);
  const [command] = words;
  const backsUp = ["backup", "full", "incremental"].includes(command ?? "") && words.some((word) => word.startsWith("@"));
  return backsUp ? words.flatMap((word) => (word.startsWith("@") ? ["/", word] : [word])) : words;
}

describe.each(readdirSync(DOCS).filter((name) => name.endsWith(".md")))("docs/%s", (name) => {
  const page = readFileSync(join(DOCS, name), "utf8");

  it.each(commandLines(page))("doppel %s", (line) => {
    const words = asParsed(line);
    // Prose names commands without their arguments.
    if (words.length <= 2 && parses(["help", ...words])) return;
    expect(() => parseDoppel(words)).not.toThrow();
  });

  it("links to files that are there", () => {
    for (const [, target] of page.matchAll(/\]\((?!https?:)([^)#]+)/g))
      expect(() => readFileSync(join(DOCS, target!))).not.toThrow();
  });
});

function parses(words: readonly string[]): boolean {
  try {
    parseDoppel(words);
    return true;
  } catch (error) {
    if (error instanceof DoppelError) return false;
    throw error;
  }
}
