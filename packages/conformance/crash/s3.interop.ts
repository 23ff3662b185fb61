import { setTimeout as sleep } from "node:timers/promises";
import type { S3FaultEffect } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { CrashBench, type When, WHENS } from "../src/crash-bench.ts";
import { bucketTarget } from "../src/crash-targets.ts";
import { IS_LONG, KILLS, randomNumbers, SEED, Tally } from "../src/kills.ts";
import { s3Server } from "../src/s3-place.ts";

const STRIDE = IS_LONG ? 1 : 4;
const LONG = 4 * 3_600_000;
const VOLUMES = ["--s3-multipart-chunk-size", "5"];

/** The connection goes silent there, and the program is killed meanwhile: before the server sees the request, within its body, or when it has done it. */
const SILENCE: Readonly<Record<When, S3FaultEffect>> = {
  before: { kind: "stall", at: "request", after: 0 },
  middle: { kind: "stall", at: "request", after: 20_000 },
  after: { kind: "stall", at: "answer", after: 0 },
};

type Target = Awaited<ReturnType<typeof bucketTarget>>;

async function killedAt(bench: CrashBench, { site }: Target, kind: string, number: number, when: When): Promise<boolean> {
  const before = site.requests.length;
  site.fault({ nth: number, effect: SILENCE[when] });
  const { child, ended } = bench.started([...bench.backupArgs(kind), ...VOLUMES]);
  let over = false;
  void ended.then(() => (over = true));
  while (!over) {
    const request = site.requests[before + number - 1];
    if (request && (when !== "after" || request.status > 0)) {
      await sleep(50); // what is on its way arrives
      child.kill("SIGKILL");
      break;
    }
    await sleep(5);
  }
  const killed = (await ended) === null;
  site.clearFaults();
  return killed;
}

describe(`a backup to a bucket that is killed (seed ${SEED})`, () => {
  const server = s3Server();

  it.each(["full", "incremental"])("at every request: %s", { timeout: LONG }, async (kind) => {
    const target = await bucketTarget(server());
    await using bench = await CrashBench.open(target);
    await bench.reset();
    const before = target.site.requests.length;
    bench.expectDone(await bench.run([...bench.backupArgs(kind), ...VOLUMES]));
    const operations = target.site.requests.length - before;
    expect(operations).toBeGreaterThan(12);
    const random = randomNumbers(SEED);
    const outcomes = new Tally();
    for (let number = 1 + Math.floor(random() * STRIDE); number <= operations; number += STRIDE) {
      const when = WHENS[(number + SEED) % 3]!;
      await bench.reset();
      const killed = await killedAt(bench, target, kind, number, when);
      try {
        const outcome = await bench.expectSound(random() < 0.3);
        outcomes.add(killed ? outcome : "not killed");
      } catch (error) {
        throw new Error(`killed ${when} request ${number} of ${operations} (seed ${SEED})`, { cause: error });
      }
    }
    expectCreateOnly(target);
    console.log(`crash/s3 ${kind}: ${outcomes.total} kills at ${operations} requests, seed ${SEED}: ${outcomes.toString()}`);
  });

  it(`at ${KILLS} random instants`, { timeout: LONG }, async () => {
    const target = await bucketTarget(server());
    await using bench = await CrashBench.open(target);
    const random = randomNumbers(SEED);
    const outcomes = new Tally();
    await bench.reset();
    const whole = await bench.duration(bench.backupArgs("full"));
    for (let run = 1; run <= KILLS; run++) {
      const kind = random() < 0.5 ? "full" : "incremental";
      const instant = (0.2 + 0.9 * random()) * whole;
      await bench.reset();
      const { child, ended } = bench.started([...bench.backupArgs(kind), ...VOLUMES]);
      await Promise.race([sleep(instant), ended]);
      child.kill("SIGKILL");
      const killed = (await ended) === null;
      try {
        const outcome = await bench.expectSound(random() < 0.3);
        outcomes.add(killed ? outcome : "ended before");
      } catch (error) {
        throw new Error(`run ${run}: ${kind} killed after ${instant} ms (seed ${SEED})`, { cause: error });
      }
    }
    expectCreateOnly(target);
    console.log(`crash/s3 random: ${KILLS} kills, seed ${SEED}: ${outcomes.toString()}`);
  });
});

/** Nothing was asked for that the credentials do not allow, and nothing would have been written over without them. */
function expectCreateOnly({ site }: Target): void {
  expect(site.requests.filter(({ operation }) => operation.startsWith("Delete") || operation === "Unknown")).toEqual([]);
  const writes = site.requests.filter(({ operation }) => operation === "PutObject" || operation === "CompleteMultipartUpload");
  expect(writes.filter(({ headers }) => headers["if-none-match"] !== "*").map(({ key }) => key)).toEqual([]);
}
