import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseProfilesDocument, readProfiles } from "@doppel/monitor";
import { openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { parseDoppel } from "../parse/doppel.ts";
import { openProfileStorage, targetOfProfile } from "./open-profile.ts";

it("opens the target of a profile, for a command that was given none", async () => {
  using dir = openTempDir();
  mkdirSync(join(dir.path, "backups"));
  writeFileSync(join(dir.path, "backups/object"), "x");
  const yaml = "version: 1\nprofiles:\n  a: {url: backups, options: {file-prefix: p}}\n";
  const profiles = readProfiles(parseProfilesDocument(join(dir.path, "profiles.yaml"), yaml));
  const profile = profiles.byName.get("a")!;
  const request = parseDoppel(["monitor", "check"]);
  if (request.kind !== "run") throw new Error("monitor check is a command");
  const session = {
    invocation: request.run,
    environment: { variables: {}, cwd: "/", isRoot: false },
    runtime: {
      clock: { now: () => new Date(0), sleep: async () => {} },
      random: { bytes: (n: number) => new Uint8Array(n) },
      emit: () => {},
      signal: new AbortController().signal,
    },
  };
  await using storage = await openProfileStorage(profile, "read", session, profiles);
  const names: string[] = [];
  for await (const { name } of storage.list("", session.runtime.signal)) names.push(name);
  expect(names).toEqual(["object"]);
  expect(targetOfProfile(profile, profiles).settings["file-prefix"]).toBe("p");
});
