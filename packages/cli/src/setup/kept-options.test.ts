import { expect, it } from "vitest";
import { parseDoppel } from "../parse/doppel.ts";
import { keptOptions, placeArguments } from "./kept-options.ts";

function settingsOf(...line: readonly string[]) {
  const request = parseDoppel(["setup", "server", "s3://bucket/web1", ...line]);
  if (request.kind !== "run") throw new Error("no command");
  return request.run.settings;
}

it("what says where and how it is stored goes into the profile, and what finds it goes to who reads it elsewhere", () => {
  const place = ["--s3-endpoint-url", "http://localhost:1", "--s3-path-style", "--file-prefix", "web1-"];
  const settings = settingsOf(
    ...place,
    "--s3-storage-class",
    "STANDARD_IA",
    "--num-retries",
    "3",
    "--s3-multipart-chunk-size",
    "32",
  );
  expect(keptOptions(settings, "s3://bucket/web1")).toEqual([
    ["s3-endpoint-url", "http://localhost:1"],
    ["s3-path-style", "true"],
    ["file-prefix", "web1-"],
    ["num-retries", "3"],
    ["s3-storage-class", "STANDARD_IA"],
    ["s3-multipart-chunk-size", "32"],
  ]);
  expect(placeArguments(settings, "s3://bucket/web1")).toEqual(place);
});

it("a folder has no region; what was not said is left out", () => {
  const settings = settingsOf("--s3-region-name", "eu-central-1", "--timeout", "5", "--file-prefix", "a");
  expect(keptOptions(settings, "file:///mnt/b")).toEqual([["file-prefix", "a"]]);
  expect(keptOptions(settingsOf(), "s3://bucket/web1")).toEqual([]);
});

it("what a server's profile cannot keep is refused, not passed over", () => {
  for (const option of ["--archive-dir", "--name", "--tempdir", "--encrypt-key"])
    expect(() => settingsOf(option, "x"), option).toThrow(/not for setup server/);
});
