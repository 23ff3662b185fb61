import { describeRealS3, randomContent } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { BucketPlace } from "../src/bucket-place.ts";
import { doppel } from "../src/program.ts";
import { expectOneLine, said } from "../src/s3-place.ts";

interface Shown {
  readonly kind: string;
  readonly roles: readonly { readonly role: string; readonly identity: { readonly Statement: readonly object[] } }[];
  readonly lifecycle: { readonly Rules: readonly object[] };
  readonly commands: readonly (readonly string[])[];
  readonly advice: readonly { readonly level: string; readonly code: string }[];
  readonly applied: readonly { readonly setting: string; readonly outcome: string; readonly detail: string }[] | null;
}

/** A rule that says what doppel's do not: tags, and another class. */
const FOREIGN_RULE =
  "<Rule><ID>logs</ID><Filter><And><Prefix>logs/</Prefix><Tag><Key>kind</Key><Value>access</Value></Tag></And></Filter><Status>Enabled</Status><Expiration><Days>400</Days></Expiration><Transition><Days>40</Days><StorageClass>STANDARD_IA</StorageClass></Transition></Rule>";

describe("setup bucket without --apply", () => {
  const show = async (...args: readonly string[]) => said(await doppel(["setup", "bucket", ...args]));

  it("needs neither network nor credentials, and prints documents and commands", async () => {
    const { code, stdout, stderr } = await show(
      "s3://acme-backups/web-1",
      "--expire-days",
      "90",
      "--versioning",
      "--create-only",
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    for (const role of ["writer", "monitor", "restorer", "keeper"]) {
      expect(stdout).toContain(
        `aws iam put-user-policy --user-name doppel-web-1-${role} --policy-name doppel --policy-document '{`,
      );
    }
    expect(stdout).toContain("aws s3api put-bucket-versioning --bucket acme-backups --versioning-configuration Status=Enabled");
    expect(stdout).toMatch(/This replaces ALL rules of the bucket/);

    const json = await show("--json", "--role", "writer", "s3://acme-backups/web-1", "--expire-days", "6", "--chain-days", "7");
    const data = JSON.parse(json.stdout) as Shown;
    expect(data.roles.map(({ role }) => role)).toEqual(["writer"]);
    expect(data.advice.map(({ code: why }) => why)).toEqual(["chain-expires", "no-versions", "stock"]);
    expect(data.applied).toBeNull();
    for (const command of data.commands) expect(command[0]).toBe("aws");
  });

  it("tells of command lines that cannot be meant", async () => {
    expectOneLine(await show("/backup/web-1"), 2, /\/backup\/web-1 is no S3 bucket, and only those have settings/);
    expectOneLine(
      await show("s3://b.example/acme/web-1"),
      23,
      /"b.example" may be a bucket or a server; say which: --s3-url-style/,
    );
    expectOneLine(await show("s3://acme/web*", "--role", "writer"), 23, /no policy can be limited to the prefix "web\*\/"/);
    expectOneLine(
      await show("s3://acme/web-1", "--principal", "boss=arn:aws:iam::1:user/x"),
      2,
      /must be ROLE=ARN, of the roles writer,/,
    );
    expectOneLine(await show("s3://acme/web-1", "--principal", "writer=joe"), 2, /needs an ARN such as/);
    const other = ["--s3-endpoint-url", "http://127.0.0.1:9", "--create-only"];
    expectOneLine(await show("s3://acme/web-1", ...other), 33, /--create-only needs AWS.*use --versioning or --object-lock/);
  });
});

describeRealS3("setup bucket --apply", (site) => {
  it("makes the bucket and all settings, reads them back, and finds nothing to do the next time", async () => {
    using place = await BucketPlace.open(site());
    const first = await place.setUp("--expire-days", "90", "--versioning");
    expect(first.stdout).toMatch(
      /bucket +changed +doppel-\w+ is made\n.*versioning +changed .*\n.*lifecycle +changed .*\n.*policy +changed/,
    );
    const again = JSON.parse((await place.setUp("--json", "--expire-days", "90", "--versioning")).stdout) as Shown;
    expect(again.applied!.map(({ setting, outcome }) => [setting, outcome])).toEqual([
      ["versioning", "already so"],
      ["lifecycle", "already so"],
      ["policy", "already so"],
    ]);
    const lifecycle = async () => (await place.raw("admin", { method: "GET", query: { lifecycle: "" } })).text;
    expect(await lifecycle()).toMatch(/<Prefix>web-1\/<\/Prefix>.*<Days>90<\/Days>/s);
    // Who changes the expiry need not say again that there are versions.
    const { stdout } = await place.setUp("--expire-days", "60");
    expect(stdout).not.toContain("Warning");
    expect(await lifecycle()).toMatch(/<NoncurrentDays>30<\/NoncurrentDays>/);
    expect(await lifecycle()).toMatch(/<Days>60<\/Days>/);
    expect((await place.raw("admin", { method: "GET", query: { versioning: "" } })).text).toContain("Enabled");
  });

  it("refuses a whole bucket, unless it is meant", async () => {
    using place = await BucketPlace.open(site());
    await place.setUp("--expire-days", "90");
    const whole = ["setup", "bucket", "--apply", "--expire-days", "3", `s3://${place.bucket}`] as const;
    expectOneLine(
      await place.doppel("admin", ...whole),
      2,
      /whole bucket, all servers in it, and expire after 3 days.*nothing was changed/,
    );
    const lifecycle = async () => (await place.raw("admin", { method: "GET", query: { lifecycle: "" } })).text;
    expect(await lifecycle()).not.toContain("<Days>3</Days>");
    const { stdout } = await place.doppel("admin", ...whole, "--force");
    expect(stdout).toMatch(/Warning: .*ALL of it expires after 3 days/);
    // Whoever sets up the server afterwards is told.
    const after = await place.setUp();
    expect(after.stdout).toContain(
      'the lifecycle rule "doppel-expire:" lets everything in the bucket expire after 3 days: these backups, too',
    );
    expect(after.stdout).toContain("Note: kept: backups expire after 90 days");
    expect(await lifecycle()).toContain("<Days>90</Days>");
  });

  it("leaves the rules and statements of other servers and of others, whatever they say", async () => {
    using one = await BucketPlace.open(site(), "web-1");
    await one.setUp("--expire-days", "30", "--versioning");
    // Rules of versioned buckets with tags are all that this server takes of what LifecycleRule cannot hold.
    const before = (await one.raw("admin", { method: "GET", query: { lifecycle: "" } })).text;
    const body = before.replace("</LifecycleConfiguration>", `${FOREIGN_RULE}</LifecycleConfiguration>`);
    expect(await one.raw("admin", { method: "PUT", query: { lifecycle: "" }, body })).toMatchObject({ status: 200 });
    const policy = JSON.parse((await one.raw("admin", { method: "GET", query: { policy: "" } })).text) as { Statement: object[] };
    const own = {
      Sid: "Somebody",
      Effect: "Deny",
      Principal: "*",
      Action: "s3:PutBucketWebsite",
      Resource: `arn:aws:s3:::${one.bucket}`,
    };
    policy.Statement.unshift(own);
    expect(await one.raw("admin", { method: "PUT", query: { policy: "" }, body: JSON.stringify(policy) })).toMatchObject({
      status: 204,
    });

    using two = await BucketPlace.open(site(), "db.2", one.bucket);
    const { stdout } = await two.setUp("--expire-days", "60", "--versioning");
    expect(stdout).toMatch(/policy +changed +14 statements of this server, 15 of others kept as they were/);
    await one.setUp("--expire-days", "31", "--versioning");

    const rules = (await one.raw("admin", { method: "GET", query: { lifecycle: "" } })).text;
    expect(rules).toContain("<Value>access</Value>");
    expect(rules).toContain("<StorageClass>STANDARD_IA</StorageClass>");
    for (const [prefix, days] of [
      ["web-1", 31],
      ["db.2", 60],
    ] as const) {
      const rule = rules.split("<Rule>").find((text) => text.includes(`doppel-expire:${prefix}/`));
      expect(rule).toContain(`<Days>${days}</Days>`);
    }
    const after = JSON.parse((await one.raw("admin", { method: "GET", query: { policy: "" } })).text) as { Statement: object[] };
    expect(after.Statement[0]).toEqual(own);
    expect(after.Statement).toHaveLength(29);
    // Both servers' credentials are good for what is theirs.
    for (const place of [one, two]) await place.expectRestored(await place.backup(randomContent("file", 1000)), "restorer");
  });

  it("does not touch a policy that it does not understand, and shows it", async () => {
    using place = await BucketPlace.open(site());
    await place.setUp("--expire-days", "30");
    const old = {
      Version: "2008-10-17",
      Statement: [{ Effect: "Deny", Principal: "*", Action: "s3:PutBucketWebsite", Resource: `arn:aws:s3:::${place.bucket}` }],
    };
    expect(await place.raw("admin", { method: "PUT", query: { policy: "" }, body: JSON.stringify(old) })).toMatchObject({
      status: 204,
    });
    const refused = await place.doppel(
      "admin",
      "setup",
      "bucket",
      "--apply",
      "--expire-days",
      "99",
      ...place.principals,
      place.url,
    );
    expectOneLine(
      refused,
      50,
      /the language of "2008-10-17".*nothing was changed. It is: \{"Version":"2008-10-17".*PutBucketWebsite/,
    );
    expect((await place.raw("admin", { method: "GET", query: { lifecycle: "" } })).text).not.toContain("<Days>99</Days>");
  });

  it("warns of another rule that lets the same backups expire sooner, and of an owner who could not read", async () => {
    using place = await BucketPlace.open(site());
    await place.setUp();
    const rule =
      "<Rule><ID>all</ID><Filter><Prefix></Prefix></Filter><Status>Enabled</Status><Expiration><Days>6</Days></Expiration></Rule>";
    await place.raw("admin", {
      method: "PUT",
      query: { lifecycle: "" },
      body: `<LifecycleConfiguration>${rule}</LifecycleConfiguration>`,
    });
    const writer = place.principals.slice(0, 2);
    const options = ["--apply", "--expire-days", "90", "--role", "writer", ...writer, `${place.url}-b`];
    const { stdout } = await place.doppel("admin", "setup", "bucket", ...options);
    expect(stdout).toContain(
      'Warning: the lifecycle rule "all" lets everything in the bucket expire after 6 days: these backups, too',
    );
    expect(stdout).toMatch(/Warning: on this server an object belongs to whoever wrote it: name the bucket's owner/);
  });

  it("tells who may not, and what this server cannot", async () => {
    using place = await BucketPlace.open(site());
    await place.setUp();
    const set = ["setup", "bucket", "--apply", "--expire-days", "9"] as const;
    expectOneLine(
      await place.doppel("writer", ...set, place.url),
      51,
      /denied; the credentials need s3:GetLifecycleConfiguration.*; nothing was changed; --apply needs the credentials of an admin/,
    );
    const lock = await place.doppel("admin", ...set, "--object-lock", "5", place.url);
    expectOneLine(
      lock,
      50,
      /cannot turn on Object Lock .* this server does so only when a bucket is made; name a new bucket, or use versioning/,
    );
    const create = await place.doppel("writer", ...set, `${place.url.replace(place.bucket, `${place.bucket}-2`)}`);
    expect(create.code).toBe(51);
    expect(create.stderr).toMatch(/cannot create S3 bucket .*s3:CreateBucket/);
  });
});
