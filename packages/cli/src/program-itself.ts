import { existsSync, realpathSync } from "node:fs";

/** How this very program is started again: Node and a script, or one executable. Absolute. */
export function programItself(): readonly string[] {
  const script = process.argv[1];
  return script === undefined || script === process.execPath || !existsSync(script)
    ? [process.execPath]
    : [process.execPath, realpathSync(script)];
}
