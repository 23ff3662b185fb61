import { describeRealS3, randomContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { BucketPlace, ROLES } from "../src/bucket-place.ts";
import { examined } from "../src/examined.ts";
import { doppel } from "../src/program.ts";

type Who = (typeof ROLES)[number] | "admin";

async function examine(place: BucketPlace, as: Who, ...args: readonly string[]) {
  return examined(await place.doppel(as, "doctor", "--json", "--no-encryption", ...args, place.url));
}

describeRealS3("doctor, for a bucket", (site) => {
  it("the writer's credentials destroy nothing where there are versions; the monitor's show the settings", {
    timeout: 120_000,
  }, async () => {
    using place = await BucketPlace.open(site());
    await place.setUp("--versioning", "--expire-days", "90");
    const tree = await place.backup(randomContent("doctor", 100_000));
    const before = await place.keys();
    const writer = await examine(place, "writer");
    expect(writer.titles("fail")).toEqual([]);
    for (const attempt of [
      "store",
      "read-back",
      "delete",
      "delete-a-version",
      "change-the-lifecycle",
      "change-the-policy",
      "change-versioning",
      "read-a-neighbour",
    ]) {
      expect(writer.one(`append-only:${attempt}`), attempt).toMatchObject({ level: "pass" });
    }
    expect(writer.one("append-only:overwrite")).toMatchObject({
      level: "pass",
      detail: expect.stringContaining("these credentials cannot see"),
    });
    for (const id of ["versioning", "lifecycle", "object-lock"]) expect(writer.one(id)).toMatchObject({ level: "skipped" });
    expect(writer.one("clock")).toMatchObject({ level: "pass" });
    expect(writer.one("last-backup")).toMatchObject({ level: "pass" });
    const after = await place.keys();
    expect(after.filter((key) => !/\/doppel-canary-[^/]*$/.test(key))).toEqual(before);
    await place.expectRestored(tree, "writer");

    const monitor = await examine(place, "monitor");
    expect(monitor.one("append-only:store")).toMatchObject({
      level: "warn",
      remedy: expect.stringContaining("right for a monitor"),
    });
    for (const id of ["versioning", "lifecycle:expiry", "lifecycle:versions", "lifecycle:uploads"]) {
      expect(monitor.one(id)).toMatchObject({ level: "pass" });
    }
    expect(monitor.one("lifecycle:expiry").title).toContain("89 nights");
    expect(monitor.titles("fail")).toEqual([]);
  });

  it("whatever full credentials could do is a failure with its remedy, and nothing of it is done to a backup", {
    timeout: 120_000,
  }, async () => {
    using place = await BucketPlace.open(site());
    await place.setUp("--expire-days", "6");
    const tree = await place.backup(randomContent("doctor", 100_000));
    const before = await place.keys();
    const admin = await examine(place, "admin");
    expect(admin.code).toBe(1);
    for (const attempt of [
      "delete",
      "overwrite",
      "overwrite-in-parts",
      "delete-a-version",
      "change-the-lifecycle",
      "change-the-policy",
      "change-versioning",
    ]) {
      expect(admin.one(`append-only:${attempt}`), attempt).toMatchObject({
        level: "fail",
        remedy: expect.stringContaining("doppel setup bucket"),
      });
    }
    expect(admin.one("versioning")).toMatchObject({ level: "warn" });
    expect(admin.one("lifecycle:expiry")).toMatchObject({ level: "warn", title: expect.stringContaining("5 nights") });
    expect(await place.keys()).toEqual(before);
    await place.expectRestored(tree, "writer");
    const writer = await examine(place, "writer");
    expect(writer.one("append-only:overwrite")).toMatchObject({
      level: "fail",
      remedy: expect.stringMatching(/--create-only.*--versioning/),
    });
    const left = await place.keys();
    const dry = await examine(place, "admin", "--dry-run");
    expect(dry.one("append-only")).toMatchObject({ level: "skipped" });
    expect(await place.keys()).toEqual(left);
  });

  it("says it of a bucket that is not there, and a clock that is off", { timeout: 60_000 }, async () => {
    using place = await BucketPlace.open(site());
    await place.setUp();
    const fresh = await examine(place, "writer");
    expect(fresh.one("last-backup")).toMatchObject({ level: "warn", title: expect.stringContaining("no ") });
    const hour = `${Math.floor(Date.now() / 1000) + 3600}`;
    expect((await examine(place, "writer", "--current-time", hour)).one("clock")).toMatchObject({
      level: "fail",
      title: expect.stringMatching(/(?:60|59) minutes ahead of the storage server's/),
    });
    using elsewhere = await BucketPlace.open(site());
    const gone = await examine(elsewhere, "admin");
    expect(gone.code).toBe(1);
    expect(gone.one("target")).toMatchObject({ level: "fail" });
    expect(gone.one("append-only")).toMatchObject({ level: "skipped" });
  });

  it("what keeps it from the target is one failure, and the rest is looked at", { timeout: 60_000 }, async () => {
    using place = await BucketPlace.open(site());
    await place.setUp();
    const at = async (env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]) =>
      examined(
        await doppel(["doctor", "--json", "--no-encryption", ...args, place.url], { env: { ...place.env("writer"), ...env } }),
      );
    const cases = [
      [await at({ AWS_SECRET_ACCESS_KEY: "wrong" }), /with these credentials$/, /check AWS_SECRET_ACCESS_KEY/],
      [await at({ AWS_ACCESS_KEY_ID: "NOBODY" }), /with these credentials$/, /check AWS_ACCESS_KEY_ID/],
      [await at({ AWS_ACCESS_KEY_ID: undefined }), /with these credentials$/, /set AWS_ACCESS_KEY_ID/],
      [await at({}, "--s3-endpoint-url", "http://127.0.0.1:1"), /cannot be opened$/, /nothing answers at 127\.0\.0\.1:1/],
    ] as const;
    for (const [found, title, detail] of cases) {
      expect(found.code).toBe(1);
      expect(found.titles("fail")).toHaveLength(1);
      expect(found.one("target")).toMatchObject({ title: expect.stringMatching(title), detail: expect.stringMatching(detail) });
      for (const id of ["append-only", "bucket", "last-backup"]) expect(found.one(id)).toMatchObject({ level: "skipped" });
      expect(found.one("temp-space")).toMatchObject({ level: "pass" });
    }
  });

  it("an admin's credentials pass a lock in governance mode, and the remedy does not say otherwise", {
    timeout: 60_000,
  }, async () => {
    using place = await BucketPlace.open(site());
    await place.setUp("--object-lock", "20");
    const writer = await examine(place, "writer");
    expect(writer.titles("fail")).toEqual([]);
    expect(writer.one("append-only:overwrite").remedy).toContain("doppel restore --as-of TIME");
    expect((await examine(place, "monitor")).one("object-lock")).toMatchObject({ level: "pass" });
    const admin = await examine(place, "admin");
    expect(admin.one("append-only:delete-a-version")).toMatchObject({
      level: "fail",
      detail: expect.stringContaining("past the retention in governance mode"),
      remedy: expect.stringContaining("may not bypass governance mode"),
    });
    expect(admin.one("append-only:overwrite")).toMatchObject({ level: "fail", detail: expect.stringContaining("deleted, too") });
  });
});
