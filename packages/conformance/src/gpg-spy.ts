import { existsSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { tempDir } from "@doppel/testkit";

/** A folder for PATH in which everything called gpg only records that it was called, and fails. Only inside a test. */
export function pathWithSpy(): { readonly path: string; readonly calls: () => boolean } {
  const [bin, record] = [tempDir(), join(tempDir(), "called")];
  for (const name of ["gpg", "gpg2", "gpg-agent", "gpgconf", "gpg-connect-agent"]) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$0 $*" >> '${record}'\nexit 1\n`, { mode: 0o755 });
  }
  symlinkSync(process.execPath, join(bin, "node"));
  return { path: bin, calls: () => existsSync(record) };
}
