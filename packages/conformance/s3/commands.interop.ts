import { rmSync } from "node:fs";
import { join } from "node:path";
import { randomContent, textContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { describeS3Servers, S3Place } from "../src/s3-place.ts";

const MIB = 2 ** 20;
/** A volume of 6 MB goes up in two parts. */
const VOLUMES = ["--volsize", "6", "--s3-multipart-chunk-size", "5"];

/** A chain of a full set and two increments, the first with a volume in parts. */
async function chain(place: S3Place): Promise<void> {
  place.write("large", randomContent("large", 8 * MIB));
  place.write("folder/text", textContent("text", 300_000));
  place.write("gone", "soon");
  await place.mustBackup("full", VOLUMES);
  place.write("folder/text", textContent("other", 310_000));
  rmSync(join(place.source, "gone"));
  await place.mustBackup("incremental", VOLUMES);
  place.write("new", randomContent("new", 1000));
  await place.mustBackup("backup", VOLUMES);
}

describeS3Servers("every command, as the user who may only create", (site) => {
  it("backs up, restores, verifies, and tells of it; nothing is deleted or written over", async () => {
    await using place = await S3Place.open(site());
    await chain(place);
    expect(place.requests.some(({ operation }) => operation === "CompleteMultipartUpload")).toBe(true);
    const writes = place.requests.length;
    await place.expectAllPoints();

    const none = { archive: place.path("none") };
    const plain = ["--no-encryption"];
    const out = place.path("one");
    await place.done(["restore", ...plain, "--path-to-restore", "folder/text", place.url, out], none);
    await place.done(["verify", ...plain, "--compare-data", place.url, place.source], none);
    expect((await place.done(["status", place.url], none)).stdout).toMatch(/3 backup sets|full[^]*inc[^]*inc/i);
    expect((await place.done(["list", ...plain, place.url], none)).stdout).toMatch(/folder\/text\n[^]*large\n[^]*new\n/);
    expect((await place.done(["list", ...plain, "-t", place.timeOf(0), place.url], none)).stdout).toMatch(/ gone\n/);
    expect((await place.done(["find", ...plain, "gone", place.url], none)).stdout).toMatch(/gone/);
    const diff = await place.done(["diff", ...plain, place.url, place.timeOf(0), place.timeOf(2)], none);
    expect(diff.stdout).toMatch(/folder\/text[^]*gone[^]*new/);
    const recipe = await place.doppel(["recipe", ...plain, "-t", place.timeOf(0), place.url], none);
    expect(recipe).toMatchObject({ code: 0, stdout: expect.stringContaining("duplicity-full.") });

    const reads = place.requests.slice(writes).map(({ operation }) => operation);
    expect(new Set(reads)).toEqual(new Set(["HeadBucket", "ListObjectsV2", "GetObject"]));
    await place.expectCreateOnly();
  });

  it("reads one path by the set's index: parts of volumes, not the whole", async () => {
    await using place = await S3Place.open(site());
    place.write("a-large", randomContent("large", 8 * MIB));
    place.write("b-small", "just this");
    await place.mustBackup("full");
    const before = place.requests.length;
    const out = place.path("one");
    await place.done(["restore", "--no-encryption", "--path-to-restore", "b-small", place.url, out], {
      archive: place.path("none"),
    });
    const volumes = place.requests
      .slice(before)
      .filter(({ key, operation }) => operation === "GetObject" && key.includes(".vol1."));
    expect(volumes.length).toBeGreaterThan(0);
    for (const { headers } of volumes) expect(headers["range"]).toMatch(/^bytes=\d+-\d+$/);
    const bytes = volumes.map(({ headers }) => /(\d+)-(\d+)/.exec(headers["range"]!)!.slice(1).map(Number) as [number, number]);
    expect(bytes.reduce((sum, [from, to]) => sum + to - from, 0)).toBeLessThan(MIB);
  });

  it("replicates from a folder to the bucket and from the bucket to a folder, byte for byte", async () => {
    await using place = await S3Place.open(site());
    await chain(place);
    const folder = `file://${place.path("copy")}`;
    await place.done(["replicate", "--no-encryption", place.url, folder]);
    const second = place.url.replace(/\/$/, "-again/");
    await place.done(["replicate", "--no-encryption", folder, second]);
    const again = await place.done(["replicate", "--no-encryption", folder, second]);
    expect(again.stdout).toMatch(/0 backups copied, 3 already there/);
    for (const url of [folder, second]) {
      const out = place.path("back");
      rmSync(out, { recursive: true, force: true });
      await place.done(["restore", "--no-encryption", url, out], { archive: place.path("none") });
      place.expectTree(2, out);
    }
    await place.expectCreateOnly();
  });
});
