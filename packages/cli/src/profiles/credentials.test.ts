import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { openTempDir } from "@doppel/testkit";
import { expect, it } from "vitest";
import { credentialsOf } from "./credentials.ts";

it("the credentials of a profile are given to the driver, and put nowhere else", async () => {
  using dir = openTempDir();
  using handedOut = openTempDir();
  const path = join(dir.path, "s3.env");
  const lines = (id: string): string => `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=x\n`;
  writeFileSync(path, lines("own"), { mode: 0o600 });
  const before = { ...process.env };
  const profile = { credentials: { kind: "file", path } } as const;
  expect(await credentialsOf(profile, { variables: {} })).toMatchObject({ credentials: { accessKeyId: "own" } });
  const variables = { CREDENTIALS_DIRECTORY: handedOut.path };
  expect(await credentialsOf(profile, { variables })).toMatchObject({ credentials: { accessKeyId: "own" } });
  writeFileSync(join(handedOut.path, "s3.env"), lines("service"), { mode: 0o400 });
  expect(await credentialsOf(profile, { variables })).toMatchObject({ credentials: { accessKeyId: "service" } });
  expect(await credentialsOf({ credentials: { kind: "aws-profile", name: "p" } }, { variables: {} })).toEqual({ profile: "p" });
  expect(await credentialsOf({}, { variables: {} })).toBeUndefined();
  expect({ ...process.env }).toEqual(before);
});
