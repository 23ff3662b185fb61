import { expect, it } from "vitest";
import { describeS3Servers, expectOneLine, S3Place } from "../src/s3-place.ts";

describeS3Servers("commands that delete", (site) => {
  it("name the missing permission and change nothing; with the owner's credentials they work", async () => {
    await using place = await S3Place.open(site(), site().bucket);
    place.write("file", "one");
    await place.mustBackup("full");
    place.write("file", "two");
    await place.mustBackup("full");
    await place.crash(6, ["--full-if-older-than", "1s"]);

    const commands = [
      ["remove-all-but-n-full", "--force", "1", place.url],
      ["cleanup", "--force", "--even-recent", place.url],
    ] as const;
    const before = await place.done(["status", place.url]);
    expect(before.stdout).toMatch(/2 complete backups[^]*1 unfinished backup/);
    expectOneLine(
      await place.doppel(commands[0]),
      51,
      /^doppel: cannot delete .* denied; the credentials need s3:DeleteObject here.*Deleting stopped there: nothing is deleted/m,
    );
    expectOneLine(await place.doppel(commands[1]), 51, /the credentials need s3:DeleteObject here.*nothing is deleted; /);
    expect((await place.done(["status", place.url])).stdout).toBe(before.stdout);

    for (const command of commands) await place.done(command, { as: "admin" });
    expect((await place.done(["status", place.url])).stdout).toMatch(/1 complete backup,/);
    await place.expectPoint(1);
  });
});
