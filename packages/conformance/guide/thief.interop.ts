import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import {
  asStored,
  compareTrees,
  describeInterop,
  describeRealS3,
  gpgHome,
  isRoot,
  openTempDir,
  randomContent,
  reference,
  run,
  type S3Credentials,
  type S3Site,
  scanTree,
  sendRaw,
  stockDuplicity,
  testKey,
} from "@doppel/testkit";
import { expect, it } from "vitest";
import { BucketPlace } from "../src/bucket-place.ts";
import { type Examined, examined } from "../src/examined.ts";
import { cleanEnv, doppel } from "../src/program.ts";
import { mustBeDone, s3Server, said } from "../src/s3-place.ts";

const KEY = testKey("rsa");
const THIEF = fileURLToPath(new URL("thief.py", import.meta.url));
const DOCS = fileURLToPath(new URL("../../../docs/emergency.md", import.meta.url));
const OVERWRITING = ["overwrite", "overwrite-in-parts"];
const NEIGHBOURS = ["list-a-neighbour", "read-a-neighbour"];

/** What somebody with these credentials gets done who knows Amazon's library and not doppel. */
async function robbed(
  { endpoint, region }: Pick<S3Site, "endpoint" | "region">,
  { accessKeyId, secretAccessKey }: S3Credentials,
  target: { readonly bucket: string; readonly prefix: string; readonly neighbour: string },
): Promise<{ readonly reads: Buffer; readonly succeeded: readonly string[]; readonly attempts: number }> {
  const code = `import sys, runpy, boto3; boto3.setup_default_session(region_name="${region}"); client = boto3.client
boto3.client = lambda service, **more: client(service, endpoint_url="${endpoint}", **more)
sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name="__main__")`;
  const env = cleanEnv({
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EC2_METADATA_DISABLED: "true",
  });
  const args = ["-c", code, THIEF, target.bucket, target.prefix, target.neighbour];
  const { stdout } = mustBeDone(said(await run(reference("python:boto3")!.path, args, { env })));
  const { reads, ...results } = JSON.parse(stdout) as Readonly<Record<string, string>>;
  const succeeded = Object.entries(results).flatMap(([name, result]) => (result === "succeeded" ? [name] : []));
  return { reads: Buffer.from(reads!, "hex"), succeeded, attempts: Object.keys(results).length };
}

/** A backup under a public key, made with the writer's credentials; and a neighbour in the same bucket. */
async function victim(site: S3Site, options: readonly string[]) {
  const place = await BucketPlace.open(site, "web1");
  const neighbour = await BucketPlace.open(site, "web2", place.bucket);
  await place.setUp("--expire-days", "90", ...options);
  await neighbour.setUp("--expire-days", "90", ...options);
  await neighbour.backup(randomContent("neighbour", 1000));
  const [neighbours] = await neighbour.keys();
  neighbour[Symbol.dispose]();
  mkdirSync(`${place.source}/etc`);
  writeFileSync(`${place.source}/etc/passwd`, "root:x:0:0\n".repeat(100));
  writeFileSync(`${place.source}/mail`, randomContent("mail", 200_000));
  mustBeDone(await place.doppel("writer", "full", "--encrypt-key", KEY.publicFile, place.source, place.url));
  return {
    place,
    target: { bucket: place.bucket, prefix: "web1/", neighbour: neighbours! },
    tree: asStored(scanTree(place.source)),
  };
}

/** What the doctor on the server says of its credentials. */
async function toldOf(place: BucketPlace) {
  return harmIn(examined(await place.doppel("writer", "doctor", "--json", "--encrypt-key", KEY.publicFile, place.url)));
}

/** What can be done to backups, or may be: the names of the doctor's checks, and how grave it calls that. */
function harmIn({ findings }: Examined) {
  const harm = findings.filter(
    ({ id, level, title }) =>
      id.startsWith("append-only:") && (level === "warn" || level === "fail" || / is possible\b/.test(title)),
  );
  return harm.map(({ id, level }) => [id.replace("append-only:", ""), level] as const);
}

/** The block of docs/emergency.md that brings back old versions, for this bucket and this time. */
function documented(bucket: string, before: Date): string {
  const [, section] = /\n## The bucket was tampered with\n([^]*)/.exec(readFileSync(DOCS, "utf8"))!;
  const [block] = /(?:^ {4}.*\n)+/m.exec(section!.replace(/^ {4}doppel .*\n/gm, ""))!;
  return block.replaceAll("BUCKET", bucket).replaceAll("2026-11-20T03:00:00", before.toISOString().replace(/\.\d+Z/, ""));
}

/** As the restorer, with Amazon's program, stock duplicity and gpg. @returns the folder */
async function restoreByTheDocs(place: BucketPlace, before: Date): Promise<string> {
  const folder = place.path("emergency");
  mkdirSync(folder);
  const env = cleanEnv({ ...place.env("restorer"), HOME: folder });
  mustBeDone(said(await run("sh", ["-e", "-c", documented(place.bucket, before)], { env, cwd: folder })));
  await using home = await gpgHome(["rsa"]);
  using stock = stockDuplicity(home);
  const args = ["restore", `file://${folder}/objects`, `${folder}/restored`];
  mustBeDone(said(await stock.run(args, { PASSPHRASE: KEY.passphrase })));
  return `${folder}/restored`;
}

async function restoreAsOf(place: BucketPlace, before: Date): Promise<string> {
  const out = place.path("as-of");
  const asOf = ["--secret-key", KEY.secretFile, "--as-of", before.toISOString().replace(/\.\d+/, "")];
  const env = { ...place.env("restorer"), PASSPHRASE: KEY.passphrase };
  mustBeDone(said(await doppel(["restore", ...asOf, place.url, out], { env })));
  return out;
}

/** Times of versions are whole seconds. */
const nextSecond = () => sleep(1_010 - (Date.now() % 1000));

describeInterop(["duplicity", "gpg", "python:boto3", "aws"], "a thief with a server's credentials and its public key", () => {
  describeRealS3("does what the doctor warned of, and no more", (site) => {
    it.each([
      ["versions are kept", "the documentation's commands and stock duplicity", ["--versioning"], 204, restoreByTheDocs],
      ["objects are locked", "doppel restore --as-of", ["--object-lock", "20"], 403, restoreAsOf],
    ] as const)("where %s, %s bring the backup back", async (_, __, options, deleted, restore) => {
      const { place, target, tree } = await victim(site(), options);
      using _place = place;
      // Possible, and survived: the doctor says so, and how.
      expect(await toldOf(place)).toEqual(OVERWRITING.map((name) => [name, "pass"]));
      await nextSecond();
      const before = new Date();
      await nextSecond();

      const loot = await robbed(site(), place.credentials("writer"), target);
      expect(loot.succeeded.toSorted()).toEqual(OVERWRITING);
      expect(loot.attempts).toBeGreaterThan(12);
      expect(loot.reads.includes("root:x:0:0")).toBe(false);
      expect((await place.restore("restorer")).outcome.code).not.toBe(0);

      // What a lock adds: not even the bucket's owner deletes a version in passing (here, one of the thief's).
      const [key] = await place.keys();
      const { text } = await place.raw("admin", { method: "GET", query: { versions: "", prefix: key! } });
      const query = { versionId: /<VersionId>([^<]*)/.exec(text)![1]! };
      expect(await place.raw("admin", { method: "DELETE", key: key!, query })).toMatchObject({ status: deleted });

      const restored = await restore(place, before);
      expect(compareTrees(tree, scanTree(restored), { ignoreOwner: !isRoot })).toEqual([]);
    });

    it("with neither, nothing is left, and the doctor had called that a failure", async () => {
      const { place, target } = await victim(site(), []);
      using _place = place;
      expect(await toldOf(place)).toEqual(OVERWRITING.map((name) => [name, "fail"]));
      expect((await robbed(site(), place.credentials("writer"), target)).succeeded.toSorted()).toEqual(OVERWRITING);
      for (const key of await place.keys()) {
        if (/duplicity/.test(key))
          expect((await place.raw("admin", { method: "GET", key })).text).toMatch(/^(your files are mine)?/);
      }
      expect((await place.restore("restorer")).outcome.code).not.toBe(0);
    });
  });

  const server = s3Server({ quirks: { requiresIfNoneMatch: true } });

  it("where the policy is create-only (AWS's condition, in the server of the tests), nothing is written over", async () => {
    using dir = openTempDir();
    const { endpoint, region, bucket, append, admin } = server();
    const source = `${dir.path}/source`;
    mkdirSync(source);
    writeFileSync(`${source}/mail`, randomContent("mail", 200_000));
    const env = {
      AWS_ACCESS_KEY_ID: append.accessKeyId,
      AWS_SECRET_ACCESS_KEY: append.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
    };
    const where = ["--s3-endpoint-url", endpoint, "--s3-region-name", region, "--archive-dir", `${dir.path}/archive`];
    const url = `s3://${bucket}/web1`;
    mustBeDone(said(await doppel(["full", ...where, "--encrypt-key", KEY.publicFile, source, url], { env })));
    const doctor = examined(await doppel(["doctor", "--json", ...where, "--encrypt-key", KEY.publicFile, url], { env }));
    // That server's policy is one for the whole bucket: neighbours can be read, as they can be told apart by prefix only.
    expect(harmIn(doctor)).toEqual(NEIGHBOURS.map((name) => [name, "warn"]));
    const neighbour = "web2/object";
    expect(await sendRaw(server(), admin, { method: "PUT", bucket, key: neighbour, body: "theirs" })).toMatchObject({
      status: 200,
    });
    expect((await robbed(server(), append, { bucket, prefix: "web1/", neighbour })).succeeded).toEqual(NEIGHBOURS);
    const secret = { ...env, PASSPHRASE: KEY.passphrase };
    const out = `${dir.path}/out`;
    mustBeDone(said(await doppel(["restore", ...where, "--secret-key", KEY.secretFile, url, out], { env: secret })));
    expect(compareTrees(asStored(scanTree(source)), scanTree(out), { ignoreOwner: !isRoot })).toEqual([]);
  });
});
