/**
 * Run by `npm run bench`: `rsync-bench.ts OLD-SIGNATURE FILE NEW-SIGNATURE DELTA` makes what an increment makes of a changed
 * file, in one pass as it does. Prints what that took, without the start of Node.
 */
import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { loadRsync } from "../rsync.ts";
import { parseSignature } from "../signature-parser.ts";

const [oldSignature, file, newSignature, delta] = process.argv.slice(2) as [string, string, string, string];
const CHUNK = 1 << 18;
const rsync = await loadRsync();

const began = { cpu: process.cpuUsage(), at: performance.now() };
const signature = rsync.signature({ blockLength: 2048 });
const encoder = rsync.delta(parseSignature(readFileSync(oldSignature)));
const [from, sums, out] = [openSync(file, "r"), openSync(newSignature, "w"), openSync(delta, "w")];
const chunk = Buffer.allocUnsafeSlow(CHUNK);
for (let length = readSync(from, chunk); length > 0; length = readSync(from, chunk)) {
  const bytes = chunk.subarray(0, length);
  const records = signature.update(bytes);
  writeSync(sums, records);
  for (const part of encoder.update(bytes, records)) writeSync(out, part);
}
writeSync(sums, signature.finish());
for (const part of encoder.finish()) writeSync(out, part);
for (const fd of [from, sums, out]) closeSync(fd);
const { user, system } = process.cpuUsage(began.cpu);

process.stdout.write(JSON.stringify({ seconds: (performance.now() - began.at) / 1000, cpuSeconds: (user + system) / 1e6 }));
