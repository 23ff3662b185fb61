import { describe, expect, it } from "vitest";
import { isUrl, redactUrl, schemeOf } from "./url.ts";

describe("isUrl", () => {
  it.each([
    "file:///a",
    "file://a",
    "file://",
    "FILE:///a",
    "file:/a",
    "s3://bucket/x",
    "boto3+s3://b",
    "s3+http://b",
    "x.y-z://",
  ])("%s is one", (url) => {
    expect(isUrl(url)).toBe(true);
  });
  it.each(["/a", "a", "./a:b", "a:b", "file:rel", "s3:b", "", "://x", "1a://x", "a b://x", "/x/file:///y"])(
    "%s is a path",
    (path) => {
      expect(isUrl(path)).toBe(false);
    },
  );
});

describe("schemeOf", () => {
  it.each([
    ["/a", "file"],
    ["a:b", "file"],
    ["file:rel", "file"],
    ["FILE:///x", "file"],
    ["S3://b", "s3"],
    ["boto3+s3://b", "boto3+s3"],
  ])("%s: %s", (url, scheme) => {
    expect(schemeOf(url)).toBe(scheme);
  });
});

describe("redactUrl", () => {
  it.each([
    ["/plain/pa@th:x", "/plain/pa@th:x"],
    ["file:///a@b:c?d=e", "file:///a@b:c?d=e"],
    ["sftp://user@host/dir", "sftp://user@host/dir"],
    ["s3://bucket/a=b/c", "s3://bucket/a=b/c"],
    ["sftp://user:secret@host/dir", "sftp://user:***@host/dir"],
    ["sftp://user:se/c?r#e=t@x@host/dir", "sftp://user:***@host/dir"],
    ["sftp://:secret@host", "sftp://:***@host"],
    // What an S3 URL says before the `@` is a key and is never read; a prefix may hold whatever it likes.
    ["s3://KEY@bucket/p", "s3://bucket/p"],
    ["S3://KEY:sec/ret@bucket/p", "S3://bucket/p"],
    ["boto3+s3:///KEY:7/secret@bucket/p", "boto3+s3:///bucket/p"],
    ["s3://bucket/#;:@=$,?a=b", "s3://bucket/#;:@=$,?a=b"],
    ["s3://minio:9000/bucket/p@q", "s3://minio:9000/bucket/p@q"],
    ["https://host/dir?token=secret&b=c@d#x", "https://host/dir?token=***&b=***#x"],
  ])("%s", (url, shown) => {
    expect(redactUrl(url)).toBe(shown);
  });
});
