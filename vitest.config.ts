import { delimiter, join } from "node:path";
import { defineConfig } from "vitest/config";

/** npx and npm put our own programs first in PATH, so that `duplicity` would be ours where stock duplicity is meant. */
const PATH = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => !folder.endsWith(join("node_modules", ".bin")));

export default defineConfig({
  resolve: { conditions: ["@doppel/source"] },
  ssr: { resolve: { conditions: ["@doppel/source", "node", "import", "default"] } },
  test: {
    include: ["packages/*/{src,tests}/**/*.{test,interop}.ts", "packages/conformance/**/*.interop.ts", "scripts/*.test.ts"],
    globalSetup: "scripts/vitest-setup.ts",
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
    execArgv: ["-C", "@doppel/source"],
    env: { PATH: PATH.join(delimiter) },
    maxWorkers: 2,
  },
});
