/**
 * Keeps what is public of each package in packages/NAME/NAME.api.md, so that every change of it shows in a review. Use: `npm run api`
 * after such a change; `npm run check` fails while they differ.
 */
import { copyFile, readFile } from "node:fs/promises";
import { basename } from "node:path";
import { buildPackagesIfStale } from "./build-packages.ts";
import { apiReport } from "./packages/declarations.ts";
import { PUBLIC_PACKAGES } from "./packages/public.ts";

try {
  await buildPackagesIfStale();
  for (const name of PUBLIC_PACKAGES) {
    const { made, kept } = apiReport(name);
    const before = await readFile(kept, "utf8").catch(() => "");
    if (before === (await readFile(made, "utf8"))) continue;
    await copyFile(made, kept);
    console.log(`packages/${name}/${basename(kept)}: ${before === "" ? "new" : "changed; see git diff"}`);
  }
} catch (error) {
  console.error(`${basename(import.meta.filename)}: ${(error as Error).message}`);
  process.exitCode = 1;
}
