/** The gateway that `npm run s3:up` started, remembered for the next command. One for each user and checkout. */
import { createHash } from "node:crypto";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Gateway } from "./gateway.ts";

const ROOT = join(import.meta.dirname, "../..");
const FILE = join(
  tmpdir(),
  `doppel-s3-${process.getuid?.() ?? 0}-${createHash("sha256").update(ROOT).digest("hex").slice(0, 8)}.json`,
);

export function rememberGateway(gateway: Gateway): void {
  writeFileSync(FILE, JSON.stringify(gateway), { mode: 0o600 });
}

/** What was remembered; it may have ended since. */
export function rememberedGateway(): Gateway | undefined {
  return existsSync(FILE) ? (JSON.parse(readFileSync(FILE, "utf8")) as Gateway) : undefined;
}

export function forgetGateway(): void {
  rmSync(FILE, { force: true });
}
