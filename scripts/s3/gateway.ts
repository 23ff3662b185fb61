/** A real S3 server: Ceph's RADOS Gateway over a cluster of one, from Debian's packages, without root. */
import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { makeAppendOnlyBucket, type S3Credentials, type S3Env, s3Env } from "@doppel/testkit";
import { cephConf } from "./ceph-conf.ts";
import { type Daemon, killDaemon, runProgram, startDaemon, waitFor } from "./daemon.ts";

/** A gateway that runs, as it is remembered in a file. */
export interface Gateway {
  /** Everything of it on disk. */
  readonly state: string;
  /** In the order in which they end. */
  readonly daemons: readonly Daemon[];
  /** How it is reached. */
  readonly env: S3Env;
}

/** The storage class there is besides STANDARD. */
const SECOND_CLASS = "STANDARD_IA";
const USERS = { admin: "admin", append: "backup-append" } as const;

/** Starts one at free ports with data of its own; nothing of it is left when that fails. Takes some five seconds. */
export async function startGateway(lifetime: "ours" | "own"): Promise<Gateway> {
  const state = mkdtempSync(join(tmpdir(), "doppel-rgw-"));
  const daemons: Daemon[] = [];
  if (lifetime === "ours") process.once("exit", () => rmSync(state, { recursive: true, force: true }));
  try {
    const env = await start(state, daemons, lifetime);
    return { state, daemons: daemons.toReversed(), env };
  } catch (error) {
    await stopGateway({ state, daemons: daemons.toReversed() });
    throw error;
  }
}

/** Ends it and deletes its data. */
export async function stopGateway({ state, daemons }: Pick<Gateway, "state" | "daemons">): Promise<void> {
  for (const daemon of daemons) await killDaemon(daemon);
  rmSync(state, { recursive: true, force: true });
}

async function start(state: string, daemons: Daemon[], lifetime: "ours" | "own"): Promise<S3Env> {
  for (const folder of ["mon", "osd", "log"]) mkdirSync(join(state, folder));
  const conf = join(state, "ceph.conf");
  const clusterId = randomUUID();
  const [monitorPort, s3Port] = await freePorts(2);
  writeFileSync(conf, cephConf({ state, clusterId, monitorPort: monitorPort!, s3Port: s3Port! }));

  const ceph = (...args: string[]): Promise<string> => runProgram("ceph", ["-c", conf, "--connect-timeout", "5", ...args]);
  const admin = (...args: string[]): Promise<string> =>
    runProgram("radosgw-admin", ["-c", conf, "--name", "client.rgw", ...args]);
  const run = async (program: string, args: readonly string[], ready: () => Promise<boolean>): Promise<void> => {
    const log = join(state, "log", `${program}.out`);
    const daemon = startDaemon(program, ["-f", "-c", conf, ...args], log, lifetime);
    daemons.push(daemon);
    await waitFor(daemon, log, ready);
  };

  const map = join(state, "monmap");
  await runProgram("monmaptool", ["--create", "--fsid", clusterId, "--addv", "a", `[v2:127.0.0.1:${monitorPort}]`, map]);
  await runProgram("ceph-mon", ["-c", conf, "--mkfs", "-i", "a", "--monmap", map]);
  await run("ceph-mon", ["-i", "a"], () => succeeds(() => ceph("fsid")));

  const store = randomUUID();
  await ceph("osd", "new", store);
  await runProgram("ceph-osd", ["-c", conf, "--mkfs", "-i", "0", "--osd-uuid", store]);
  await run("ceph-osd", ["-i", "0"], async () => (await ceph("osd", "stat")).includes(" 1 up"));

  const credentials = { admin: newCredentials(), append: newCredentials() };
  for (const user of ["admin", "append"] as const) {
    const { accessKeyId, secretAccessKey } = credentials[user];
    const keys = ["--access-key", accessKeyId, "--secret", secretAccessKey];
    // No buckets of its own for the writer; the admin may make users (testkit's `makeS3User`).
    const limits = user === "append" ? ["--max-buckets=-1"] : ["--caps=users=*;user-policy=*"];
    await admin("user", "create", `--uid=${USERS[user]}`, `--display-name=${USERS[user]}`, ...keys, ...limits);
  }
  const place = ["--placement-id", "default-placement", "--storage-class", SECOND_CLASS];
  await admin("zonegroup", "placement", "add", "--rgw-zonegroup", "default", ...place);
  await admin("zone", "placement", "add", "--rgw-zone", "default", ...place, "--data-pool", "default.rgw.buckets.second");
  const site = { endpoint: `http://127.0.0.1:${s3Port}`, region: "us-east-1", bucket: "backups", ...credentials };
  await run("radosgw", ["--name", "client.rgw"], () => answers(site.endpoint));
  const principals = { admin: `arn:aws:iam:::user/${USERS.admin}`, append: `arn:aws:iam:::user/${USERS.append}` };
  await makeAppendOnlyBucket(site, site.bucket, principals.admin, principals.append);
  return s3Env(site, principals);
}

/** Held all at once, so that they differ; free again when this resolves. */
async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve, reject) => server.once("error", reject).listen(0, "127.0.0.1", resolve));
      return server;
    }),
  );
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function succeeds(action: () => Promise<unknown>): Promise<boolean> {
  try {
    await action();
    return true;
  } catch {
    return false;
  }
}

async function answers(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(endpoint, { signal: AbortSignal.timeout(10_000) })).ok;
  } catch {
    return false;
  }
}

function newCredentials(): S3Credentials {
  return { accessKeyId: randomBytes(10).toString("hex").toUpperCase(), secretAccessKey: randomBytes(20).toString("hex") };
}
