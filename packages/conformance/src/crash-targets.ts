import { randomUUID } from "node:crypto";
import { cpSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { openTempDir, type S3Proxy, type S3Site, sendRaw, startS3Proxy } from "@doppel/testkit";
import { type Contents, type CrashTarget, digestOf } from "./crash-bench.ts";

/** A folder of this machine. */
export function folderTarget(): CrashTarget & { readonly folder: string } {
  const dir = openTempDir("/tmp");
  const [folder, kept] = [join(dir.path, "target"), join(dir.path, "kept")];
  return {
    folder,
    url: `file://${folder}`,
    options: [],
    env: {},
    async keep() {
      cpSync(folder, kept, { recursive: true });
    },
    async reset() {
      rmSync(folder, { recursive: true });
      cpSync(kept, folder, { recursive: true });
    },
    async contents(): Promise<Contents> {
      const names = readdirSync(folder).filter((name) => !name.startsWith("."));
      return new Map(names.map((name) => [name, digestOf(readFileSync(join(folder, name)))]));
    },
    async [Symbol.asyncDispose]() {
      dir[Symbol.dispose]();
    },
  };
}

/** A prefix of a bucket, another after each reset, for credentials that may only create; the requests can be disturbed. */
export async function bucketTarget(site: S3Site): Promise<CrashTarget & { readonly site: S3Proxy }> {
  const proxy = await startS3Proxy({ ...site, bucket: await site.makeBucket({ versioning: true }) });
  const { bucket, append, admin } = proxy;
  let prefix = `${randomUUID()}/`;
  const kept = new Map<string, Buffer>();
  /** Behind the proxy, which counts. */
  const ask = async (
    method: string,
    name: string | undefined,
    query: Record<string, string> = {},
    body: Uint8Array | string = "",
  ) => {
    const key = name === undefined ? {} : { key: `${prefix}${name}` };
    const answer = await sendRaw(site, admin, { method, bucket, ...key, query, body });
    if (answer.status >= 300) throw new Error(`${method} ${name}: ${answer.status}`);
    return answer;
  };
  const names = async (): Promise<readonly string[]> => {
    const { text } = await ask("GET", undefined, { "list-type": "2", prefix });
    return [...text.matchAll(/<Key>([^<]*)<\/Key>/g)].map(([, key]) => key!.slice(prefix.length));
  };
  return {
    site: proxy,
    get url() {
      return `s3://${bucket}/${prefix}`;
    },
    options: ["--s3-endpoint-url", proxy.endpoint, "--s3-region-name", proxy.region],
    env: {
      AWS_ACCESS_KEY_ID: append.accessKeyId,
      AWS_SECRET_ACCESS_KEY: append.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    },
    async keep() {
      for (const name of await names()) kept.set(name, (await ask("GET", name)).bytes);
    },
    async reset() {
      prefix = `${randomUUID()}/`;
      for (const [name, bytes] of kept) await ask("PUT", name, {}, bytes);
    },
    async contents(): Promise<Contents> {
      const contents = new Map<string, string>();
      for (const name of await names()) contents.set(name, digestOf((await ask("GET", name)).bytes));
      return contents;
    },
    async [Symbol.asyncDispose]() {
      await proxy[Symbol.asyncDispose]();
    },
  };
}
