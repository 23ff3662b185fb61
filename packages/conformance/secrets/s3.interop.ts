import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { dirname } from "node:path";
import { describeInterop } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { s3Server } from "../src/s3-place.ts";
import { PASSPHRASE, World, WRONG } from "./world.ts";

const IN_URL = "k7/Slash+Equals=inTheURL";
const HOOK_TOKEN = "hook-token-T0/B1/zzzz";
const MAIL_PASSWORD = "postman's + pässword";

describe("a target in a bucket", () => {
  const server = s3Server();

  /** A bucket, the secret of who writes to it, and where it is for a command line. */
  async function bucket() {
    const { admin, endpoint, region } = server();
    const world = new World([
      { name: "AWS's secret", value: admin.secretAccessKey },
      { name: "the key in a URL", value: IN_URL },
      { name: "the hook's token", value: HOOK_TOKEN },
      { name: "the mail password", value: MAIL_PASSWORD },
    ]);
    const where = ["--s3-endpoint-url", endpoint, "--s3-region-name", region];
    const lines = `AWS_ACCESS_KEY_ID=${admin.accessKeyId}\nAWS_SECRET_ACCESS_KEY=${admin.secretAccessKey}\n`;
    const env = {
      AWS_ACCESS_KEY_ID: admin.accessKeyId,
      AWS_SECRET_ACCESS_KEY: admin.secretAccessKey,
      AWS_EC2_METADATA_DISABLED: "true",
      PASSPHRASE,
    };
    return { world, where, lines, env, url: `s3://${await server().makeBucket({ versioning: true })}/web1` };
  }

  it("leaves nothing with keys from the environment, also when they are wrong, or the server fails", async () => {
    const { world, where, env, url } = await bucket();
    using _ = world;
    const source = world.path("source");
    execFileSync("mkfifo", [world.path("source/fifo")]); // another program has to make it when it is restored
    await world.done(["full", ...where, ...world.later, source, url], { env });
    world.edit();
    await world.done(["incremental", ...where, ...world.later, "--json", source, url], { env });
    rmSync(world.path("archive"), { recursive: true });
    for (const command of ["status", "list", "check", "audit", "drill", "cleanup"])
      await world.done([command, ...where, url], { env });
    await world.done(["restore", ...where, url, world.path("out/all")], { env });
    await world.run(["doctor", ...where, url], { env, code: [0, 1] });
    for (const more of [[], ["--json"]]) {
      await world.run(["status", ...where, ...more, url], { env: { ...env, AWS_SECRET_ACCESS_KEY: WRONG }, code: 50 });
      await world.run(["status", ...where, ...more, url], {
        env: { ...env, AWS_ACCESS_KEY_ID: "AKIANOBODYNOBODY0000" },
        code: 50,
      });
      await world.run(["status", ...where, "--num-retries", "1", ...more, "--s3-endpoint-url", "http://127.0.0.1:9", url], {
        env,
        code: 50,
      });
    }
    await world.done(["list-current-files", ...where, `boto3+${url}`], { as: "duplicity", env });
    expect(server().requests.length).toBeGreaterThan(20);
    expect([...world.started]).toContain("mkfifo");
    world.expectClean();
  });

  it("leaves nothing with keys from files: AWS's own, a profile's, and those that a program tells", async () => {
    const { world, where, lines, env, url } = await bucket();
    using _ = world;
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, ...rest } = env;
    const shared = world.give("aws", `[default]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`);
    await world.done(["full", ...where, ...world.later, world.path("source"), url], {
      env: { ...rest, AWS_SHARED_CREDENTIALS_FILE: shared },
    });
    const answer = world.give("answer", JSON.stringify({ Version: 1, AccessKeyId: id, SecretAccessKey: secret }));
    const config = world.give("config", `[default]\ncredential_process = cat ${answer}\n`);
    await world.done(["status", ...where, url], { env: { ...rest, AWS_CONFIG_FILE: config } });
    expect([...world.started]).toContain("sh"); // it was asked

    world.give("web1.env", lines);
    const options = `options: {s3-endpoint-url: "${server().endpoint}", s3-region-name: ${server().region}}`;
    const profile = [
      "version: 1",
      "profiles:",
      `  web1:`,
      `    url: ${url}`,
      `    source: ${world.path("source")}`,
      "    credentials: {file: web1.env}",
      `    ${options}`,
    ];
    world.give("smtp.password", `${MAIL_PASSWORD}\n`);
    const alerts = [
      "monitor:",
      "  alerts:",
      `    webhooks: ["http://127.0.0.1:9/${HOOK_TOKEN}", {url: "http://127.0.0.1:9/", headers: {authorization: "${HOOK_TOKEN}"}}]`,
      `    mail: {from: a@example.org, to: [b@example.org], transport: "smtp://backup@127.0.0.1:9", password-file: smtp.password}`,
      "    commands: [[/bin/false]]",
    ];
    world.give("profiles.yaml", [...profile, ...alerts, ""].join("\n"));
    world.edit();
    await world.done(["incremental", ...world.later, "@web1"], { env: { PASSPHRASE } });
    await world.done(["restore", "@web1", world.path("out/all")], { env: { PASSPHRASE } });
    await world.run(["monitor", "check"], { bare: true, code: 1 });
    await world.run(["monitor", "check", "--json"], { bare: true, code: 1 });
    await world.done(["runbook", "@web1"], { bare: true });
    expect([...world.started]).toContain("false");
    world.expectClean();
  });

  it("leaves nothing of a key that stands in a URL: not in a message, and not with what is started", async () => {
    const { world, where, env, url } = await bucket();
    using _ = world;
    const user = `AKIAIOSFODNN7EXAMPLE:${IN_URL}`;
    const withUser = url.replace("s3://", `s3://${user}@`);
    const source = world.path("source");
    await world.done(["full", ...where, ...world.later, source, withUser], { env });
    await world.done(["status", ...where, "--json", withUser], { env });
    await world.run(["status", ...where, withUser.replace("web1", "nowhere")], { env, code: [0, 20] });
    const urls = [
      `s3://${user}@`,
      `s3://${user}@x/y`,
      `s3://${encodeURIComponent(user)}@x/y`,
      `s3://127.0.0.1:9/${user}@bucket`,
      `boto3+s3://${user}@no-such-bucket-here/y`,
      `ftp://${user}@host/path`,
      `sftp://${user}@host/path`,
      `webdavs://${user}@host/path`,
      `http://${user}@host/path`,
      `s3://${user}`,
    ];
    for (const bad of urls) {
      const doppel = await world.run(["status", ...where, "--num-retries", "1", bad], { env });
      const stock = await world.run(["full", ...where, "--num-retries", "1", source, bad], { env, as: "duplicity" });
      expect([doppel.code, stock.code], bad).not.toContain(30); // a bug
    }
    world.give("profiles.yaml", `version: 1\nprofiles:\n  web1: {url: "${withUser}"}\n`);
    await world.run(["status", "@web1"], { env, code: 2 });
    world.expectClean();
  });
});

describeInterop([], "a profile of duply", () => {
  it("is taken over without its secrets", async () => {
    const secret = "GPG_PW_of+duply/100%";
    using world = new World([
      { name: "duply's passphrase", value: secret },
      { name: "the key in a URL", value: IN_URL },
    ]);
    const conf = [
      "GPG_KEY='D58155FF7E08ECDA3E922635A6245F680C290572'",
      `GPG_PW='${secret}'`,
      `GPG_PW_SIGN='${secret}'`,
      `TARGET='s3://AKIAIOSFODNN7EXAMPLE:${IN_URL}@bucket/web1'`,
      `TARGET_PASS='${IN_URL}'`,
      `export AWS_SECRET_ACCESS_KEY='${IN_URL}'`,
      `export FTP_PASSWORD="${IN_URL}"`,
      `eval PASSPHRASE='${secret}'`,
      `DUPL_PARAMS="$DUPL_PARAMS --volsize 50 --s3-secret ${IN_URL} --ftp-password=${IN_URL}"`,
      "SOURCE='/home'",
    ];
    const folder = dirname(world.give("web1/conf", `${conf.join("\n")}\n`));
    for (const more of [[], ["--json"], ["--write"]])
      await world.run(["profile", "import", ...more, folder], { bare: true, code: 3 });
    const written = world.path("given/profiles.yaml");
    expect(world.searcher.in(readFileSync(written))).toEqual([]);
    world.expectClean();
  });
});
