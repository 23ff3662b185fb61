import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describeInterop, gpgHome, stockDuplicity, testKey } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { ProfilesPlace } from "../src/profiles-place.ts";
import { describeS3Servers, S3Place } from "../src/s3-place.ts";

const KEY = testKey("rsa");

/** The server's own profile, and the one on the machine that restores. */
function server(more: readonly string[] = []): ProfilesPlace {
  const place = new ProfilesPlace([
    "web1:",
    "  url: file://target",
    "  source: src",
    "  rules: [exclude: '**/log']",
    `  encrypt-to: ${KEY.publicFile}`,
    `  fingerprints: ${KEY.fingerprint}`,
    "mail:",
    "  url: file://target",
    `  options: {secret-key: ${KEY.secretFile}, passphrase-file: pass}`,
    ...more,
  ]);
  place.write("pass", `${KEY.passphrase}\n`);
  return place;
}

const QUIET = "--no-print-statistics";

describeInterop(["duplicity", "gpg"], "profiles and stock duplicity", () => {
  it("full @web1 takes source, rules and key from the profile; stock restores it", async () => {
    using place = server();
    expect(await place.done(["full", QUIET, "@web1"])).toContain("restore with: doppel restore @web1 TARGET");
    const home = await gpgHome(["rsa"]);
    using stock = stockDuplicity(home);
    const args = ["restore", `file://${place.at("target")}`, place.at("stock")];
    const restored = await stock.run(args, { PASSPHRASE: KEY.passphrase });
    expect(restored.code, restored.stderr.toString()).toBe(0);
    expect(readdirSync(place.at("stock"))).toEqual(["etc"]);
    expect(readFileSync(place.at("stock/etc/passwd"), "utf8")).toBe("root:x:0:0\n");
  });
});

describe("a profile of a folder", () => {
  it("stands for it in every command", async () => {
    using place = server();
    await place.done(["full", QUIET, "--include", place.at("src/log"), "@web1"]); // the line's rules come first
    expect(await place.done(["status", "@mail"])).toContain("1 complete backup");
    expect(await place.done(["list", "@mail"])).toMatch(/ etc\/passwd\n.* log\n/);
    await place.done(["restore", "@mail", "all-files"]);
    place.expectRestored("all-files");
    await place.done(["@mail", "implied"]);
    place.expectRestored("implied");

    await place.done(["fetch", "@mail", "etc/passwd", "./passwd"]);
    expect(readFileSync(place.at("passwd"), "utf8")).toBe("root:x:0:0\n");
    await place.done(["fetch", "@mail", "/etc", "folder", "now"]);
    expect(readdirSync(place.at("folder"))).toEqual(["passwd"]);
    writeFileSync(place.at("passwd"), "mine");
    const again = await place.run(["fetch", "@mail", "etc/passwd", "passwd"]);
    expect([again.code, readFileSync(place.at("passwd"), "utf8")]).toEqual([11, "mine"]);
    expect(again.stderr.toString()).toMatch(/passwd exists .*--force/);
    expect((await place.run(["fetch", "@mail", "nowhere", "x"])).code).toBe(19);
  });

  it("has the archive directory that its plain URL has", async () => {
    using place = server();
    await place.done(["full", QUIET, "@web1"]);
    const before = readdirSync(place.at("cache/duplicity"));
    await place.done([
      "incremental",
      QUIET,
      "--encrypt-key",
      KEY.publicFile,
      "--exclude",
      "**/log",
      place.at("src"),
      `file://${place.at("target")}`,
    ]);
    expect(readdirSync(place.at("cache/duplicity"))).toEqual(before);
  });

  it("refuses any key but the pinned one, before anything is stored", async () => {
    using place = server([
      "pinned:",
      "  url: other",
      "  source: src",
      `  encrypt-to: ${testKey("curve").publicFile}`,
      `  fingerprints: ${KEY.fingerprint}`,
    ]);
    const { code, stderr } = await place.run(["full", "@pinned"]);
    expect([code, existsSync(place.at("other"))]).toEqual([31, false]);
    expect(stderr.toString()).toMatch(/none of the fingerprints of profile pinned/);
  });

  it("is not taken from a file that others can write, and one bad profile does not take others away", async () => {
    using place = server(["broken:", "  url: x", "  opptions: {}"]);
    await place.done(["full", QUIET, "@web1"]);
    const broken = await place.run(["status", "@broken"]);
    expect([broken.code, broken.stderr.toString()]).toEqual([
      2,
      expect.stringMatching(/profiles\.yaml:\d+: profiles\.broken\.opptions: .*options\?\n$/),
    ]);
    const unknown = await place.run(["status", "@mial"]);
    expect([unknown.code, unknown.stderr.toString()]).toEqual([2, expect.stringContaining("did you mean @mail?")]);
    chmodSync(place.file, 0o620);
    const shared = await place.run(["status", "@mail"]);
    expect([shared.code, shared.stderr.toString()]).toEqual([2, expect.stringContaining("chmod go-w")]);
  });

  it("is imported from duply, into a file that keeps all it has", async () => {
    using place = server();
    const before = readFileSync(place.file, "utf8");
    mkdirSync(place.at(".duply/old"), { recursive: true });
    place.write(
      ".duply/old/conf",
      `GPG_KEY=disabled\nTARGET='file://${place.at("duply")}'\nSOURCE='${place.at("src")}'\ntouch ${place.at("ran")}\n`,
    );
    place.write(".duply/old/exclude", "- **/log\n");
    const env = { HOME: place.path };
    const shown = await place.run(["profile", "import", "old"], { env });
    expect([shown.code, shown.stdout.toString()]).toEqual([
      3,
      expect.stringMatching(/# conf:4 is left out.*\n {2}old:\n {4}url: /),
    ]);
    expect(readFileSync(place.file, "utf8")).toBe(before);
    expect((await place.run(["profile", "import", "old", "--write"], { env })).code).toBe(3);
    expect(readFileSync(place.file, "utf8").startsWith(before)).toBe(true);
    expect(existsSync(place.at("ran"))).toBe(false);
    await place.done(["full", QUIET, "@old"], { env });
    expect(readdirSync(place.at("cache/duplicity"))).toEqual(["duply_old"]);
    expect(await place.done(["list", "@old"], { env })).not.toContain("log");
    expect((await place.run(["profile", "import", "old", "--write"], { env })).stderr.toString()).toContain(
      "there is a profile old already",
    );
  });
});

describeS3Servers("profiles of buckets", (site) => {
  it("have credentials of their own, each target its own, in files that only their owner may read", async () => {
    await using bucket = await S3Place.open(site());
    const { endpoint, region, append, admin } = bucket.site;
    const env = { AWS_EC2_METADATA_DISABLED: "true", AWS_SHARED_CREDENTIALS_FILE: "aws", AWS_CONFIG_FILE: "/dev/null" };
    const where = `{s3-endpoint-url: "${endpoint}", s3-region-name: ${region}, no-encryption: true}`;
    using place = new ProfilesPlace([
      "web1:",
      `  url: ${bucket.url}`,
      "  source: src",
      `  options: ${where}`,
      "  credentials: {file: s3.env}",
      "copy:",
      `  url: ${bucket.url}copy`,
      `  options: ${where}`,
      "  credentials: {aws-profile: admin}",
    ]);
    const run = (...args: readonly string[]) =>
      place.run(args, { env: { ...env, AWS_SHARED_CREDENTIALS_FILE: place.at("aws") } });
    place.write(
      "s3.env",
      `# the server's\nAWS_ACCESS_KEY_ID=${append.accessKeyId}\nexport AWS_SECRET_ACCESS_KEY="${append.secretAccessKey}"\n`,
    );
    place.write("aws", `[admin]\naws_access_key_id = ${admin.accessKeyId}\naws_secret_access_key = ${admin.secretAccessKey}\n`);
    const done = async (...args: readonly string[]) => {
      const { code, stdout, stderr } = await run(...args);
      expect(code, stderr.toString()).toBe(0);
      return stdout.toString();
    };
    await done("full", QUIET, "@web1");
    expect(await done("status", "@web1")).toContain("1 complete backup");
    await done("replicate", "@web1", "@copy");
    await done("restore", "@copy", "back");
    place.expectRestored("back");

    chmodSync(place.at("s3.env"), 0o644);
    const open = await run("status", "@web1");
    expect([open.code, open.stderr.toString()]).toEqual([2, expect.stringMatching(/s3\.env is not used: .*chmod 600/)]);
    chmodSync(place.at("s3.env"), 0o600);
    place.write("s3.env", `AWS_ACCESS_KEY_ID=${append.accessKeyId}\n${append.secretAccessKey}\n`);
    const bad = await run("status", "@web1");
    expect([bad.code, bad.stderr.toString()]).toEqual([2, expect.stringContaining("s3.env:2: ")]);
    expect(bad.stderr.toString()).not.toContain(append.secretAccessKey);
  });
});
