import { execFileSync } from "node:child_process";
import { type BytePath, pathFromText } from "@doppel/base";
import { expect, it } from "vitest";
import { pasteable } from "./pasteable.ts";

it.each<[BytePath, string]>([
  [pathFromText("file:///backup/a-b_c"), "file:///backup/a-b_c"],
  [pathFromText("/mnt/it's über"), "'/mnt/it'\\''s über'"],
  [pathFromText("~/$x"), "'~/$x'"],
  ["/caf\xe9 1" as BytePath, "$'/caf\\351 1'"],
  [pathFromText("a\n\u001b[2J'\u202e"), "$'a\\012\\033[2J\\047\\342\\200\\256'"],
])("is what bash reads as the same bytes: %j", (argument, word) => {
  expect(pasteable(argument)).toBe(word);
  const read = execFileSync("bash", ["-s"], { input: `printf '%s' ${word}` });
  expect(read.toString("latin1")).toBe(argument);
});
