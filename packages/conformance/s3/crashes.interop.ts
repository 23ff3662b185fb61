import { randomContent } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { describeS3Servers, S3Place, s3Server } from "../src/s3-place.ts";

const MIB = 2 ** 20;
const VOLUMES = ["--volsize", "6", "--s3-multipart-chunk-size", "5"];
/** After so many requests of a backup it is killed: between opening and the index, in parts and between them. */
const MOMENTS = Number(process.env["DOPPEL_CRASHES"] ?? 5);

describeS3Servers("backups that are killed", (site) => {
  it(`leave what was there as it was, and the next one goes on (${MOMENTS} crashes)`, async () => {
    await using place = await S3Place.open(site());
    place.write("file", randomContent("first", 14 * MIB));
    await place.mustBackup("full", VOLUMES);
    for (let crash = 0; crash < MOMENTS; crash++) {
      // Half of it changes, so that an increment has volumes in parts, too.
      place.write(`more/${crash}`, randomContent(`${crash}`, 7 * MIB));
      const kind = crash % 2 === 0 ? ["--full-if-older-than", "1s"] : [];
      await place.crash(1 + Math.floor(Math.random() * 24), [...kind, ...VOLUMES]);
      if (crash % 2 === 1 || crash === MOMENTS - 1) await place.mustBackup("backup", VOLUMES);
    }
    await place.expectAllPoints();
    await place.expectCreateOnly();
    const { stdout } = await place.done(["status", place.url]);
    expect(stdout).not.toMatch(/missing|damaged/i);
  });
});

describe("a backup that is stopped by a signal", () => {
  const server = s3Server();

  it("ends its upload before it ends: nothing is left that has to be paid for", async () => {
    await using place = await S3Place.open(server());
    place.write("file", randomContent("first", 20 * MIB));
    // Parts that never end, so that one is surely on its way.
    place.site.fault({ operation: "UploadPart", nth: 2, times: 1e6, effect: { kind: "stall", at: "request", after: 1000 } });
    const parts = (): number => place.requests.filter(({ operation }) => operation === "UploadPart").length;
    const { code, stderr } = await place.stopped(place.backupArgs("full", VOLUMES), "SIGINT", () => parts() >= 2);
    expect(code).toBe(130);
    expect(stderr).toMatch(/^doppel: stopped by SIGINT: [^\n]*\n$/);
    expect(server().pendingUploads(place.site.bucket)).toEqual([]);
    expect(place.requests.filter(({ operation }) => operation === "AbortMultipartUpload").length).toBeGreaterThan(0);
  });
});

describe("a backup that is killed in the middle of an upload", () => {
  const server = s3Server();

  it("leaves an upload that cleanup tells of, and aborts when told that no backup is running", async () => {
    await using place = await S3Place.open(server());
    place.write("file", randomContent("first", 20 * MIB));
    place.site.fault({ operation: "UploadPart", nth: 2, times: 1e6, effect: { kind: "stall", at: "request", after: 1000 } });
    const parts = (): number => place.requests.filter(({ operation }) => operation === "UploadPart").length;
    await place.stopped(place.backupArgs("full", VOLUMES), "SIGKILL", () => parts() >= 2);
    const left = () => server().pendingUploads(place.site.bucket).length;
    expect(left()).toBeGreaterThan(0);
    for (const command of [["cleanup"], ["cleanup", "--force"]]) {
      const { stdout } = await place.done([...command, place.url], { as: "admin" });
      expect(stdout).toMatch(/unfinished upload of duplicity-full\.[^]*less than a day ago, and perhaps under way/);
    }
    expect(left()).toBeGreaterThan(0);
    const { stdout } = await place.done(["cleanup", "--force", "--even-recent", place.url], { as: "admin" });
    expect(stdout).toMatch(/Deleted:[^]*unfinished upload of duplicity-full\./);
    expect(left()).toBe(0);
  });
});
