/**
 * Makes the reference of the public packages in dist/reference. Use: `npm run docs`; it fails, as `npm run check` does, when an export is not
 * documented, refers to a type that is not exported, or has a link that leads nowhere.
 */
import { spawnSync } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { stripVTControlCharacters } from "node:util";

const TOOL = join(import.meta.dirname, "typedoc");
const typedoc = join(dirname(createRequire(join(TOOL, "package.json")).resolve("typedoc/package.json")), "bin/typedoc");

/** Members of a type without a name are told of where that type is used: an event's in the comment of the event. */
const OF_INLINE_TYPE = /\.__type\..* does not have any documentation$/;

const args = [typedoc, "--options", join(TOOL, "typedoc.json"), ...(process.argv.includes("--check") ? ["--emit", "none"] : [])];
const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: TOOL, encoding: "utf8", maxBuffer: 1 << 26 });
const problems = stripVTControlCharacters(`${stdout}\n${stderr}`)
  .split("\n")
  .filter(
    (line) => /^\[(?:warning|error)\]/.test(line) && !OF_INLINE_TYPE.test(line) && !/^\[warning\] Found \d+ errors/.test(line),
  );
for (const problem of problems) console.error(problem);
if (problems.length === 0 && status === 0) console.log("dist/reference/index.html");
process.exitCode = problems.length === 0 && status === 0 ? 0 : 1;
