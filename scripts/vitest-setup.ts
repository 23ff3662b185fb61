/** Vitest's global setup, once, before any test file runs. */
import { buildIfStale } from "./build.ts";
import { startBroker } from "./s3/broker.ts";

/** Builds the program, because files that ran the build each would collide, and stands by to start a real S3 server. */
export default async function setUp(): Promise<() => Promise<void>> {
  await buildIfStale();
  const broker = await startBroker();
  process.env["DOPPEL_S3_BROKER"] = broker.address;
  return () => broker.stop();
}
