#!/usr/bin/env node
// The program is bundled into ../dist, which a fresh checkout does not have yet.
import { existsSync } from "node:fs";

const program = new URL("../dist/doppel.js", import.meta.url);
if (existsSync(program)) {
  await import(program.href);
} else {
  console.error("doppel: not built yet: run `npm run build` in the checkout of doppel");
  process.exitCode = 1;
}
