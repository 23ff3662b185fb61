import { type S3TestServer, startS3Server } from "@doppel/testkit";
import { DoppelError, type RunEvent } from "@doppel/base";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { openStorage } from "../drivers.ts";
import { openReading } from "./reach.ts";
import { parseS3Url } from "./url.ts";
import { contextFor, names, noticesOf, openAt } from "./test-support.ts";

let server: S3TestServer;
beforeAll(async () => {
  server = await startS3Server({ region: "eu-west-1" });
});
afterAll(() => server[Symbol.asyncDispose]());

const host = (): string => new URL(server.endpoint).host;

describe("a URL in doubt", () => {
  const reading = parseS3Url("s3://storage.example.org/bucket/p", {});
  const refused = (code: "storage.denied" | "storage.unavailable") =>
    new DoppelError(code, code, { operation: "open", name: "x" } as never);
  const none = new DoppelError("storage.credentials", "none", { reason: "none" });

  it.each<[string, Error | undefined, Error | undefined, string]>([
    ["is a bucket that can be seen", undefined, undefined, "storage.example.org"],
    ["is a server when there is no such bucket", refused("storage.unavailable"), undefined, "bucket"],
    ["is a server when the bucket is somebody else's", refused("storage.denied"), undefined, "bucket"],
    ["tells of the server when neither opens", refused("storage.unavailable"), new Error("host"), "host"],
    ["tells of the bucket when that is denied", refused("storage.denied"), new Error("host"), "storage.denied"],
    ["needs credentials either way", none, undefined, "none"],
  ])("%s", async (_, asBucket, asHost, expected) => {
    const opened = openReading(reading, async ({ bucket, endpoint }) => {
      const failure = endpoint === undefined ? asBucket : asHost;
      if (failure) throw failure;
      return bucket;
    });
    expect(await opened.catch((error: Error) => error.message)).toBe(expected);
  });
});

describe("opening", () => {
  it("takes all forms of URL, and says how it read them", async () => {
    const url = `${server.bucket}/a//b/`;
    for (const text of [`s3://${url}`, `boto3+s3:///${url}`, `s3+http://${url}`, `s3://user:secret@${url}`]) {
      const events: RunEvent[] = [];
      await using storage = await openStorage(text, contextFor(server, {}, { emit: (event) => events.push(event) }));
      expect(storage.label).toBe(`s3://${server.bucket}/a/b/ at ${server.endpoint}`);
      expect(noticesOf(events)[0]).toContain(`"${server.bucket}" is the bucket`);
      expect(JSON.stringify(events)).not.toContain("secret");
    }
    const { endpoint: _, ...context } = contextFor(server).s3!;
    await using storage = await openStorage(`s3://${host()}/${url}`, {
      ...contextFor(server),
      s3: { ...context, unencrypted: true },
    });
    expect(storage.label).toBe(`s3://${server.bucket}/a/b/ at ${server.endpoint}`);
  });

  it("takes the endpoint and the region from the environment", async () => {
    const { endpoint: _, region: __, ...s3 } = contextFor(server).s3!;
    const env = { AWS_ENDPOINT_URL_S3: server.endpoint, AWS_DEFAULT_REGION: "eu-west-1" };
    await using storage = await openStorage(`s3://${server.bucket}`, { ...contextFor(server), s3, env });
    expect(await names(storage)).toEqual([]);
  });

  it("takes the endpoint from the profile, and asks nothing else then", async () => {
    const { endpoint: _, ...s3 } = contextFor(server).s3!;
    await withProfile(`endpoint_url = ${server.endpoint}`, async () => {
      await using storage = await openStorage(`s3://${server.bucket}/x`, { ...contextFor(server), s3 });
      expect(storage.label).toBe(`s3://${server.bucket}/x/ at ${server.endpoint}`);
      expect(await names(storage)).toEqual([]);
    });
  });

  it("tells that a profile wins over a key, and the SDK does not", async () => {
    const { credentials: _, ...s3 } = contextFor(server).s3!;
    const { accessKeyId, secretAccessKey } = server.append;
    const print = vi.spyOn(console, "warn");
    await withProfile(`aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}`, async (env) => {
      const events: RunEvent[] = [];
      const context = { ...contextFor(server), s3, env, emit: (event: RunEvent) => void events.push(event) };
      await using storage = await openStorage(`s3://${server.bucket}/x`, context);
      expect(await names(storage)).toEqual([]);
      expect(noticesOf(events)).toContainEqual(expect.stringContaining('those of AWS_PROFILE ("p1")'));
    });
    expect(print).not.toHaveBeenCalled();
    print.mockRestore();
  });

  it("names the profile that there is not", async () => {
    const { credentials: _, ...s3 } = contextFor(server).s3!;
    await withProfile("", async (env) => {
      vi.stubEnv("AWS_PROFILE", "nope");
      const context = { ...contextFor(server), s3, env: { ...env, AWS_PROFILE: "nope" } };
      await expect(openStorage(`s3://${server.bucket}/x`, context)).rejects.toThrow(/the AWS profile "nope" has no usable/);
    });
  });

  it("asks AWS when the configured endpoints are to be ignored", async () => {
    const { endpoint: _, ...s3 } = contextFor(server).s3!;
    const env = {
      AWS_ENDPOINT_URL: server.endpoint,
      AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: "true",
      HTTPS_PROXY: "http://127.0.0.1:1", // nothing leaves this machine
    };
    await expect(openStorage(`s3://${server.bucket}`, { ...contextFor(server), s3, env })).rejects.toThrow(/127\.0\.0\.1:1\b/);
  });

  it("follows the server to its region when nobody has said one", async () => {
    const { region: _, ...s3 } = contextFor(server).s3!;
    await using storage = await openStorage(`s3://${server.bucket}/r`, { ...contextFor(server), s3 });
    expect(await names(storage)).toEqual([]);
  });

  const FAILURES: readonly (readonly [string, () => ReturnType<typeof openAt>, string, RegExp])[] = [
    ["a wrong region", () => openAt({ ...server, region: "us-east-2" }), "storage.bad-url", /--s3-region-name eu-west-1/],
    [
      "an unknown bucket",
      () => openAt({ ...server, bucket: "nothing-here" }),
      "storage.bad-url",
      /bucket "nothing-here" does not exist/,
    ],
    [
      "an unknown key",
      () => openAt({ ...server, append: { ...server.append, accessKeyId: "AKIANOBODY" } }),
      "storage.credentials",
      /does not know this access key/,
    ],
    [
      "a wrong secret",
      () => openAt({ ...server, append: { ...server.append, secretAccessKey: "wrong" } }),
      "storage.credentials",
      /signature does not match/,
    ],
    [
      "an endpoint that nobody serves",
      () => openAt({ ...server, endpoint: "http://127.0.0.1:1" }),
      "storage.unavailable",
      /nothing answers at 127.0.0.1:1 \(ECONNREFUSED\)/,
    ],
    ["an endpoint that is no URL", () => openAt({ ...server, endpoint: "nonsense" }), "storage.bad-url", /"nonsense" is no URL/],
    [
      "an endpoint without a scheme",
      () => openAt({ ...server, endpoint: host() }),
      "storage.bad-url",
      /is no URL of an S3 server/,
    ],
    [
      "an endpoint with a key in it",
      () => openAt({ ...server, endpoint: server.endpoint.replace("//", `//AKIDX:${server.append.secretAccessKey}@`) }),
      "storage.bad-url",
      /credentials belong into the environment/,
    ],
    ["an empty region", () => openAt({ ...server, region: "" }), "storage.bad-url", /is no name of a region/],
    ["a region that cannot be", () => openAt({ ...server, region: "a b" }), "storage.bad-url", /"a b" is no name of a region/],
    [
      "https where http is spoken",
      () => openAt({ ...server, endpoint: server.endpoint.replace("http:", "https:") }),
      "storage.bad-url",
      /check http or https/,
    ],
  ];
  it.each(FAILURES)("%s is one clear line", async (_, open, code, message) => {
    const failure = (await open().catch((thrown: unknown) => thrown)) as Error;
    expect(failure).toMatchObject({ code });
    expect(failure.message).toMatch(message);
    expect(failure.message).not.toContain("\n");
    expect(failure.message).not.toContain(server.append.secretAccessKey);
  });

  it("malformed regions are told as well", async () => {
    await using other = await startS3Server({ region: "eu-west-1", quirks: { malformedOnWrongRegion: true } });
    await expect(openAt({ ...other, region: "us-east-2" })).rejects.toThrow("--s3-region-name eu-west-1");
  });

  it("a clock that is off is told with both times", async () => {
    await using other = await startS3Server({ region: "eu-west-1" });
    other.fault({ effect: { kind: "skew" }, times: 1000 });
    await expect(openAt(other)).rejects.toThrow(/this machine's clock says \d{4}-.*, the server's says \d{4}-/);
  });

  it("a clock that is off by an hour is made up for", async () => {
    await using other = await startS3Server({ region: "eu-west-1", clockOffsetMs: 3_600_000 });
    await using storage = await openAt(other);
    expect(await names(storage)).toEqual([]);
  });

  it("expired credentials, and a bucket that may not be listed", async () => {
    await using other = await startS3Server({ region: "eu-west-1" });
    other.fault({ effect: { kind: "expiredToken" }, times: 1000 });
    await expect(openAt(other)).rejects.toMatchObject({ code: "storage.credentials", data: { reason: "expired" } });
    await using closed = await startS3Server({ region: "eu-west-1", appendActions: ["s3:PutObject"] });
    await expect(openAt(closed)).rejects.toThrow("s3:ListBucket");
  });

  it("writes nothing", async () => {
    const before = server.requests.length;
    await using storage = await openAt(server, { purpose: "read" });
    await names(storage);
    for (const { method } of server.requests.slice(before)) expect(["GET", "HEAD"]).toContain(method);
  });

  it("goes through a proxy, unless it is told not to", async () => {
    const seen: string[] = [];
    const proxy = createServer((request, response) => {
      seen.push(request.url ?? "");
      response.writeHead(502).end();
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    const { port } = proxy.address() as { port: number };
    const env = { HTTP_PROXY: `http://127.0.0.1:${port}` };
    const open = (more: object) => openStorage(`s3://${server.bucket}/x`, contextFor(server, {}, { env: { ...env, ...more } }));
    await expect(open({})).rejects.toThrow(`through the proxy 127.0.0.1:${port}`);
    expect(seen[0]).toContain(server.endpoint);
    await using direct = await open({ NO_PROXY: "127.0.0.0/8" });
    expect(await names(direct)).toEqual([]);
    proxy.close();
  });
});

/** The SDK reads the process's own environment, so that is where the profile `p1` is, beside a key that nobody knows. */
async function withProfile(lines: string, run: (env: Record<string, string>) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "doppel-aws-"));
  const config = join(directory, "config");
  const env = {
    AWS_CONFIG_FILE: config,
    AWS_SHARED_CREDENTIALS_FILE: join(directory, "none"),
    AWS_PROFILE: "p1",
    AWS_ACCESS_KEY_ID: "AKIANOBODY",
    AWS_SECRET_ACCESS_KEY: "unused",
    AWS_EC2_METADATA_DISABLED: "true",
  };
  try {
    await writeFile(config, `[profile p1]\n${lines}\n`);
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    await run(env);
  } finally {
    vi.unstubAllEnvs();
    await rm(directory, { recursive: true });
  }
}
