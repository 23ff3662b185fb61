import { describe, expect, it } from "vitest";
import { parseDoppel } from "./parse/doppel.ts";
import type { Settings } from "./options.ts";
import { s3OptionsOf, s3PlaceOptions } from "./s3-settings.ts";

function settingsOf(args: readonly string[]): Settings {
  const request = parseDoppel(args);
  if (request.kind !== "run") throw new Error(`not a command: ${request.kind}`);
  return request.run.settings;
}

const optionsOf = (line: string): ReturnType<typeof s3OptionsOf> =>
  s3OptionsOf(settingsOf(`full ${line} / s3://b/p`.split(" ")), new Date(0));

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

it("s3PlaceOptions repeats what finds the bucket again, and nothing for other targets", () => {
  const endpoint = ["--s3-endpoint-url", "http://KEY:secret@host"];
  const settings = settingsOf(["status", ...endpoint, "--s3-url-style", "bucket", "--s3-path-style", "s3://b"]);
  expect(s3PlaceOptions(settings, "s3://b")).toEqual([...endpoint, "--s3-url-style", "bucket", "--s3-path-style"]);
  for (const target of ["file:///b", "/b", "b"]) expect(s3PlaceOptions(settings, target)).toEqual([]);
});
