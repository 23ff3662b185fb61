/** The same cases as for the server in this process: they keep it honest, and say where the gateway is not like S3. */
import { describeRealS3 } from "./real.ts";
import { bucketBehaviour } from "./testing/bucket-behaviour.ts";
import { multipartBehaviour } from "./testing/multipart-behaviour.ts";
import { objectBehaviour } from "./testing/object-behaviour.ts";

const kind = process.env["S3_ENDPOINT"]?.includes("amazonaws.com") === true ? "s3" : "gateway";

describeRealS3("a real S3 server behaves as the one of the tests", (site) => {
  objectBehaviour(site, kind);
  multipartBehaviour(site, kind);
  bucketBehaviour(site, kind);
});
