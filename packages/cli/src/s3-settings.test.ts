import { describe, expect, it } from "vitest";
import { parseDoppel } from "./parse/doppel.ts";
import { s3OptionsOf } from "./s3-settings.ts";

function optionsOf(line: string): ReturnType<typeof s3OptionsOf> {
  const request = parseDoppel(`full ${line} / s3://b/p`.split(" "));
  if (request.kind !== "run") throw new Error(`not a command: ${request.kind}`);
  return s3OptionsOf(request.run.settings, new Date(0));
}

describe("encryption by the server", () => {
  it.each([
    ["--timeout 60", undefined],
    ["--s3-use-server-side-encryption", { kind: "AES256" }],
    ["--s3-use-server-side-kms-encryption --s3-kms-key-id k1", { kind: "aws:kms", keyId: "k1" }],
  ])("%s", (line, encryption) => expect(optionsOf(line).encryption).toEqual(encryption));

  it.each([
    "--s3-kms-key-id k1",
    "--s3-use-server-side-encryption --s3-kms-key-id k1",
    "--s3-use-server-side-kms-encryption",
    "--s3-use-server-side-encryption --s3-use-server-side-kms-encryption --s3-kms-key-id k1",
  ])("%s is refused", (line) => {
    expect(() => optionsOf(line)).toThrow(expect.objectContaining({ code: "cli.usage" }));
  });
});
