import { expect, it } from "vitest";
import { endpointOf } from "./endpoint.ts";

it.each([
  ["/srv/backups/web1", {}, "/srv/backups"],
  ["file:///srv/backups/web1", {}, "/srv/backups"],
  ["s3://bucket/web1", {}, "S3 (default endpoint)"],
  ["s3://bucket/web1", { "s3-endpoint-url": "https://user:secret@s3.example.org:8080/x" }, "s3.example.org:8080"],
  ["s3://s3.example.org/bucket/web1", {}, "s3.example.org"],
  ["s3://localhost:9000/bucket/web1", {}, "localhost:9000"],
])("%s %j is served by %s", (url, options, wanted) => expect(endpointOf({ url, options })).toBe(wanted));
