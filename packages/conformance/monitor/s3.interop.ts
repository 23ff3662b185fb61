import { writeFileSync } from "node:fs";
import { describeRealS3, randomContent } from "@doppel/testkit";
import { expect, it } from "vitest";
import { BucketPlace } from "../src/bucket-place.ts";
import { doppel } from "../src/program.ts";
import { mustBeDone, said } from "../src/s3-place.ts";

const DAY_MS = 86_400_000;

describeRealS3("the monitor at a bucket, with the credentials of its role", (site) => {
  it("sees what it has to, and whose credentials are wrong is alone", { timeout: 600_000 }, async () => {
    using place = await BucketPlace.open(site());
    using stranger = await BucketPlace.open(site(), "web-3", place.bucket);
    await place.setUp("--expire-days", "90");
    await stranger.setUp();
    await place.backup(randomContent("one", 100_000));
    await stranger.backup(randomContent("three", 1000));
    const credentials = (name: string, key: string, secret: string) => {
      const file = place.path(name);
      writeFileSync(file, `AWS_ACCESS_KEY_ID=${key}\nAWS_SECRET_ACCESS_KEY=${secret}\n`, { mode: 0o600 });
      return file;
    };
    const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = place.env("monitor");
    const good = credentials("good", key!, secret!);
    const wrong = credentials("wrong", "NOSUCHKEYATALL123456", secret!);
    const profiles = place.path("profiles.yaml");
    writeFileSync(
      profiles,
      `version: 1
defaults:
  expect: { schedule: every 1D, receipts: required }
profiles:
  web-1: { url: "${place.url}", credentials: { file: ${good} } }
  denied: { url: "s3://${place.bucket}/web-2", credentials: { file: ${good} } }
  unknown: { url: "${place.url}", credentials: { file: ${wrong} } }
monitor: { state: state, roots: ["s3://${place.bucket}"] }
`,
    );
    const check = async () => {
      const said = await place.doppel("admin", "monitor", "check", "--profiles", profiles, "--json");
      expect(said.stderr).toBe("");
      expect(said.code).toBe(1);
      expect(said.stdout).not.toContain(secret!);
      return JSON.parse(said.stdout);
    };
    const first = await check();
    const [denied, unknown, web1] = first.profiles;
    expect(web1).toMatchObject({ name: "web-1", severity: "ok", findings: [] });
    const days = (Date.parse(web1.summary.lastGoodExpires) - Date.now()) / DAY_MS;
    expect(Math.round(days)).toBe(90);
    expect(denied).toMatchObject({ severity: "unknown", findings: [{ id: "not-checked" }] });
    expect(unknown).toMatchObject({ severity: "unknown", failure: expect.stringContaining("does not know this access key") });
    expect(first.fleet).toMatchObject([{ id: "unconfigured", text: expect.stringContaining(`s3://${place.bucket}/web-3`) }]);

    const volume = (await place.keys()).find((name) => name.includes("vol1"));
    expect(await place.raw("admin", { method: "DELETE", key: volume! })).toMatchObject({ status: 204 });
    expect((await check()).profiles[2]).toMatchObject({ severity: "critical", findings: [{ id: "damaged" }] });
    mustBeDone(await place.doppel("writer", "full", "--no-encryption", place.source, place.url));
    expect((await check()).profiles[2]).toMatchObject({ severity: "warning", findings: [{ id: "damaged-older" }] });
  });

  it("looks for servers that no profile names with the credentials of those that one does, and none of the environment's", async () => {
    using place = await BucketPlace.open(site());
    using stranger = await BucketPlace.open(site(), "web-3", place.bucket);
    await place.setUp("--list-bucket");
    await stranger.setUp("--list-bucket");
    await place.backup(randomContent("one", 1000));
    await stranger.backup(randomContent("three", 1000));
    const { AWS_ACCESS_KEY_ID: key, AWS_SECRET_ACCESS_KEY: secret } = place.env("monitor");
    writeFileSync(place.path("monitor.env"), `AWS_ACCESS_KEY_ID=${key}\nAWS_SECRET_ACCESS_KEY=${secret}\n`, { mode: 0o600 });
    const profiles = place.path("profiles.yaml");
    writeFileSync(
      profiles,
      `version: 1
defaults:
  credentials: {file: monitor.env}
  options: {s3-endpoint-url: "${site().endpoint}", s3-region-name: ${site().region}}
profiles:
  web-1: { url: "${place.url}" }
monitor: { state: state, roots: ["s3://${place.bucket}"] }
`,
    );
    const env = { AWS_EC2_METADATA_DISABLED: "true" };
    const { code, stdout } = said(await doppel(["monitor", "check", "--profiles", profiles, "--json"], { env }));
    expect(JSON.parse(stdout).fleet).toMatchObject([{ id: "unconfigured", text: expect.stringContaining(stranger.url) }]);
    expect(code).toBe(3);
  });
});
