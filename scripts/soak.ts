/**
 * `npm run soak [-- --cycles 200 --seed N --target local|s3|gateway|both|all --seal ... --json FILE --keep --no-stock]`: so many
 * nights of edits, backups, retention, kills and faults at a folder and at an S3 server, and what is kept restored and compared.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import {
  bucketPlace,
  folderPlace,
  openStock,
  resultLine,
  type SealName,
  SEALS,
  soak,
  type SoakReport,
  tableOf,
} from "@doppel/conformance";
import { removeTree, siteFromEnv } from "@doppel/testkit";
import { startGateway, stopGateway } from "./s3/gateway.ts";

const values = readOptions();
const TARGETS: Readonly<Record<string, readonly string[]>> = {
  local: ["local"],
  s3: ["s3"],
  gateway: ["gateway"],
  both: ["local", "s3"],
  all: ["local", "s3", "gateway"],
};
/** Unless another one is named. */
const USUAL_SEALS: Readonly<Record<string, SealName>> = { local: "public key", s3: "passphrase", gateway: "none" };

const [cycles, seed] = [Number(values.cycles), Number(values.seed ?? Math.floor(Date.now() / 1000))];
const targets = TARGETS[values.target];
if (!Number.isInteger(cycles) || cycles < 1 || !Number.isInteger(seed)) fail("--cycles and --seed are whole numbers");
if (targets === undefined) fail(`--target is one of ${Object.keys(TARGETS).join(", ")}`);
if (values.seal !== undefined && !(values.seal in SEALS)) fail(`--seal is one of ${Object.keys(SEALS).join(", ")}`);

const work = mkdtempSync(join(tmpdir(), "doppel-soak-"));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));
process.on("exit", () => {
  if (!values.keep) removeTree(work); // names in it are not all UTF-8
});
console.log(`soak: seed ${seed}, ${cycles} cycles at ${targets.join(" and ")}`);
const reports = await Promise.all(targets.map(soakAt));
const failures = reports.flatMap(({ failure }) => failure ?? []);
console.log(`\n${tableOf(reports)}\n`);
for (const failure of failures) console.log(`FAILED: ${failure}\n`);
if (values.keep) console.log(`all of it is kept in ${work}`);
const result = resultLine(reports, new Date().toISOString().slice(0, 10));
console.log(result);
if (values.json !== undefined) writeFileSync(values.json, `${JSON.stringify({ result, seed, cycles, reports }, null, 2)}\n`);
process.exit(failures.length === 0 ? 0 : 1);

async function soakAt(target: string): Promise<SoakReport> {
  const dir = join(work, target);
  mkdirSync(dir);
  const seal = (values.seal ?? USUAL_SEALS[target]) as SealName;
  const gateway = target === "gateway" && process.env["S3_ENDPOINT"] === undefined ? await startGateway("ours") : undefined;
  try {
    const real = target === "gateway" ? siteFromEnv(gateway?.env ?? process.env) : undefined;
    await using place = target === "local" ? folderPlace(dir) : await bucketPlace(real);
    await using stock = values["no-stock"] ? undefined : await openStock(place, seal);
    return await soak({ cycles, seed, dir, place, seal, stock: stock ?? undefined, say: (line) => console.log(line) });
  } finally {
    if (gateway) await stopGateway(gateway);
  }
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        cycles: { type: "string", default: "200" },
        seed: { type: "string" },
        target: { type: "string", default: "both" },
        seal: { type: "string" },
        json: { type: "string" },
        keep: { type: "boolean", default: false },
        "no-stock": { type: "boolean", default: false },
      },
    }).values;
  } catch (error) {
    return fail((error as Error).message);
  }
}

function fail(message: string): never {
  console.error(`soak: ${message}`);
  process.exit(2);
}
