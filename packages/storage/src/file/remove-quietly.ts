import { rm } from "node:fs/promises";

/** Tidying up: it must not hide the failure that made it necessary, nor fail an object that is stored. */
export async function removeQuietly(path: Buffer): Promise<void> {
  await rm(path, { force: true }).catch(() => undefined);
}
