/** Writes the manual pages into the folder that its argument names; part of `npm run build`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import { doppelPage } from "../man/doppel.ts";
import { duplicityPage } from "../man/duplicity.ts";

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error("which folder are the manual pages to be written to?");
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "doppel.1"), doppelPage(manifest.version));
writeFileSync(join(folder, "duplicity.1"), duplicityPage(manifest.version));
