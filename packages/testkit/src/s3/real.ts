import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { beforeAll, describe } from "vitest";
import { describeInterop } from "../programs.ts";
import { type S3Env, siteFromEnv } from "./site-env.ts";
import type { S3Site } from "./types.ts";

/** What a real server is made of, where S3_ENDPOINT names none. */
const PROGRAMS = ["ceph", "ceph-mon", "ceph-osd", "radosgw", "radosgw-admin"];

/** Names the socket by which the gateway of this test run is asked for; set by scripts/vitest-setup.ts. */
const BROKER_VARIABLE = "DOPPEL_S3_BROKER";

/**
 * A `describe` against a real S3 server: the one that S3_ENDPOINT and its variables name, or a RADOS Gateway that is
 * started when the first test of the run needs it, and shared: use a prefix of your own. Without its programs the block
 * is skipped and says so, or fails when DOPPEL_REQUIRE_INTEROP=1.
 * @param body  is given the server as a function, to be called in tests and hooks only
 */
export function describeRealS3(title: string, body: (site: () => S3Site) => void): void {
  const block = (): void => {
    let site: S3Site | undefined;
    beforeAll(async () => {
      site = await realS3();
    });
    body(() => {
      if (site === undefined) throw new Error("the server is known only when the tests run");
      return site;
    });
  };
  if (process.env["S3_ENDPOINT"] === undefined) describeInterop(PROGRAMS, title, block);
  else describe(title, block);
}

/** The server that S3_ENDPOINT names, or the gateway of this test run. @throws Error when it cannot be started */
export async function realS3(): Promise<S3Site> {
  if (process.env["S3_ENDPOINT"] !== undefined) return siteFromEnv(process.env);
  const address = process.env[BROKER_VARIABLE];
  if (address === undefined) throw new Error("no S3_ENDPOINT, and this is no test run that could start a server");
  const socket = connect(address);
  await once(socket, "connect");
  const { env, problem } = JSON.parse(await text(socket)) as { readonly env?: S3Env; readonly problem?: string };
  if (env === undefined) throw new Error(`the RADOS Gateway does not start: ${problem}`);
  return siteFromEnv(env);
}
