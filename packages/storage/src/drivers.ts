import { DoppelError } from "@doppel/base";
import { fileDriver } from "./file/driver.ts";
import { s3Driver } from "./s3/driver.ts";
import type { DriverContext, Storage, StorageDriver } from "./storage.ts";
import { schemeOf } from "./url.ts";

/** Every kind of target there is. A driver with heavy dependencies imports them in its `open`. */
const DRIVERS: readonly StorageDriver[] = [fileDriver, s3Driver];

/** All schemes that `openStorage` takes, in lower case. */
export const supportedSchemes: readonly string[] = DRIVERS.flatMap((driver) => driver.schemes);

/**
 * The target that a URL or a plain path names. The caller disposes of it.
 * @throws storage.unknown-scheme before anything is touched, or what the driver's `open` throws
 */
export async function openStorage(url: string, context: DriverContext): Promise<Storage> {
  const scheme = schemeOf(url);
  const driver = DRIVERS.find(({ schemes }) => schemes.includes(scheme));
  if (driver === undefined) {
    const known = DRIVERS.map(({ schemes: [usual] }) => `${usual}://`).join(" or ");
    // Only the scheme is shown: what follows it may hold credentials.
    throw new DoppelError("storage.unknown-scheme", `unknown URL scheme "${scheme}": write a plain path or a ${known} URL`, {
      scheme,
    });
  }
  return driver.open(url, context);
}
