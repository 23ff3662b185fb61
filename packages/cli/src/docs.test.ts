import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { DoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { parseDoppel } from "./parse/doppel.ts";
import { parseDuplicity } from "./parse/duplicity.ts";
import { spelled } from "./parse/spellings.ts";

const ROOT = join(import.meta.dirname, "../../..");
const PAGES = [
  "README.md",
  ...readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`),
  "packages/monitor/PROFILES.md",
];

interface Line {
  readonly text: string;
  /** In prose a command may stand without its arguments. */
  readonly prose: boolean;
}

/** Every line for a program in a page: of indented and fenced blocks, and in backquotes. */
function commandLines(page: string, program: string): readonly Line[] {
  const joined = page.replace(/\\\n\s+/g, "");
  const fenced = [...joined.matchAll(/^```\w*\n(.*?)^```/gms)].flatMap(([, block]) => block!.split("\n"));
  const indented = [...joined.matchAll(/^ {4}(.*)$/gm)].map(([, line]) => line!);
  // Short ones stand side by side.
  const blocks = [...fenced, ...indented].flatMap((line) => line.split(new RegExp(`\\s{2,}(?=${program} )`)));
  const quoted = [...joined.matchAll(/(?<!`)`([^`\n]+)`/g)].map(([, text]) => text!);
  const lines = (texts: readonly string[], prose: boolean): readonly Line[] =>
    texts
      .filter((text) => text.startsWith(`${program} `))
      .map((text) => ({ text: withoutRest(text.slice(program.length + 1)), prose }));
  return [...lines(blocks, false), ...lines(quoted, true)];
}

/** Without a comment, and what is for the shell. */
function withoutRest(line: string): string {
  return line.replace(/(?:\s+#|\s+\(| [>|]).*$/, "").trim();
}

/** With the folder that a profile would have added. */
function asParsed(line: string): string[] {
  const words = line.split(/\s+/);
  const [command] = words;
  const backsUp = ["backup", "full", "incremental"].includes(command ?? "") && words.some((word) => word.startsWith("@"));
  return backsUp ? words.flatMap((word) => (word.startsWith("@") ? ["/", word] : [word])) : words;
}

describe.each(PAGES)("%s", (name) => {
  const page = readFileSync(join(ROOT, name), "utf8");

  it.each(commandLines(page, "doppel"))("doppel $text", ({ text, prose }) => {
    const words = asParsed(text);
    if (text === "help COMMAND") return;
    if (prose && parses(["help", ...words.filter((word) => !word.startsWith("-")).slice(0, 2)])) {
      for (const option of words.filter((word) => word.startsWith("--"))) expect(isOption(option), option).toBe(true);
      if (words.length <= 2) return;
    }
    expect(() => parseDoppel(words)).not.toThrow();
  });

  it("has command lines for duplicity that ours takes", () => {
    for (const { text } of commandLines(page, "duplicity")) {
      const words = text.replace(/\b(?:URL|BUCKET)\b/g, "file:///b").split(/\s+/);
      expect(() => parseDuplicity(words, {}), text).not.toThrow();
    }
  });

  it("links to files that are there", () => {
    for (const [, target] of page.matchAll(/\]\((?!https?:)([^)#]+)/g)) {
      const path = join(ROOT, dirname(name), target!);
      expect(() => readdirOrRead(path), relative(ROOT, path)).not.toThrow();
    }
  });
});

/** Options of programs that docs compare with, and of scripts of this repository. */
const OF_OTHERS = ["--append-only", "--recursive", "--only", "--json", "--prefix", "--s3", "--help"];

it.each(PAGES.filter((name) => name.startsWith("docs/")))("%s names options that there are", (name) => {
  const page = readFileSync(join(ROOT, name), "utf8");
  const named = [...page.matchAll(/`(--[a-z][a-z0-9-]*)/g)].map(([, option]) => option!);
  expect(named.filter((option) => !isOption(option) && !OF_OTHERS.includes(option))).toEqual([]);
});

function isOption(option: string): boolean {
  return spelled(option.replace(/^--|=.*$/g, ""), "doppel") !== undefined;
}

function readdirOrRead(path: string): unknown {
  return path.endsWith(".md") || /\.\w+$/.test(path) ? readFileSync(path) : readdirSync(path);
}

function parses(words: readonly string[]): boolean {
  try {
    parseDoppel(words);
    return true;
  } catch (error) {
    if (error instanceof DoppelError) return false;
    throw error;
  }
}
