/**
 * `npm run demo [-- --s3] [FOLDER]`: the whole product in one go, on a throw-away key and a temporary target: back up a real
 * folder encrypted, show what is there, restore it, compare everything, and restore it once more with gpg and tar alone.
 * With `--s3` the target is a bucket, and the credentials are those of a machine that may only add to it.
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { asStored, compareTrees, type S3Request, scanTree, type TreeEntry } from "@doppel/testkit";
import { generateKey } from "openpgp";
import { type DemoTarget, openDemoTarget } from "./s3/demo-target.ts";

const ROOT = join(import.meta.dirname, "..");
const DOPPEL = join(ROOT, "node_modules/.bin/doppel");
const { values, positionals } = parseArgs({ options: { s3: { type: "boolean", default: false } }, allowPositionals: true });
const named = resolve(positionals[0] ?? ROOT);
const source = statSync(named, { throwIfNoEntry: false }) ? realpathSync(named) : named; // a link to a folder means the folder
const work = mkdtempSync(join(tmpdir(), "doppel-demo-"));
const at = (name: string): string => join(work, name);
const env: NodeJS.ProcessEnv = { ...process.env, XDG_CACHE_HOME: at("cache"), GNUPGHOME: at("gnupg") };
delete env["PASSPHRASE"];
let target = at("target");
const summary: string[] = [];
let failed = false;

process.on("exit", cleanUp);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(130));

try {
  checkSource();
  if (values.s3) await mainOnS3();
  else await main();
} catch (error) {
  failed = true;
  console.error(`demo: ${(error as Error).message}`);
}
console.log(`\n${failed ? "The demo FAILED." : "The demo is complete."}`);
for (const line of summary) console.log(`  ${line}`);
process.exit(failed ? 1 : 0);

async function mainOnS3(): Promise<void> {
  step("An S3 bucket, and credentials that may add to it and read, and nothing else");
  await using bucket = await openDemoTarget();
  console.log(`  ${bucket.url} at ${bucket.server}`);
  target = bucket.url;
  Object.assign(env, bucket.env);
  await main(bucket);
  judge(bucket.requests);
}

/** Counts what the server was asked for, and that none of it could destroy anything. */
function judge(requests: readonly S3Request[]): void {
  const counts = new Map<string, number>();
  for (const { operation } of requests) counts.set(operation, (counts.get(operation) ?? 0) + 1);
  console.log(`\nrequests: ${[...counts].map(([operation, count]) => `${count} ${operation}`).join(", ")}`);
  const creating = requests.filter(({ operation }) => operation === "PutObject" || operation === "CompleteMultipartUpload");
  const overwriting = creating.filter(({ headers }) => headers["if-none-match"] !== "*");
  const deleting = requests.filter(({ method, operation }) => method === "DELETE" || operation === "DeleteObjects");
  const harmless = overwriting.length === 0 && deleting.length === 0;
  if (!harmless) failed = true;
  const fine = "every write asked that nothing be overwritten, and nothing asked to delete";
  summary.push(harmless ? fine : `${overwriting.length} writes COULD OVERWRITE, ${deleting.length} requests DELETE`);
}

async function main(bucket?: DemoTarget): Promise<void> {
  step("A throw-away key: the machine that is backed up has only the public half");
  const keys = await generateKey({
    type: "ecc",
    curve: "curve25519Legacy",
    userIDs: [{ name: "doppel demo" }],
    format: "armored",
  });
  writeFileSync(at("public.asc"), keys.publicKey);
  writeFileSync(at("secret.asc"), keys.privateKey, { mode: 0o600 });

  step(`Back up ${source}, encrypted to that key`);
  const before = scanTree(source);
  const backup = await doppel("full", "--encrypt-key", at("public.asc"), "--volsize", "50", source, target);
  if (backup.code !== 0 && backup.code !== 3) throw new Error(`the backup ended with exit code ${backup.code}`);
  const left = backup.code === 3 ? ", but something was left out or changed meanwhile: see above" : "";
  summary.push(`backed up in ${backup.seconds} s${left}`);
  const stored = asStored(unmoved(before, scanTree(source)));

  step("What is there now (no key needed)");
  await doppel("status", target);

  step("Restore it with the secret key");
  const restore = await doppel("restore", "--secret-key", at("secret.asc"), target, at("restored"));
  if (restore.code !== 0) throw new Error(`the restore ended with exit code ${restore.code}`);
  compare("doppel", stored, at("restored"), restore.seconds);

  step("Restore it again with gpg and tar alone");
  await restoreByRecipe(stored, bucket);
}

/** A person's argument: told before anything is made. Names that are not UTF-8 do not survive npm's command line. */
function checkSource(): void {
  if (statSync(source, { throwIfNoEntry: false })?.isDirectory()) return;
  throw new Error(`${source} is not a folder; name one whose name is valid UTF-8, or none for this repository`);
}

/** What was the same before and after the backup: somebody may be working in the folder, and only this can be expected back. */
function unmoved(before: readonly TreeEntry[], after: readonly TreeEntry[]): TreeEntry[] {
  const was = new Map(before.map((entry) => [entry.path, JSON.stringify(entry)]));
  const still = after.filter((entry) => was.get(entry.path) === JSON.stringify(entry));
  if (still.length < before.length)
    summary.push(`${before.length - still.length} entries changed during the backup and are not compared`);
  return still;
}

async function restoreByRecipe(stored: readonly TreeEntry[], bucket: DemoTarget | undefined): Promise<void> {
  const missing = ["gpg", "tar", "bash"].filter((program) => spawnSync(program, ["--version"], { stdio: "ignore" }).status !== 0);
  if (missing.length > 0) {
    console.log(`left out: ${missing.join(", ")} not installed here`);
    summary.push(`restore with gpg and tar alone: left out, ${missing.join(", ")} missing`);
    return;
  }
  mkdirSync(at("gnupg"));
  chmodSync(at("gnupg"), 0o700);
  const imported = spawnSync("gpg", ["--batch", "--import", at("secret.asc")], { env, encoding: "utf8" });
  if (imported.status !== 0) throw new Error(`gpg cannot import the key: ${imported.stderr}`);
  if (bucket !== undefined) await bucket.fetchInto(at("target"));
  const script = spawnSync(DOPPEL, ["recipe", at("target")], { env, encoding: "utf8", maxBuffer: 1 << 28 });
  writeFileSync(at("recipe.sh"), script.stdout);
  console.log(script.stdout.replace(/^(?=.)/gm, "    "));
  const began = performance.now();
  const run = spawnSync("bash", [at("recipe.sh"), at("by-hand"), at("target")], {
    env: { ...env, GPG: "gpg -q" },
    encoding: "utf8",
  });
  if (run.status !== 0) throw new Error(`the recipe failed: ${run.stderr}`);
  compare("gpg and tar", stored, at("by-hand"), seconds(began));
}

/** Every byte and attribute. */
function compare(by: string, stored: readonly TreeEntry[], restored: string, took: string): void {
  const expected = new Set(stored.map(({ path }) => path));
  const differences = compareTrees(
    stored,
    scanTree(restored).filter(({ path }) => expected.has(path)),
  );
  for (const line of differences.slice(0, 10)) console.log(`  ${line}`);
  const same = `restored by ${by} in ${took} s: every byte and attribute of ${stored.length} entries is the same`;
  if (differences.length > 0) failed = true;
  else console.log(same);
  summary.push(differences.length === 0 ? same : `restored by ${by}: ${differences.length} DIFFERENCES`);
}

/** Not by spawnSync: the server may be in this process. */
async function doppel(...args: string[]): Promise<{ readonly code: number | null; readonly seconds: string }> {
  console.log(`$ doppel ${args.map((arg) => arg.replace(`${work}/`, "")).join(" ")}`);
  const began = performance.now();
  const child = spawn(DOPPEL, args, { env, stdio: "inherit" });
  const [code] = (await once(child, "exit")) as [number | null];
  return { code, seconds: seconds(began) };
}

function seconds(since: number): string {
  return ((performance.now() - since) / 1000).toFixed(1);
}

function step(title: string): void {
  console.log(`\n== ${title}`);
}

function cleanUp(): void {
  spawnSync("gpgconf", ["--homedir", at("gnupg"), "--kill", "all"], { stdio: "ignore" });
  rmSync(work, { recursive: true, force: true });
}
