/** Run by s3.ts: a server in a process of its own that keeps no bytes, and has a bucket "long" with 200,000 objects. */
import { compareKeys, startS3Server } from "@doppel/testkit";

/** One full backup and 99 increments of 1,998 volumes each, with their manifests and signatures. */
const SETS = 100;
const VOLUMES = 1998;
const PREFIX = "host/";

const names: string[] = [];
for (let day = 0; day < SETS; day++) {
  const [from, to] = [timeOf(day - 1), timeOf(day)];
  const set = day === 0 ? `duplicity-full.${to}` : `duplicity-inc.${from}.to.${to}`;
  const signatures = day === 0 ? `duplicity-full-signatures.${to}` : `duplicity-new-signatures.${from}.to.${to}`;
  names.push(`${PREFIX}${set}.manifest.gpg`, `${PREFIX}${signatures}.sigtar.gpg`);
  for (let volume = 1; volume <= VOLUMES; volume++) names.push(`${PREFIX}${set}.vol${volume}.difftar.gpg`);
}
names.sort(compareKeys);

const server = await startS3Server({ keepBytes: false });
server.synthesise("long", { count: names.length, keyAt: (index) => names[index]!, sizeAt: () => 200_000_000 });
const { endpoint, region, bucket, append } = server;
process.once("disconnect", () => process.exit());
process.send?.({ endpoint, region, bucket, append });

function timeOf(day: number): string {
  return new Date(Date.UTC(2026, 0, 1 + day)).toISOString().replace(/[-:]|\.\d+/g, "");
}
