/** An S3 bucket for the demo: of a real server where there is one or one can be started, else of the one of the tests. */
import { randomBytes } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type S3Request, type S3Site, sendRaw, siteFromEnv, startS3Proxy, startS3Server } from "@doppel/testkit";
import { installMissingPrograms } from "../interop-programs.ts";
import { startGateway, stopGateway } from "./gateway.ts";

export interface DemoTarget extends AsyncDisposable {
  /** `s3://BUCKET/PREFIX` */
  readonly url: string;
  /** For people: what serves it. */
  readonly server: string;
  /** What doppel finds the server and the credentials by: those of a user who may only add. */
  readonly env: Readonly<Record<string, string>>;
  /** What was asked of the server. */
  readonly requests: readonly S3Request[];
  /** Puts all objects of the target into a new folder. */
  fetchInto(folder: string): Promise<void>;
}

/** Everything that doppel asks goes through a proxy, which remembers it. */
export async function openDemoTarget(): Promise<DemoTarget> {
  const { site, server, close } = await openSite();
  const proxy = await startS3Proxy(site);
  const prefix = `demo-${randomBytes(4).toString("hex")}`;
  const get = (request: object) => sendRaw(site, site.append, { method: "GET", bucket: site.bucket, ...request });
  return {
    url: `s3://${site.bucket}/${prefix}`,
    server,
    env: {
      AWS_ENDPOINT_URL_S3: proxy.endpoint,
      AWS_REGION: site.region,
      AWS_ACCESS_KEY_ID: site.append.accessKeyId,
      AWS_SECRET_ACCESS_KEY: site.append.secretAccessKey,
    },
    requests: proxy.requests,
    async fetchInto(folder) {
      mkdirSync(folder);
      const listed = await get({ query: { "list-type": "2", prefix: `${prefix}/` } });
      for (const [, key = ""] of listed.text.matchAll(/<Key>([^<]*)<\/Key>/g))
        writeFileSync(join(folder, key.slice(prefix.length + 1)), (await get({ key })).bytes);
    },
    [Symbol.asyncDispose]: async () => {
      await proxy[Symbol.asyncDispose]();
      await close();
    },
  };
}

interface OpenSite {
  readonly site: S3Site;
  readonly server: string;
  readonly close: () => Promise<void>;
}

async function openSite(): Promise<OpenSite> {
  const { S3_ENDPOINT: endpoint } = process.env;
  if (endpoint !== undefined)
    return { site: siteFromEnv(process.env), server: `the server at ${endpoint}`, close: async () => {} };
  if (installMissingPrograms("a real S3 server").length > 0) {
    const site = await startS3Server();
    const server = "the S3 server of our tests (a real one is not installed here)";
    return { site, server, close: async () => site[Symbol.asyncDispose]() };
  }
  const gateway = await startGateway("ours");
  return { site: siteFromEnv(gateway.env), server: "Ceph's RADOS Gateway", close: () => stopGateway(gateway) };
}
