/** `npm run build:wasm`: compiles packages/deflate/assembly and writes the module that is committed, as text. */
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const ROOT = join(import.meta.dirname, "..");
export const MODULE_FILE = join(ROOT, "packages/deflate/src/module.ts");
const COMPILER = join(ROOT, "node_modules/assemblyscript/bin/asc.js");
/** Names of functions stay in it (--debug), for profiles. */
const OPTIONS = ["-O3", "--converge", "--noAssert", "--runtime", "stub", "--enable", "simd", "--use", "abort=", "--debug"];

/** The text of the committed file, compiled from source; the same text each time. */
export async function compileModule(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "doppel-wasm-"));
  try {
    const binary = join(folder, "module.wasm");
    const args = [COMPILER, "packages/deflate/assembly/index.ts", "--outFile", binary, ...OPTIONS];
    await promisify(execFile)(process.execPath, args, { cwd: ROOT });
    const base64 = (await readFile(binary)).toString("base64");
    return `/** The encoder, compiled from ../assembly by \`npm run build:wasm\`; a test compiles it again and compares. */
export const MODULE =
  "${base64}";
`;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

if (import.meta.filename === process.argv[1]) {
  const text = await compileModule();
  await writeFile(MODULE_FILE, text);
  console.log(`packages/deflate/src/module.ts: ${text.length} characters`);
}
