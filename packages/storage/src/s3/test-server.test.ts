/** The S3 server of the tests, judged by AWS's own client: what it signs, hashes and parses is S3's. */
import { randomBytes } from "node:crypto";
import { Readable } from "node:stream";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  ListPartsCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  type S3ClientConfig,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { type S3TestServer, startS3Server } from "@doppel/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ODD_KEY = "odd/a b+ü~'()*!;:@&=$,?#[]%41😀";

describe("the S3 server of the tests, seen by AWS's client", () => {
  let server: S3TestServer;
  let Bucket: string;
  beforeAll(async () => {
    server = await startS3Server({ versioning: true });
    Bucket = server.bucket;
  });
  afterAll(() => server[Symbol.asyncDispose]());

  const client = (config: S3ClientConfig = {}, user: "admin" | "append" = "append") =>
    new S3Client({
      endpoint: server.endpoint,
      region: server.region,
      credentials: server[user],
      forcePathStyle: true,
      ...config,
    });
  const put = (Key: string, Body: NonNullable<PutObjectCommandInput["Body"]>, more: Partial<PutObjectCommandInput> = {}) =>
    client().send(new PutObjectCommand({ Bucket, Key, Body, ...more }));
  const read = async (Key: string) =>
    Buffer.from((await (await client().send(new GetObjectCommand({ Bucket, Key }))).Body?.transformToByteArray()) ?? []);

  it.each(["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"] as const)(
    "a %s that it sends is right and comes back",
    async (algorithm) => {
      const sent = await put(algorithm, Buffer.from("123456789"), { ChecksumAlgorithm: algorithm });
      const head = await client().send(new HeadObjectCommand({ Bucket, Key: algorithm, ChecksumMode: "ENABLED" }));
      expect(head[`Checksum${algorithm}`]).toBe(sent[`Checksum${algorithm}`]);
      expect(head.ChecksumType).toBe("FULL_OBJECT");
      expect(await read(algorithm)).toEqual(Buffer.from("123456789")); // the client compares, too
    },
  );

  it("a stream with its checksum behind it arrives whole", async () => {
    const bytes = randomBytes(300_000);
    await put("stream", Readable.from([bytes.subarray(0, 100_000), bytes.subarray(100_000)]), { ContentLength: bytes.length });
    expect((await read("stream")).equals(bytes)).toBe(true);
  });

  it("a body that waits for leave to be sent is given it, or not", async () => {
    const bytes = randomBytes(3 * 2 ** 20);
    await put("waited", bytes);
    expect((await read("waited")).equals(bytes)).toBe(true);
    const wrong = client({ credentials: { ...server.append, secretAccessKey: "guess" } });
    await expect(wrong.send(new PutObjectCommand({ Bucket, Key: "waited", Body: bytes }))).rejects.toThrow(/signature/);
    expect(server.requests.at(-1)).toMatchObject({ status: 403, bytes: 0 });
  });

  it("keys and metadata that need care are signed the same way", async () => {
    await put(ODD_KEY, Buffer.from("odd"), { Metadata: { note: "two  spaces" }, CacheControl: "no-store" });
    expect(await read(ODD_KEY)).toEqual(Buffer.from("odd"));
    const listed = await client().send(new ListObjectsV2Command({ Bucket, Prefix: "odd/", Delimiter: "/" }));
    expect(listed.Contents?.map(({ Key }) => Key)).toEqual([ODD_KEY]);
    const old = await client().send(new ListObjectsCommand({ Bucket, Prefix: "odd/" }));
    expect(old.Contents?.map(({ Key, Size }) => [Key, Size])).toEqual([[ODD_KEY, 3]]);
    const versions = await client({}, "admin").send(new ListObjectVersionsCommand({ Bucket, Prefix: "odd/" }));
    expect(versions.Versions?.map(({ Key, IsLatest }) => [Key, IsLatest])).toEqual([[ODD_KEY, true]]);
  });

  it.each(["COMPOSITE", "FULL_OBJECT"] as const)("a multipart upload with a %s checksum", async (ChecksumType) => {
    const s3 = client();
    const Key = `parts-${ChecksumType}`;
    const bytes = randomBytes(6 * 2 ** 20);
    const { UploadId } = await s3.send(
      new CreateMultipartUploadCommand({ Bucket, Key, ChecksumAlgorithm: "CRC32", ChecksumType }),
    );
    const Parts = [];
    for (const [index, Body] of [bytes.subarray(0, 5 * 2 ** 20), bytes.subarray(5 * 2 ** 20)].entries()) {
      const PartNumber = index + 1;
      const { ETag, ChecksumCRC32 } = await s3.send(
        new UploadPartCommand({ Bucket, Key, UploadId, PartNumber, Body, ChecksumAlgorithm: "CRC32" }),
      );
      Parts.push({ PartNumber, ETag, ChecksumCRC32 });
    }
    const listed = await s3.send(new ListPartsCommand({ Bucket, Key, UploadId }));
    expect(listed.Parts?.map(({ PartNumber, ChecksumCRC32 }) => [PartNumber, ChecksumCRC32])).toEqual(
      Parts.map(({ PartNumber, ChecksumCRC32 }) => [PartNumber, ChecksumCRC32]),
    );
    const uploads = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
    expect(uploads.Uploads?.map((upload) => [upload.Key, upload.UploadId, upload.ChecksumType])).toEqual([
      [Key, UploadId, ChecksumType],
    ]);
    const done = await s3.send(
      new CompleteMultipartUploadCommand({
        Bucket,
        Key,
        UploadId,
        ChecksumType,
        IfNoneMatch: "*",
        MpuObjectSize: bytes.length,
        MultipartUpload: { Parts },
      }),
    );
    expect(done).toMatchObject({ ChecksumType, ETag: expect.stringMatching(/^"[0-9a-f]{32}-2"$/) });
    expect((await read(Key)).equals(bytes)).toBe(true);
  });

  it("errors have their names", async () => {
    await put("taken", Buffer.from("1"));
    await expect(put("taken", Buffer.from("2"), { IfNoneMatch: "*" })).rejects.toMatchObject({ name: "PreconditionFailed" });
    await expect(read("none")).rejects.toMatchObject({ name: "NoSuchKey" });
    await expect(client().send(new HeadObjectCommand({ Bucket, Key: "none" }))).rejects.toMatchObject({ name: "NotFound" });
    await expect(client().send(new ListObjectsV2Command({ Bucket: "none" }))).rejects.toMatchObject({ name: "NoSuchBucket" });
    const elsewhere = client({ region: "eu-west-1" }).send(new ListObjectsV2Command({ Bucket }));
    await expect(elsewhere).rejects.toMatchObject({ name: "PermanentRedirect" });
  });
});
