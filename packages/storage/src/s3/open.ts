import { displayText } from "@doppel/base";
import type { DriverContext } from "../storage.ts";
import type { Bucket } from "./bucket.ts";
import { Buffers } from "./buffers.ts";
import { Checksums } from "./checksums.ts";
import { describeProtection, Protection } from "./protection.ts";
import { reach } from "./reach.ts";
import { Slots } from "./slots.ts";
import { S3Storage } from "./storage.ts";
import type { S3Reading } from "./url.ts";

const BUFFER_BYTES = 64 * 2 ** 20;
const PARALLEL_PARTS = 4;

/**
 * Opens the bucket of a URL: looks which of its readings holds, which region it is in, and that it may be listed.
 * @throws storage.bad-url, storage.credentials, storage.denied, storage.unavailable
 */
export async function openBucket(reading: S3Reading, context: DriverContext): Promise<S3Storage> {
  const { s3: options = {}, emit = () => undefined, random } = context;
  const { location, connection, sender, software } = await reach(reading, context);
  const tell = (detail: string): void => emit({ type: "notice", reason: "target", incomplete: false, detail });
  const { bucket: name, prefix } = location;
  const where =
    connection.endpoint === undefined
      ? `AWS, region ${connection.region}`
      : `${connection.endpoint}, region ${connection.region}`;
  const { AWS_PROFILE: profile, AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = context.env ?? {};
  if (profile && key && secret && options.credentials === undefined && options.profile === undefined) {
    tell(`the credentials are those of AWS_PROFILE ("${displayText(profile)}"): AWS_ACCESS_KEY_ID is set too, and not used`);
  }
  const label = `s3://${name}/${displayText(prefix)}${connection.endpoint === undefined ? "" : ` at ${connection.endpoint}`}`;
  tell(`S3 bucket "${name}", prefix "${displayText(prefix)}", at ${where}: ${location.reading}`);
  const isAws =
    software === "AmazonS3" &&
    /^https?:\/\/[^/]*\.amazonaws\.com(\.cn)?(\/|$)/.test(connection.endpoint ?? "https://s3.amazonaws.com");
  const protection = new Protection(isAws, (state) => tell(describeProtection(state)));
  const bucket: Bucket = {
    name,
    prefix,
    options,
    sender,
    protection,
    random,
    checksums: new Checksums(options.checksums ?? "auto"),
    buffers: new Buffers(options.bufferBytes ?? BUFFER_BYTES),
    slots: new Slots(Math.max(1, options.parallelParts ?? PARALLEL_PARTS)),
  };
  const storage = new S3Storage({ label, bucket, close: () => connection.client.destroy() });
  if (context.purpose === "write" && options.asOf === undefined) {
    tell(describeProtection(protection.state));
    void storage.tidyUp((aborted) => {
      if (aborted > 0) tell(`${aborted} unfinished uploads of more than a day ago were aborted`);
    });
  }
  return storage;
}
