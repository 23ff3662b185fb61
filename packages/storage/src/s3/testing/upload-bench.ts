/**
 * Run by scripts/bench/s3.ts: `upload-bench.ts driver|plain FILE COUNT`. Stores FILE so many times, by the S3 driver or by
 * plain parallel requests of the SDK with the same bytes, and prints `{ seconds }`, which begin when the bucket is open. The bucket comes from AWS's variables.
 */
import { randomBytes } from "node:crypto";
import { type FileHandle, open } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import { HeadBucketCommand, PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import type { Payload } from "@doppel/base";
import { openStorage } from "../../index.ts";

const CHUNK = 2 ** 20;
/** As the driver's own defaults. */
const PART = 16 * CHUNK;
const PARALLEL = 4;

const [how, path = "", times = "1"] = process.argv.slice(2);
const { BENCH_BUCKET: bucket = "", AWS_ENDPOINT_URL_S3: endpoint = "" } = process.env;
const prefix = `bench-${randomBytes(4).toString("hex")}`;
const count = Number(times);
const file = await open(path);
const { size } = await file.stat();

const store = await (how === "driver" ? byDriver() : byPlainRequests());
const began = performance.now();
await store();
console.log(JSON.stringify({ seconds: (performance.now() - began) / 1000 }));
await file.close();

async function byDriver(): Promise<() => Promise<void>> {
  const storage = await openStorage(`s3://${bucket}/${prefix}`, {
    cwd: "/",
    purpose: "write",
    random: { bytes: randomBytes },
    clock: { now: () => new Date(), sleep: (ms, signal) => setTimeout(ms, undefined, { signal }) },
    env: process.env,
  });
  const payload: Payload = { size, open: () => chunks(file) };
  // Two at a time, as a backup does: one is stored while the next is built.
  const names = Array.from({ length: count }, (_, index) => `volume-${index}`).values();
  return async () => {
    await Promise.all(
      [1, 2].map(async () => {
        for (const name of names) await storage.put(name, payload);
      }),
    );
    await storage[Symbol.asyncDispose]();
  };
}

async function byPlainRequests(): Promise<() => Promise<void>> {
  const client = new S3Client({ endpoint, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
  await client.send(new HeadBucketCommand({ Bucket: bucket }));
  const places = Array.from({ length: count * Math.ceil(size / PART) }, (_, index) => index).values();
  return async () => {
    await Promise.all(
      Array.from({ length: PARALLEL }, async () => {
        const part = Buffer.allocUnsafeSlow(PART);
        for (const index of places) {
          const { bytesRead } = await file.read(part, 0, PART, (index % Math.ceil(size / PART)) * PART);
          const Body = part.subarray(0, bytesRead);
          await client.send(new PutObjectCommand({ Bucket: bucket, Key: `${prefix}/${index}`, Body }));
        }
      }),
    );
    client.destroy();
  };
}

async function* chunks(from: FileHandle): AsyncIterable<Uint8Array> {
  for (let at = 0; at < size; ) {
    const chunk = Buffer.allocUnsafeSlow(Math.min(CHUNK, size - at));
    const { bytesRead } = await from.read(chunk, 0, chunk.length, at);
    at += bytesRead;
    yield chunk.subarray(0, bytesRead);
  }
}
