import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { compileModule, MODULE_FILE } from "./build-wasm.ts";

test("the committed module is what its source compiles to, byte for byte", async () => {
  const same = (await compileModule()) === readFileSync(MODULE_FILE, "utf8");
  expect(same, "run `npm run build:wasm` and commit packages/deflate/src/module.ts").toBe(true);
});
