/** S3 on loopback: how fast prepared volumes are stored, in how much memory, and how long a long listing takes. */
import { fork, spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type S3Site, siteFromEnv } from "@doppel/testkit";
import { installMissingPrograms } from "../interop-programs.ts";
import { startGateway, stopGateway } from "../s3/gateway.ts";
import { measure } from "./measure.ts";
import { binaryOf } from "./programs.ts";
import { median } from "./statistics.ts";
import { TSX } from "./tsx.ts";

type Address = Pick<S3Site, "endpoint" | "region" | "bucket" | "append">;

const MIB = 2 ** 20;
const ROUNDS = 5;
const SMALL = { megabytes: 200, count: 2 };
const LARGE = { megabytes: 2048, count: 1 };
const UPLOAD = join(import.meta.dirname, "../../packages/storage/src/s3/testing/upload-bench.ts");

/** Prints its figures. Takes about a minute. */
export async function benchS3(): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), "doppel-bench-s3-"));
  const server = fork(join(import.meta.dirname, "s3-server.ts"), { execArgv: [...TSX] });
  try {
    const [ours] = (await once(server, "message")) as [Address];
    console.log("\nS3 on loopback\n");
    if (installMissingPrograms("a real S3 server").length === 0) {
      const gateway = await startGateway("ours");
      try {
        throughput(siteFromEnv(gateway.env), "the RADOS Gateway", work);
      } finally {
        await stopGateway(gateway);
      }
    } else {
      throughput(ours, "the server of our tests", work);
    }
    const large = upload(ours, "driver", volume(work, LARGE.megabytes), LARGE.count);
    console.log(`one volume of ${LARGE.megabytes} MiB stored: ${large.peakMegabytes.toFixed(0)} MB RSS`);
    listing(ours, work);
  } finally {
    server.disconnect();
    rmSync(work, { recursive: true });
  }
}

function throughput(site: Address, name: string, work: string): void {
  const file = volume(work, SMALL.megabytes);
  const speeds: Record<"driver" | "plain", number[]> = { driver: [], plain: [] };
  let peak = 0;
  for (let round = 1; round <= ROUNDS; round++) {
    for (const how of ["plain", "driver"] as const) {
      const { seconds, peakMegabytes } = upload(site, how, file, SMALL.count);
      speeds[how].push((SMALL.megabytes * SMALL.count) / seconds);
      if (how === "driver") peak = Math.max(peak, peakMegabytes);
    }
  }
  console.log(
    `${SMALL.count} prepared volumes of ${SMALL.megabytes} MiB to ${name}, ${ROUNDS} rounds in turn: ${peak.toFixed(0)} MB RSS`,
  );
  // Whatever else runs on the machine only slows a round down: the fastest ones say most about the programs.
  for (const [which, of] of [
    ["fastest", (all: readonly number[]) => Math.max(...all)],
    ["median", median],
  ] as const) {
    const [driver, plain] = [of(speeds.driver), of(speeds.plain)];
    const ratio = (driver / plain).toFixed(2);
    console.log(`  ${which}: driver ${driver.toFixed(0)} MiB/s, plain parallel PUTs ${plain.toFixed(0)} MiB/s, ratio ${ratio}`);
  }
}

/** Through GNU time, for the memory; the seconds are those of the transfer alone. */
function upload(site: Address, how: "driver" | "plain", file: string, count: number) {
  const env = { ...process.env, ...variables(site), BENCH_BUCKET: site.bucket };
  const { peakMegabytes, output } = measure(process.execPath, [...TSX, UPLOAD, how, file, String(count)], env);
  return { peakMegabytes, seconds: (JSON.parse(output) as { readonly seconds: number }).seconds };
}

function listing(site: Address, work: string): void {
  const env = { ...process.env, ...variables(site), XDG_CACHE_HOME: join(work, "cache") };
  const run = measure(binaryOf("doppel"), ["status", "s3://long/host"], env);
  const chain = /^.*complete backup.*$/m.exec(run.output)?.[0] ?? "";
  console.log(
    `200,000 objects listed and resolved: ${run.wallSeconds.toFixed(1)} s, ${run.peakMegabytes.toFixed(0)} MB RSS (${chain})`,
  );
}

function variables({ endpoint, region, append }: Address): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_S3: endpoint,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: append.accessKeyId,
    AWS_SECRET_ACCESS_KEY: append.secretAccessKey,
  };
}

function volume(folder: string, megabytes: number): string {
  const path = join(folder, `volume-${megabytes}`);
  for (let at = 0; at < megabytes; at += 16) appendFileSync(path, randomBytes(16 * MIB));
  spawnSync("sync", [path]); // not while we measure
  return path;
}
