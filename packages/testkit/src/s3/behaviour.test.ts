import { afterAll, beforeAll, describe } from "vitest";
import { type S3TestServer, startS3Server } from "./server.ts";
import { bucketBehaviour } from "./testing/bucket-behaviour.ts";
import { multipartBehaviour } from "./testing/multipart-behaviour.ts";
import { objectBehaviour } from "./testing/object-behaviour.ts";

describe("the S3 server in this process behaves as S3", () => {
  let server: S3TestServer;
  beforeAll(async () => {
    server = await startS3Server();
  });
  afterAll(() => server[Symbol.asyncDispose]());

  objectBehaviour(() => server, "s3");
  multipartBehaviour(() => server, "s3");
  bucketBehaviour(() => server, "s3");
});
