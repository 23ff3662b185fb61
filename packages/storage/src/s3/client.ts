import { readFile } from "node:fs/promises";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { S3Client } from "@aws-sdk/client-s3";
import { DoppelError, errnoOf } from "@doppel/base";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { configuredRegion } from "./aws-config.ts";
import { checkedEndpoint, checkedRegion } from "./endpoint.ts";
import type { S3Options } from "./options.ts";
import { proxyFor, type Variables } from "./proxy.ts";

/** Connections to a server that are kept open for the next request. */
const MAX_SOCKETS = 32;
const CONNECT_TIMEOUT_MS = 10_000;
const IDLE_TIMEOUT_MS = 60_000;

const nothing = (): void => undefined;
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** How requests reach a server. */
export interface Connection {
  readonly client: S3Client;
  /** Whether somebody said which region; otherwise it is a guess. */
  readonly regionGiven: boolean;
  readonly region: string;
  /** For people: "AWS" or the host, and the proxy when there is one. */
  readonly server: string;
  /** Host and port, when there is one. */
  readonly proxy: string | undefined;
  /** A server other than AWS. */
  readonly endpoint: string | undefined;
}

/** What a connection is made from; URL and configuration have been asked for `endpoint` already, the URL for `region`. */
export interface ConnectionSettings {
  readonly options: S3Options;
  readonly env: Variables;
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
}

/**
 * A client that sends every request once: trying again is ours (sender.ts), which knows what is safe to repeat.
 * @throws storage.bad-url for an endpoint, a region, a proxy or a certificate file that cannot be used
 */
export async function connect({ options, env, endpoint, region }: ConnectionSettings): Promise<Connection> {
  const given = endpoint === undefined ? undefined : checkedEndpoint(endpoint);
  const isHttp = given === undefined ? options.unencrypted === true : given.protocol === "http:";
  const found = region ?? (await configuredRegion(env, options.profile));
  const used = checkedRegion(found ?? "us-east-1");
  const target = given ?? new URL(`${isHttp ? "http" : "https"}://s3.${used}.amazonaws.com`);
  const proxy = proxyFor(target, env);
  const client = new S3Client({
    region: used,
    // The SDK would look for one itself.
    ...(endpoint === undefined ? { ignoreConfiguredEndpointUrls: true } : { endpoint }),
    ...(options.credentials !== undefined && { credentials: options.credentials }),
    ...(options.profile !== undefined && { profile: options.profile }),
    forcePathStyle: options.pathStyle ?? endpoint !== undefined,
    tls: !isHttp,
    // The SDK would print on standard error; what is worth telling, open.ts and errors.ts do.
    logger: SILENT,
    maxAttempts: 1,
    // Each request that waits for "100 Continue" is given a connection of its own, which is closed after it.
    expectContinueHeader: false,
    // Checksums are ours (checksums.ts): the SDK's would need a trailer that older servers refuse, or a second pass.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
    requestHandler: new NodeHttpHandler({
      ...(await agents(isHttp, proxy, env)),
      connectionTimeout: CONNECT_TIMEOUT_MS,
      socketTimeout: options.idleTimeoutMs ?? IDLE_TIMEOUT_MS,
      socketAcquisitionWarningTimeout: 2 ** 31 - 1, // a queue for connections is what we want
    }),
  });
  const through = proxy === undefined ? "" : ` through the proxy ${proxy.host}`;
  const server = (endpoint === undefined ? "AWS" : target.host) + through;
  return { client, regionGiven: found !== undefined, region: used, server, proxy: proxy?.host, endpoint };
}

async function agents(isHttp: boolean, proxy: URL | undefined, env: Variables) {
  const options = { keepAlive: true, maxSockets: MAX_SOCKETS };
  if (isHttp) {
    if (proxy === undefined) return { httpAgent: new HttpAgent(options) };
    const { HttpProxyAgent } = await import("http-proxy-agent");
    return { httpAgent: new HttpProxyAgent(proxy, options) };
  }
  const ca = await authorities(env);
  const secure = { ...options, ...(ca !== undefined && { ca }) };
  if (proxy === undefined) return { httpsAgent: new HttpsAgent(secure) };
  const { HttpsProxyAgent } = await import("https-proxy-agent");
  return { httpsAgent: new HttpsProxyAgent(proxy, secure) };
}

/** The SDK does not know this variable of AWS's other tools. */
async function authorities(env: Variables): Promise<string | undefined> {
  const path = env["AWS_CA_BUNDLE"];
  if (!path) return undefined;
  try {
    return await readFile(path, "latin1");
  } catch (error) {
    const reason = errnoOf(error) ?? "unreadable";
    throw new DoppelError(
      "storage.bad-url",
      `cannot read AWS_CA_BUNDLE ${path} (${reason}); check the path`,
      { url: path, reason },
      error,
    );
  }
}
