import { type DoppelError, isDoppelError } from "@doppel/base";
import { describe, expect, it } from "vitest";
import { checkedEndpoint, checkedRegion } from "./endpoint.ts";

describe("checkedEndpoint", () => {
  it.each(["https://minio", "http://127.0.0.1:9000", "http://[::1]:9000/", "HTTPS://host/below/it", "http://localhost:"])(
    "%s",
    (text) => {
      expect(checkedEndpoint(text).href).toBe(new URL(text).href);
    },
  );

  it.each(["", "nonsense", "localhost:9000", "minio:9000", "ftp://x", "s3://x", "http://", "http://h:99999", "http://a b"])(
    "%j is refused, and shown",
    (text) => {
      const failure = failureOf(() => checkedEndpoint(text));
      expect(failure.message).toContain(`"${text}" is no URL of an S3 server; write https://HOST`);
    },
  );

  it.each([
    "http://AKIDX:topsecret@127.0.0.1:9000",
    "http://AKIDX@127.0.0.1:9000",
    "http://AKIDX:7/topsecret@127.0.0.1:9000",
    "AKIDX:topsecret@127.0.0.1:9000",
    "http://AKIDX:topsecret",
    "AKIDX:topsecret",
    "http://h?key=topsecret",
    "http://h/#topsecret",
  ])("%s is refused, and not shown", (text) => {
    const failure = failureOf(() => checkedEndpoint(text));
    expect(failure.message).toContain("credentials belong into the environment");
    expect(failure.message + JSON.stringify(failure.data)).not.toMatch(/topsecret|AKIDX/);
  });
});

describe("checkedRegion", () => {
  it.each(["eu-west-1", "default", "us", "a"])("%s", (text) => {
    expect(checkedRegion(text)).toBe(text);
  });
  it.each(["", "a b", "*", "eu-west-1\n", "eu.west", "-a", "x".repeat(64)])("%j is refused", (text) => {
    expect(failureOf(() => checkedRegion(text)).message).toMatch(/^".*" is no name of a region; use --s3-region-name/);
  });
});

function failureOf(action: () => unknown): DoppelError {
  try {
    action();
  } catch (error) {
    if (isDoppelError(error, "storage.bad-url")) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
