import { startS3Server } from "@doppel/testkit";
import { openStorage } from "@doppel/storage";
const server = await startS3Server();
server.synthesise("many", {
  count: 200_000,
  keyAt: (i: number) => `p/duplicity-inc.20260101T${String(i).padStart(6, "0")}Z.vol1.difftar.gpg`,
});
const storage = await openStorage("s3://many/p", {
  cwd: "/",
  purpose: "read",
  random: { bytes: (n: number) => new Uint8Array(n) },
  clock: { now: () => new Date(), sleep: async () => {} },
  s3: { endpoint: server.endpoint, credentials: server.admin, region: server.region },
} as never);
const t = performance.now();
let n = 0;
let max = 0;
for await (const _ of storage.list("")) {
  if (++n % 20000 === 0) max = Math.max(max, process.memoryUsage().rss);
}
console.log(
  n,
  ((performance.now() - t) / 1000).toFixed(1),
  "s, rss",
  (max / 2 ** 20).toFixed(0),
  "MiB with the server in the same process",
);
await storage[Symbol.asyncDispose]();
await server[Symbol.asyncDispose]();
