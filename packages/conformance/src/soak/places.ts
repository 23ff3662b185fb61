import { mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type S3FaultRule, type S3Site, sendRaw, startS3Proxy, startS3Server } from "@doppel/testkit";

/** Where the backups of a soak go. */
export interface SoakPlace extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** The same as stock duplicity writes it. */
  readonly stockUrl: string;
  /** For every command of either program. */
  readonly options: readonly string[];
  /** Of who backs up, or of who may delete. */
  env(as: "writer" | "keeper"): Readonly<Record<string, string>>;
  /** Everything that is stored: names, and what changes when an object is replaced. */
  stamps(): Promise<ReadonlyMap<string, string>>;
  /** Of a folder. */
  readonly folder?: string;
  /** Of a bucket: how many requests there were, and disturbing those to come. */
  readonly bucket?: { requests(): number; fault(rule: S3FaultRule): void; clearFaults(): void };
}

export function folderPlace(dir: string): SoakPlace {
  const folder = join(dir, "target");
  mkdirSync(folder);
  return {
    name: "local",
    folder,
    url: `file://${folder}`,
    stockUrl: `file://${folder}`,
    options: [],
    env: () => ({}),
    async stamps() {
      const names = readdirSync(folder).filter((name) => !name.startsWith("."));
      return new Map(
        names.map((name) => {
          const { size, mtimeMs, ino } = statSync(join(folder, name));
          return [name, `${size} ${mtimeMs} ${ino}`];
        }),
      );
    },
    async [Symbol.asyncDispose]() {},
  };
}

/** @param real  a server; default: the one of the tests, in this process */
export async function bucketPlace(real?: S3Site): Promise<SoakPlace> {
  const own = real === undefined ? await startS3Server() : undefined;
  const site = real ?? own!;
  const server = own ?? (await startS3Proxy(site));
  const [bucket, prefix] = [await site.makeBucket(), "nightly/"];
  const { endpoint, region, admin, append } = server;
  const page = async (after: Readonly<Record<string, string>>) => {
    const answer = await sendRaw(site, admin, { method: "GET", bucket, query: { "list-type": "2", prefix, ...after } });
    if (answer.status !== 200) throw new Error(`listing the bucket: ${answer.status} ${answer.text}`);
    return answer.text;
  };
  return {
    name: real === undefined ? "s3" : "gateway",
    url: `s3://${bucket}/${prefix}`,
    stockUrl: `boto3+s3://${bucket}/${prefix}`,
    options: ["--s3-endpoint-url", endpoint, "--s3-region-name", region],
    env(as) {
      const { accessKeyId, secretAccessKey } = as === "keeper" ? admin : append;
      return { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, AWS_EC2_METADATA_DISABLED: "true" };
    },
    async stamps() {
      const stamps = new Map<string, string>();
      for (let after = {}; ; ) {
        const text = await page(after);
        for (const [, key = "", modified, etag] of text.matchAll(
          /<Key>([^<]*)<\/Key>.*?<LastModified>([^<]*)<.*?<ETag>([^<]*)</gs,
        ))
          stamps.set(key.slice(prefix.length), `${modified} ${etag}`);
        const token = /<NextContinuationToken>([^<]*)</.exec(text)?.[1];
        if (token === undefined) return stamps;
        after = { "continuation-token": token };
      }
    },
    bucket: {
      requests: () => server.requests.length,
      fault: (rule) => server.fault(rule),
      clearFaults: () => server.clearFaults(),
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
    },
  };
}
