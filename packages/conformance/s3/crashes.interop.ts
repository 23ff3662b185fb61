import { randomContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { describeS3Servers, S3Place } from "../src/s3-place.ts";

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
