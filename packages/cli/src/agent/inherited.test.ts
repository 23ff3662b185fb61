import { spawnSync } from "node:child_process";
import { expect, it } from "vitest";

/** Node marks what it inherits up to 15, so that it goes no further; beyond that it stops at the first gap. */
it.runIf(process.platform === "linux")("what was inherited is closed, also above 15, and Node goes on", () => {
  const module = new URL("inherited.ts", import.meta.url).href;
  const script = `import(${JSON.stringify(module)}).then(({ closeInherited }) => {
    const { fstatSync } = require("node:fs");
    const open = () => [40, 200].filter((n) => { try { return fstatSync(n).isCharacterDevice(); } catch { return false; } });
    const before = open();
    closeInherited();
    setTimeout(() => console.log(JSON.stringify([before, open()])), 10);
  })`;
  const opened = 'exec 40</dev/null 200</dev/null; exec "$@"';
  const { stdout, stderr } = spawnSync("bash", ["-c", opened, "bash", process.execPath, "--import", "tsx", "-e", script], {
    encoding: "utf8",
    cwd: import.meta.dirname,
  });
  expect(JSON.parse(stdout || stderr)).toEqual([[40, 200], []]);
});
