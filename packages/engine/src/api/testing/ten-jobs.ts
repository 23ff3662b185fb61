/**
 * A program that makes ten backups at once and ends half of them at random moments; then it restores the others at once. In a process of its own,
 * so that what it leaves behind can be told. Use: `ten-jobs.ts FOLDER SEED`; prints {@link TenJobs} as JSON.
 */
import { createHash } from "node:crypto";
import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { isDoppelError, keysFromPassphrase, type MadeEntry, openTarget } from "../../index.ts";

export interface TenJobs {
  readonly outcomes: readonly string[];
  /** SHA-256 of what the stored ones should hold, by number of the job. */
  readonly digests: Readonly<Record<string, string>>;
  /** What was read back of them, the same way. */
  readonly read: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  /** Descriptors that were not open before. */
  readonly descriptors: readonly string[];
  readonly resources: readonly string[];
  /** In the folder for temporary files. */
  readonly temporary: readonly string[];
  readonly peakMiB: number;
}

const PASSPHRASE = "ten at once";
const [folder = "", seed = "1"] = process.argv.slice(2);
const warnings: string[] = [];
process.on("warning", (warning) => warnings.push(String(warning)));
let peak = 0;
const watch = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 20);

let state = Number(seed);
const random = (): number => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) / 2 ** 32;

/** For all that is read at once: many jobs may hang on one signal. */
const { signal: common } = new AbortController();
const digests: Record<string, string> = {};
const read: Record<string, string> = {};
await one(10); // what Node opens once and for all is open now
const before = descriptors();
const outcomes = await Promise.all(Array.from({ length: 10 }, (_, number) => backUp(number)));
await Promise.all(outcomes.flatMap((outcome, number) => (outcome === "stored" ? [one(number)] : [])));
clearInterval(watch);
await new Promise((resolve) => setTimeout(resolve, 200)); // handles of ended threads close in the next turns of the loop
const left = descriptors().filter((open) => !before.includes(open));
const resources = process.getActiveResourcesInfo().filter((name) => !["PipeWrap", "TTYWrap", "FSReqPromise"].includes(name));
const temporary = readdirSync(join(folder, "tmp"));
const result: TenJobs = {
  outcomes,
  digests,
  read,
  warnings,
  descriptors: left,
  resources,
  temporary,
  peakMiB: Math.round(peak / 2 ** 20),
};
process.stdout.write(JSON.stringify(result));

/** Odd ones are ended: before they begin, or somewhere on their way. */
async function backUp(number: number): Promise<string> {
  const stop = new AbortController();
  const hash = createHash("sha256");
  const end = number % 2 === 1 ? Math.floor(random() * 60) : Infinity;
  await using target = await openTarget(`file://${folder}/target-${number}`, { tempDir: `${folder}/tmp` });
  const content = async function* () {
    for (let part = 0; part < 120; part++) {
      if (part === end) stop.abort(new Error("not wanted any more"));
      const bytes = createHash("sha512").update(`${number} ${part}`).digest();
      const chunk = Buffer.concat(Array.from({ length: 2000 }, () => bytes)); // 128 kB
      hash.update(chunk);
      yield chunk;
      if (part % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
    }
  };
  const entries: MadeEntry[] = [
    { path: "content", content },
    ...Array.from({ length: 200 }, (_, n) => ({ path: `d/${n}`, content: Buffer.from(`${n}`) })),
  ];
  try {
    const options = { encryption: { passphrase: PASSPHRASE }, volumeBytes: 200_000, hostname: "ten", signal: stop.signal };
    const { outcome } = await target.backupEntries(entries, options);
    digests[number] = hash.digest("hex");
    return outcome;
  } catch (error) {
    return isDoppelError(error, "run.aborted") ? "aborted" : String(error);
  }
}

/** Reads one back; a tenth, that there is none of, is made before. */
async function one(number: number): Promise<void> {
  const target = await openTarget(`file://${folder}/target-${number}`, {
    tempDir: `${folder}/tmp`,
    keys: keysFromPassphrase(PASSPHRASE),
  });
  if (number === 10)
    await target.backupEntries([{ path: "content", content: Buffer.from("x") }], { encryption: { passphrase: PASSPHRASE } });
  const hash = createHash("sha256");
  for await (const chunk of target.read("content", { signal: common })) hash.update(chunk);
  await Promise.all(["d", "content", undefined].map((path) => target.stat(path ?? "", { signal: common })));
  await target.restore(`${folder}/restored-${number}`, { signal: common });
  await target.close();
  if (number < 10) read[number] = hash.digest("hex");
}

function descriptors(): readonly string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      return [`${fd} ${readlinkSync(`/proc/self/fd/${fd}`)}`];
    } catch {
      return []; // that of the listing
    }
  });
}
