import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { contextWith } from "./testing/context.ts";
import { tools } from "./tools.ts";

/** What the doctor says when these programs are all there are: their output by name. */
async function found(programs: Readonly<Record<string, string>>) {
  using dir = openTempDir();
  for (const [name, output] of Object.entries(programs)) {
    writeFileSync(join(dir.path, name), `#!/bin/sh\necho "${output}"\n`);
    chmodSync(join(dir.path, name), 0o755);
  }
  const context = contextWith({});
  const findings = await tools({ ...context, machine: { ...context.machine, env: { PATH: dir.path } } });
  return findings.map(({ level, title }) => `${level}: ${title}`);
}

it("names the programs for an emergency, and is not taken in by our own", async () => {
  const gpg = "gpg (GnuPG) 2.2.40";
  expect(await found({ duplicity: "duplicity 0.8.22 January 07, 2022", gpg })).toEqual([
    "pass: doppel 0.0.0 on Node 20.0.0",
    "pass: duplicity 0.8.22 is here for an emergency",
    "pass: gpg 2.2.40 is here for an emergency",
  ]);
  expect(await found({ duplicity: "duplicity 3.0.4 (doppel 0.1.0)" })).toEqual([
    "pass: doppel 0.0.0 on Node 20.0.0",
    "warn: what is called duplicity on this machine is doppel",
    "warn: gpg is not on this machine",
  ]);
});
