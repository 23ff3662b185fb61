/** A process of its own that takes the lock when it is told to ("take"), says how that went, and holds it until its input ends. */
import { randomBytes } from "node:crypto";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isDoppelError } from "@doppel/base";
import { lockArchiveDir } from "../lock.ts";

const [path = ""] = process.argv.slice(2);
const runtime = {
  random: { bytes: (n: number) => randomBytes(n) },
  clock: { now: () => new Date(), sleep: (ms: number) => sleep(ms) },
};
let lock: AsyncDisposable | undefined;
console.log("ready");
for await (const order of createInterface({ input: process.stdin })) {
  if (order !== "take") continue;
  try {
    lock = await lockArchiveDir(path, { hostname: "here", create: true }, runtime);
    console.log("held");
  } catch (error) {
    console.log(isDoppelError(error, "archive-dir.locked") ? "locked" : String(error));
  }
}
await lock?.[Symbol.asyncDispose]();
