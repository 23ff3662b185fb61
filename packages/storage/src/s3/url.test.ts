import { type DoppelError, isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { schemeOf } from "../url.ts";
import { parseS3Url, S3_SCHEMES } from "./url.ts";

type Options = Parameters<typeof parseS3Url>[1];

/** URL, what it means: bucket, prefix, and endpoint or region where it names one. */
const CLEAR: readonly (readonly [string, Options, string, string, { endpoint?: string; region?: string }?])[] = [
  ["s3://bucket", {}, "bucket", ""],
  ["s3://bucket/", {}, "bucket", ""],
  ["s3://bucket/prefix", {}, "bucket", "prefix/"],
  ["s3://bucket//a///b/", {}, "bucket", "a/b/"],
  ["s3:///bucket/prefix", {}, "bucket", "prefix/"],
  ["s3:////bucket//prefix", {}, "bucket", "prefix/"],
  ["boto3+s3://bucket/prefix", {}, "bucket", "prefix/"],
  ["boto3+s3:///bucket/a/b", {}, "bucket", "a/b/"],
  ["boto+s3://bucket/p", {}, "bucket", "p/"],
  ["s3+http://bucket/p", {}, "bucket", "p/"],
  ["S3://Bucket/P", {}, "Bucket", "P/"],
  ["s3://user@bucket/p", {}, "bucket", "p/"],
  ["s3://key:secret@bucket/p", {}, "bucket", "p/"],
  ["s3://key:sec/ret+x@bucket/p", {}, "bucket", "p/"],
  ["s3://key:a@b@bucket/p", {}, "bucket", "p/"],
  ["s3://bucket/p@q", {}, "bucket", "p@q/"],
  ["s3://bucket/a b/ä", {}, "bucket", "a b/ä/"],
  // As stock 0.8.22 reads the path of boto3+s3: escapes are UTF-8, a slash divides, what is no escape stays.
  ["boto3+s3://bucket/o2/a%20b", {}, "bucket", "o2/a b/"],
  ["s3:///bucket/a%2Fb/%C3%A4%2525/%zz%2/+", {}, "bucket", "a/b/ä%25/%zz%2/+/"],
  ["s3:///key:secret@bucket/p", {}, "bucket", "p/"],
  ["s3://KEY:7/secret@bucket/p", {}, "bucket", "p/"],
  ["s3://KEY:/sec/ret@bucket/p", {}, "bucket", "p/"],
  ["s3://KEY:99999/sec/ret@bucket/p", {}, "bucket", "p/"],
  ["s3://AKIAABCDEFGHIJKLMNOP:7/sec/ret@bucket/p", {}, "bucket", "p/"],
  ["s3:///KEY:7/sec/ret@bucket/p", {}, "bucket", "p/"],
  ["s3://bucket/a#;:@=$,", {}, "bucket", "a#;:@=$,/"],
  ["s3://minio:9000/bucket/p@q", {}, "bucket", "p@q/", { endpoint: "https://minio:9000" }],
  ["s3://[::1]:9000/bucket/p@q", {}, "bucket", "p@q/", { endpoint: "https://[::1]:9000" }],
  ["s3://my.bucket", {}, "my.bucket", ""],
  ["s3://my.bucket/p", {}, "my.bucket", "p/"],
  ["s3://my.bucket/p", { endpoint: "https://minio" }, "my.bucket", "p/"],
  ["s3://my.bucket/p", { addressing: "bucket" }, "my.bucket", "p/"],
  ["s3://minio:9000/bucket/p", {}, "bucket", "p/", { endpoint: "https://minio:9000" }],
  ["s3://minio:9000/bucket/p", { unencrypted: true }, "bucket", "p/", { endpoint: "http://minio:9000" }],
  ["s3://127.0.0.1:9000/bucket", {}, "bucket", "", { endpoint: "https://127.0.0.1:9000" }],
  ["s3://[::1]:9000/bucket/p", {}, "bucket", "p/", { endpoint: "https://[::1]:9000" }],
  ["s3://minio/bucket/p", { addressing: "host" }, "bucket", "p/", { endpoint: "https://minio" }],
  ["s3://minio/bucket/p", {}, "minio", "bucket/p/"],
  ["s3://s3.amazonaws.com/bucket/p", {}, "bucket", "p/"],
  ["s3://s3-eu-west-1.amazonaws.com/bucket/p", {}, "bucket", "p/", { region: "eu-west-1" }],
  ["s3://s3.eu-central-1.amazonaws.com/bucket/p", {}, "bucket", "p/", { region: "eu-central-1" }],
  ["s3://s3.cn-north-1.amazonaws.com.cn/bucket", {}, "bucket", "", { region: "cn-north-1" }],
  ["s3://s3-us-gov-west-1.amazonaws.com/bucket", {}, "bucket", "", { region: "us-gov-west-1" }],
  ["s3://s3-external-1.amazonaws.com/bucket", {}, "bucket", ""],
  ["s3://user:pw@s3-eu-west-1.amazonaws.com/bucket/p", {}, "bucket", "p/", { region: "eu-west-1" }],
  ["s3://bucket.s3.eu-west-1.amazonaws.com/p", {}, "bucket", "p/", { region: "eu-west-1" }],
  ["s3://my.bucket.s3-eu-west-1.amazonaws.com/p", {}, "my.bucket", "p/", { region: "eu-west-1" }],
];

describe("parseS3Url", () => {
  it.each(CLEAR.map((row) => [row[0], row] as const))("%s", (_, [url, options, bucket, prefix, where = {}]) => {
    expect(S3_SCHEMES).toContain(schemeOf(url));
    const reading = parseS3Url(url, options);
    if (reading.kind !== "clear") throw new Error("ambiguous");
    const { reading: why, ...location } = reading.location;
    expect(location).toEqual({ bucket, prefix, ...where });
    expect(why).not.toBe("");
  });

  it("reads other hosts of AWS as endpoints", () => {
    const reading = parseS3Url("s3://s3.dualstack.eu-west-1.amazonaws.com/bucket/p", {});
    expect(reading).toMatchObject({
      location: { endpoint: "https://s3.dualstack.eu-west-1.amazonaws.com", bucket: "bucket", prefix: "p/" },
    });
  });

  it("may be in doubt", () => {
    expect(parseS3Url("s3://storage.example.org/bucket/p", {})).toMatchObject({
      kind: "ambiguous",
      asBucket: { bucket: "storage.example.org", prefix: "bucket/p/" },
      asHost: { endpoint: "https://storage.example.org", bucket: "bucket", prefix: "p/" },
    });
  });

  it.each([
    "s3://",
    "s3:///",
    "s3://minio:9000",
    "s3://minio:9000/",
    "s3://s3.amazonaws.com",
    "s3://ab",
    "s3://under_score!/x",
    "s3://a..b",
    "s3://-bucket",
    "s3://arn:aws:s3:eu-west-1:123456789012:accesspoint/x",
    "s3://bu cket/p",
    `s3://${"x".repeat(300)}`,
  ])("%s is refused", (url) => {
    const failure = catchError(() => parseS3Url(url, {}));
    expect(isDoppelError(failure, "storage.bad-url")).toBe(true);
    expect((failure as Error).message).toContain("s3://BUCKET/PREFIX");
  });

  it.each([
    "s3://AKIAKEY:topsecret@x/y",
    "s3:///AKIAKEY:topsecret@x/y",
    "s3://AKIAKEY:7/topsecret@x/y",
    "s3://AKIAKEY:/topsecret@x/y",
    "s3:///x/AKIAKEY:topsecret@bucket/y",
    "s3://AKIAKEY%3Atopsecret%40bucket/y",
    "s3:///AKIAKEY%3Atopsecret%40bucket/y",
    "s3://AKIAKEY:topsecret/bucket/y",
    "s3://user@127.0.0.1:9000/AKIAKEY:topsecret@bucket/y",
  ])("shows no secret when it refuses %s", (url) => {
    const failure = catchError(() => parseS3Url(url, { addressing: "bucket" })) as DoppelError;
    expect(isDoppelError(failure, "storage.bad-url")).toBe(true);
    expect(failure.message + JSON.stringify(failure.data)).not.toMatch(/topsecret|AKIAKEY|user/);
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
