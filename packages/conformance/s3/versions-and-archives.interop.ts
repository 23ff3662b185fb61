import { randomContent, sendRaw } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { describeS3Servers, expectOneLine, mustBeDone, S3Place, s3Server } from "../src/s3-place.ts";

const MIB = 2 ** 20;

/** Times of versions are whole seconds. */
const nextSecond = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1_010 - (Date.now() % 1000)));

describeS3Servers("a versioned bucket after an attack by overwriting", (site) => {
  it("is read as it was by --as-of, in full, with credentials that may read versions", async () => {
    await using place = await S3Place.open(site());
    place.write("file", randomContent("file", MIB));
    await place.mustBackup("full");
    place.write("file", randomContent("other", MIB));
    await place.mustBackup("incremental");
    await nextSecond();
    const before = new Date().toISOString().replace(/\.\d+/, "");
    await nextSecond();
    // Whoever has the machine's credentials can do no more than this.
    const { bucket, append } = place.site;
    for (const key of await place.versions()) {
      const { status } = await sendRaw(place.site, append, { method: "PUT", bucket, key, body: "your files are mine" });
      expect(status).toBe(200);
    }

    const none = { archive: place.path("none") };
    const restore = ["restore", "--no-encryption", place.url, place.path("overwritten")];
    expect((await place.doppel(restore, none)).code).toBe(21);
    for (const point of [0, 1]) await place.expectPoint(point, ["--as-of", before], "admin");
    const status = await place.done(["status", "--as-of", before, place.url], { as: "admin" });
    expect(status.stdout).toContain("2 complete backups");
    expectOneLine(
      await place.doppel([...restore, "--as-of", before], none),
      51,
      /denied; the credentials need s3:ListBucketVersions here/,
    );
  });
});

describe("archived objects", () => {
  const server = s3Server({
    appendActions: ["s3:GetObject", "s3:ListBucket", "s3:PutObject", "s3:RestoreObject", "s3:ListBucketMultipartUploads"],
  });

  it("volumes go to the archive and the rest stays at hand; status tells, restore names them, --thaw asks, the next run goes on", async () => {
    await using place = await S3Place.open(server(), server().bucket);
    place.write("large", randomContent("large", 3 * MIB));
    await place.mustBackup("full", ["--s3-use-glacier", "--volsize", "2"]);
    const classes = place.requests
      .filter(({ operation }) => operation === "PutObject")
      .map(({ key, headers }) => [/\.vol\d/.test(key), headers["x-amz-storage-class"]]);
    expect(classes).toContainEqual([true, "GLACIER"]);
    for (const [isVolume, storageClass] of classes) expect(storageClass).toBe(isVolume ? "GLACIER" : undefined);

    expect((await place.done(["status", place.url])).stdout).toMatch(/Archived: 2 objects in GLACIER/);
    mustBeDone(await place.doppel(["list", "--no-encryption", place.url]));
    const none = { archive: place.path("none") };
    const restore = ["restore", "--no-encryption", place.url, place.path("archived")];
    expectOneLine(
      await place.doppel(restore, none),
      50,
      /2 objects in GLACIER, 3\.\d MB \(.*vol1.*vol2.*\) cannot be read before thawing; --thaw standard .* asks for copies/,
    );
    expect(place.requests.some(({ operation }) => operation === "RestoreObject")).toBe(false);

    // Waits are of five minutes: this run is stopped in the first, and what it asked for is there when the next one comes.
    const asked = await place.stopped(
      [...restore, "--thaw", "bulk"],
      "SIGINT",
      (stderr) => stderr.includes("copies are asked for"),
      none.archive,
    );
    expect(asked).toMatchObject({ code: 130, stderr: expect.stringMatching(/must be thawed first: copies are asked for/) });
    expectOneLine(await place.doppel(restore, none), 50, /2 of them are being thawed; wait, or give --thaw standard/);
    const volumes = server()
      .keys(place.prefix)
      .filter((key) => /\.vol\d/.test(key));
    for (const key of volumes) server().thaw(key);
    await place.expectPoint(0);
    expect(place.requests.filter(({ operation }) => operation === "RestoreObject")).toHaveLength(2);
  });
});
