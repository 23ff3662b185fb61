import { expect, it } from "vitest";
import { parseDoppel } from "./parse/doppel.ts";
import { s3PlaceOptions } from "./s3-settings.ts";

const ENDPOINT = ["--s3-endpoint-url", "http://KEY:secret@host"];

it("s3PlaceOptions repeats what finds the bucket again, and nothing for other targets", () => {
  const request = parseDoppel(["status", ...ENDPOINT, "--s3-url-style", "bucket", "--s3-path-style", "s3://b"]);
  if (request.kind !== "run") throw new Error(request.kind);
  const { settings } = request.run;
  expect(s3PlaceOptions(settings, "s3://b")).toEqual([...ENDPOINT, "--s3-url-style", "bucket", "--s3-path-style"]);
  for (const target of ["file:///b", "/b", "b"]) expect(s3PlaceOptions(settings, target)).toEqual([]);
});
