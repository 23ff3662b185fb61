import { truncateSync, writeFileSync } from "node:fs";
import { createServer, connect, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { describeInterop, startS3Server, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { mustBeDone, peakMegabytes, S3Place } from "../src/s3-place.ts";

const MIB = 2 ** 20;
/** Node alone takes 50 MB, with AWS's client 100. */
const MOST_MEGABYTES = 300;
const OTHERS = new Uint8Array(1000);

describeInterop(["time"], "large targets and large volumes", () => {
  it("status and list find their way in 200,000 objects in bounded memory", async () => {
    await using server = await startS3Server();
    await using place = await S3Place.open(server);
    place.write("file", "content");
    await place.mustBackup("full");
    const own = server.keys(place.prefix, place.site.bucket);
    const others = Array.from({ length: 100 }, (_, day) => setOf(day, 1998)).flat();
    const keys = [...own, ...others.map((name) => place.prefix + name)].sort(); // ASCII: in the order of their bytes
    const bytesOf = new Map(own.map((key) => [key, server.versions(key, place.site.bucket)[0]!.bytes()]));
    server.synthesise("long", {
      count: keys.length,
      keyAt: (index) => keys[index]!,
      bytesAt: (index) => bytesOf.get(keys[index]!) ?? OTHERS,
    });
    const common = ["--s3-endpoint-url", server.endpoint, "--archive-dir", place.path("none"), "--no-encryption"];
    const url = `s3://long/${place.prefix}`;

    const status = await peakMegabytes(["status", ...common, url], place.env());
    expect(mustBeDone(status).stdout).toMatch(/101 complete backups in 2 chains/);
    const list = await peakMegabytes(["list", ...common, url], place.env());
    expect(mustBeDone(list).stdout).toMatch(/ file\n$/);
    for (const { peak } of [status, list]) expect(peak).toBeLessThan(MOST_MEGABYTES);
    const requests = server.requests.filter(({ operation, bucket }) => operation === "ListObjectsV2" && bucket === "long");
    expect(requests).toHaveLength(2 * Math.ceil(keys.length / 1000));
    const [a, b] = [status, list].map(({ peak, seconds }) => `${seconds.toFixed(1)} s, ${peak.toFixed(0)} MB RSS`);
    console.log(`200,000 objects: status ${a}; list ${b}`);
  });

  it("volumes of 200 MB to a slow server do not pile up in memory", async () => {
    await using server = await startS3Server({ keepBytes: false });
    await using slow = await slowly(new URL(server.endpoint).port, 30 * MIB);
    await using place = await S3Place.open(server);
    const file = `${place.source}/file`;
    writeFileSync(file, "begins with this");
    truncateSync(file, 420 * MIB);
    const key = ["--encrypt-key", testKey("rsa").publicFile, "--no-compression"];
    const where = ["--s3-endpoint-url", `http://127.0.0.1:${slow.port}`, "--archive-dir", place.path("archive")];
    const outcome = await peakMegabytes(["full", ...key, ...where, place.source, `s3://${server.bucket}/slow`], place.env());
    expect(mustBeDone(outcome).stdout).toMatch(/3 volumes/);
    expect(outcome.peak).toBeLessThan(MOST_MEGABYTES);
    console.log(`420 MB in volumes of 200 MB to a server that takes 30 MB/s: ${outcome.peak.toFixed(0)} MB RSS`);
  });
});

/** The names of one backup of the year 2020, encrypted: what cannot be read is not looked into. */
function setOf(day: number, volumes: number): readonly string[] {
  const time = (of: number): string => new Date(Date.UTC(2020, 0, 2 + of)).toISOString().replace(/[-:]|\.\d+/g, "");
  const times = day === 0 ? time(0) : `${time(day - 1)}.to.${time(day)}`;
  const [set, signatures] = day === 0 ? ["full", "full-signatures"] : ["inc", "new-signatures"];
  return [
    `duplicity-${set}.${times}.manifest.gpg`,
    `duplicity-${signatures}.${times}.sigtar.gpg`,
    ...Array.from({ length: volumes }, (_, index) => `duplicity-${set}.${times}.vol${index + 1}.difftar.gpg`),
  ];
}

/** Passes bytes on to a port of this machine, so many in a second over all connections. */
async function slowly(port: string, bytesPerSecond: number): Promise<{ readonly port: number } & AsyncDisposable> {
  let free = performance.now();
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const onward = connect(Number(port), "127.0.0.1");
    for (const socket of [client, onward]) sockets.add(socket.on("error", () => undefined));
    onward.pipe(client);
    pass(client, onward).catch(() => onward.destroy());
  });
  const pass = async (from: AsyncIterable<Uint8Array>, onward: Socket): Promise<void> => {
    for await (const chunk of from) {
      free = Math.max(free, performance.now()) + (chunk.length / bytesPerSecond) * 1000;
      await sleep(free - performance.now());
      if (!onward.write(chunk)) await once(onward, "drain");
    }
    onward.end();
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
