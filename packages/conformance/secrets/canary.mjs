// Loaded into the built program with --import, behind the spy: does on purpose what the program must never do with its passphrase.
//   LEAK  what that is
import { execFileSync, spawn } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const { HOME, LEAK, PASSPHRASE, PATH, TMPDIR } = process.env;
const here = (name) => join(TMPDIR, "../temp", name);
const leaks = {
  argument: () => spawn("true", [PASSPHRASE]),
  environment: () => spawn("true"),
  synchronous: () => execFileSync("true", [`--passphrase=${PASSPHRASE}`]),
  stdout: () => process.stdout.write(`${PASSPHRASE}\n`),
  stderr: () => process.stderr.write(`${encodeURIComponent(PASSPHRASE)}\n`),
  json: () => process.stdout.write(JSON.stringify({ PASSPHRASE })),
  base64: () => process.stdout.write(Buffer.from(`x${PASSPHRASE}y`).toString("base64")),
  elsewhere: () => writeFileSync(join(TMPDIR, "x"), ""),
  left: () => writeFileSync(here("x"), `x${PASSPHRASE}y`),
  hidden: () => writeFileSync(here(".x"), Buffer.from(PASSPHRASE).toString("hex")),
  compressed: () => writeFileSync(here("x.gz"), gzipSync(PASSPHRASE)),
  named: () => writeFileSync(here(encodeURIComponent(PASSPHRASE)), ""),
  linked: () => symlinkSync(Buffer.from(PASSPHRASE).toString("base64"), here("x")),
  grandchild: () =>
    execFileSync("sh", ["-c", 'read -r secret; sh -c "sleep 0.3; :" "$secret"'], {
      input: `${PASSPHRASE}\n`,
      env: { HOME, PATH },
    }),
};
leaks[LEAK]();
