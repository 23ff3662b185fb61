import { describe, expect, it } from "vitest";
import { appendProfile } from "./append.ts";

const block = (indent: string): string => `${indent}new:\n${indent.repeat(2)}url: x\n`;
const append = (text: string): string => appendProfile("/p.yaml", text, "new", block);

describe("one more profile", () => {
  it.each([
    ["version: 1\n", "version: 1\n\nprofiles:\n  new:\n    url: x\n"],
    ["version: 1\nprofiles:\n", "version: 1\nprofiles:\n  new:\n    url: x\n"],
    ["version: 1\nprofiles:\n  a: {url: y}", "version: 1\nprofiles:\n  a: {url: y}\n\n  new:\n    url: x\n"],
    [
      "# top\nversion: 1\nprofiles:\n    # of a\n    a:\n        url: y # here\n        # odd  \n\n# below\nmonitor:\n  parallel: 3\n",
      "# top\nversion: 1\nprofiles:\n    # of a\n    a:\n        url: y # here\n        # odd  \n\n    new:\n        url: x\n\n# below\nmonitor:\n  parallel: 3\n",
    ],
  ])("%j", (before, after) => expect(append(before)).toBe(after));

  it.each([
    ["version: 1\nprofiles:\n  new: {url: y}\n", "a profile new already"],
    ["version: 1\nprofiles: {a: {url: y}}\n", "by hand"],
    ["version: 1\nprofiles: [\n", "/p.yaml:3"],
    ["version: 1\nwhat: 2\n", "unknown key"],
  ])("%j is left alone", (before, why) => expect(() => append(before)).toThrow(why));
});
