import { randomUUID } from "node:crypto";
import { describeInterop } from "@doppel/testkit";
import { expect, it } from "vitest";
import { DuplyPlace, NO_DIFFERENCES, PROGRAM } from "../src/duply.ts";
import { describeS3Servers } from "../src/s3-place.ts";

/** S31: a target in a bucket, as a profile names it that was made for duplicity's own S3 drivers. */
describeInterop(["duply", "gpg", "bash"], "duply with a target on S3", () => {
  describeS3Servers("from the first backup to purgeFull", (site) => {
    it.each(PROGRAM === "stock" ? ["boto3+s3://"] : ["boto3+s3://", "s3:///"])("%s", async (scheme) => {
      await using place = await DuplyPlace.open();
      const { endpoint, region, admin } = site();
      place.configure({ TARGET: `${scheme}${await site().makeBucket()}/${randomUUID()}` }, [
        `export AWS_ACCESS_KEY_ID='${admin.accessKeyId}'`,
        `export AWS_SECRET_ACCESS_KEY='${admin.secretAccessKey}'`,
        `DUPL_PARAMS="$DUPL_PARAMS --s3-endpoint-url ${endpoint} --s3-region-name ${region}"`,
      ]);
      await place.backup("backup");
      place.write("a.txt", "two\n");
      await place.backup("incr");
      place.write("a.txt", "three\n");
      const last = await place.backup("full");
      expect(await place.done("status")).toMatch(/Number of contained backup sets: 2[^]*Number of contained backup sets: 1/);
      expect(await place.done("list")).toContain(" sub/b\n");
      expect(await place.done("verify", "--compare-data")).toMatch(NO_DIFFERENCES);
      await place.done("restore", place.path("out"));
      place.expectTree("out", last);
      expect(await place.done("purgeFull", "1")).toContain("--force");
      await place.done("purgeFull", "1", "--force");
      expect(await place.done("status")).toMatch(/Found 0 secondary backup chain/);
    });
  });
});
