import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeInterop, describeRealS3, randomContent, stockDuplicity } from "@doppel/testkit";
import { expect, it } from "vitest";
import { BucketPlace, ROLES } from "../src/bucket-place.ts";
import { expectOneLine, mustBeDone, said } from "../src/s3-place.ts";

const MIB = 2 ** 20;

describeRealS3("the roles that setup bucket makes", (site) => {
  it("writer: backs up, in parts too, and reads; deletes nothing and sees no neighbour", async () => {
    using place = await BucketPlace.open(site());
    using neighbour = await BucketPlace.open(site(), "web-2", place.bucket);
    await place.setUp("--versioning");
    await neighbour.setUp("--versioning");
    await neighbour.backup(randomContent("neighbour", 100));
    const tree = await place.backup(randomContent("large", 18 * MIB));
    await place.expectRestored(tree, "writer");
    mustBeDone(await place.doppel("writer", "status", place.url));
    await place.backup(randomContent("second", 100));
    const remove = ["remove-all-but-n-full", "--force", "1", place.url] as const;
    expectOneLine(await place.doppel("writer", ...remove), 51, /the credentials need s3:DeleteObject here/);
    expect((await place.doppel("writer", "status", neighbour.url)).code).toBe(51);
    const [key] = await neighbour.keys();
    for (const method of ["GET", "PUT", "DELETE"]) {
      expect(await place.raw("writer", { method, key: key! }), method).toMatchObject({ status: 403 });
    }
    expect(await place.raw("writer", { method: "GET", query: { "list-type": "2" } })).toMatchObject({ status: 403 });

    // The keeper may what the writer may not; the others may neither.
    const [own] = await place.keys();
    for (const role of ["monitor", "restorer", "keeper"] as const) {
      mustBeDone(await place.doppel(role, "status", place.url));
      expect(await place.raw(role, { method: "PUT", key: own! }), role).toMatchObject({ status: 403 });
      if (role === "keeper") continue;
      expect(await place.raw(role, { method: "DELETE", key: own! }), role).toMatchObject({ status: 403 });
    }
    mustBeDone(await place.doppel("keeper", ...remove));
  });

  it("monitor: sees lifecycle, versioning and lock; nobody but the owner changes them or the policy", async () => {
    using place = await BucketPlace.open(site());
    await place.setUp("--expire-days", "90", "--object-lock", "20");
    for (const query of [{ lifecycle: "" }, { versioning: "" }, { "object-lock": "" }]) {
      expect(await place.raw("monitor", { method: "GET", query })).toMatchObject({ status: 200 });
      expect(await place.raw("writer", { method: "GET", query })).toMatchObject({ status: 403 });
    }
    const body = "<VersioningConfiguration><Status>Suspended</Status></VersioningConfiguration>";
    for (const role of ROLES) {
      expect(await place.raw(role, { method: "PUT", query: { versioning: "" }, body })).toMatchObject({ status: 403 });
      expect(await place.raw(role, { method: "DELETE", query: { lifecycle: "" } })).toMatchObject({ status: 403 });
      expect(await place.raw(role, { method: "DELETE", query: { policy: "" } })).toMatchObject({ status: 403 });
    }
  });

  it.each([
    ["versioning", ["--versioning"]],
    ["Object Lock", ["--object-lock", "20"]],
  ] as const)("a thief who writes over everything has gained nothing where there is %s", async (_, options) => {
    using place = await BucketPlace.open(site());
    await place.setUp("--expire-days", "90", ...options);
    const tree = await place.backup(randomContent("file", MIB));
    await nextSecond();
    const before = new Date().toISOString().replace(/\.\d+/, "");
    await nextSecond();
    const keys = await place.keys();
    expect(keys.length).toBeGreaterThanOrEqual(3);
    for (const key of keys) {
      const versions = await place.raw("writer", { method: "GET", query: { versions: "", prefix: `${place.server}/` } });
      expect(versions).toMatchObject({ status: 403 });
      expect(await place.raw("writer", { method: "DELETE", key })).toMatchObject({ status: 403 });
      expect(await place.raw("writer", { method: "PUT", key, body: "your files are mine" })).toMatchObject({ status: 200 });
    }
    expect((await place.restore("restorer")).outcome.code).toBe(21);
    await place.expectRestored(tree, "restorer", "--as-of", before);
    const { outcome } = await place.restore("writer", "--as-of", before);
    expectOneLine(outcome, 51, /the credentials need s3:ListBucketVersions here/);
  });

  it("without versions the same attack destroys the backups, which setup bucket has warned of", async () => {
    using place = await BucketPlace.open(site());
    const { stdout } = await place.setUp("--expire-days", "90");
    expect(stdout).toMatch(/Warning: whoever steals the writer's credentials can write over every backup/);
    await place.backup(randomContent("file", 1000));
    for (const key of await place.keys()) {
      expect(await place.raw("writer", { method: "PUT", key, body: "your files are mine" })).toMatchObject({ status: 200 });
    }
    expect((await place.restore("restorer")).outcome.code).not.toBe(0);
  });
});

describeInterop(["duplicity", "python:boto3"], "stock duplicity with the roles that setup bucket makes", () => {
  describeRealS3("in an emergency", (site) => {
    it("restores as the restorer, with nothing said about it when the bucket was set up", async () => {
      using place = await BucketPlace.open(site());
      using neighbour = await BucketPlace.open(site(), "web-2", place.bucket);
      using stock = stockDuplicity();
      await place.setUp();
      await neighbour.setUp();
      const content = randomContent("file", 1000);
      await neighbour.backup(content);
      await place.backup(content);
      const args = ["restore", "--file-to-restore", "file", `boto3+${place.url}`, place.path("file"), "--no-encryption"];
      mustBeDone(said(await stock.run([...args, ...place.where], place.env("restorer"))));
      expect(readFileSync(place.path("file")).equals(content)).toBe(true);
      // Names of others it sees; what is in them it does not.
      const [key] = await neighbour.keys();
      expect(await place.raw("restorer", { method: "GET", query: { "list-type": "2" } })).toMatchObject({ status: 200 });
      expect(await place.raw("restorer", { method: "GET", key: key! })).toMatchObject({ status: 403 });
    });

    it("backs up as the writer, tells of it as the monitor, restores as the restorer", async () => {
      using place = await BucketPlace.open(site());
      using stock = stockDuplicity();
      await place.setUp("--versioning", "--list-bucket");
      const url = `boto3+${place.url}`;
      const content = randomContent("file", 100_000);
      writeFileSync(join(place.source, "file"), content);
      const duplicity = async (as: (typeof ROLES)[number], ...args: readonly string[]): Promise<string> =>
        mustBeDone(said(await stock.run([...args, "--no-encryption", ...place.where], place.env(as)))).stdout;
      await duplicity("writer", "full", place.source, url);
      expect(await duplicity("monitor", "collection-status", url)).toMatch(/Number of contained backup sets: 1/);
      await duplicity("restorer", "restore", "--file-to-restore", "file", url, place.path("file"));
      expect(readFileSync(place.path("file")).equals(content)).toBe(true);
    });
  });
});

/** Times of versions are whole seconds. */
function nextSecond(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1_010 - (Date.now() % 1000)));
}
