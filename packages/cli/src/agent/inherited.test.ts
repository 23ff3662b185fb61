import { spawnSync } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { expect, it } from "vitest";

it.runIf(process.platform === "linux")("what was inherited is closed, also above 9, and Node goes on", () => {
  const file = openSync("/dev/null", "r");
  const stdio = ["ignore", "pipe", "pipe", ...Array.from({ length: 12 }, () => file)] as const;
  const module = new URL("inherited.ts", import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ closeInherited }) => {
    const { fstatSync } = require("node:fs");
    const open = () => [3, 9, 12, 14].filter((n) => { try { return fstatSync(n).isCharacterDevice(); } catch { return false; } });
    const before = open();
    closeInherited();
    setTimeout(() => console.log(JSON.stringify([before, open()])), 10);
  })`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "-e", script], {
    stdio: [...stdio],
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  closeSync(file);
  expect(JSON.parse(stdout || stderr)).toEqual([[3, 9, 12, 14], []]);
});
