#!/usr/bin/env node
// The program is bundled into ../dist, which a fresh checkout does not have yet.
import { existsSync } from "node:fs";

const program = new URL("../dist/duplicity.js", import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error("duplicity: not built yet: run `npm run build` in the checkout of doppel");
  process.exitCode = 1;
}
