import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeRealS3 } from "@doppel/testkit";
import { expect, it } from "vitest";
import { SetupPlace } from "../src/setup-place.ts";

describeRealS3("a server is set up unattended, at the RADOS Gateway", (site) => {
  it("with credentials from a file: they end in the server's own, and nowhere else", async () => {
    using place = new SetupPlace();
    const { endpoint, region, append } = site();
    const bucket = await site().makeBucket();
    const { accessKeyId, secretAccessKey } = append;
    const given = join(place.admin, "given.env");
    writeFileSync(given, `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY="${secretAccessKey}"\n`, { mode: 0o600 });
    const s3 = ["--s3-endpoint-url", endpoint, "--s3-region-name", region, "--aws-credentials", given];
    const where = ["--root", place.root, "--include", place.source, "--program", place.spy];
    const setup = await place.shown([
      "setup",
      "server",
      `s3://${bucket}/web1`,
      ...where,
      ...s3,
      "--make-key-here",
      "--key-kind",
      "curve25519",
    ]);
    expect(setup.stdout).toMatch(/\nDone: \d+ files of the first backup/);
    expect(setup.code, setup.stderr).toBe(0);

    expect(place.filesWith(secretAccessKey).toSorted()).toEqual(["admin/given.env", "root/etc/doppel/web1.credentials"]);
    expect(statSync(join(place.root, "etc/doppel/web1.credentials")).mode & 0o777).toBe(0o600);
    expect(place.filesWith(setup.passphrase)).toEqual([]);
    for (const secret of [secretAccessKey, setup.passphrase]) expect(setup.stdout + setup.stderr).not.toContain(secret);
    expect(readFileSync(place.seen, "utf8")).toMatch(/\nfull\n@web1\n/);
    expect(place.read("etc/systemd/system/doppel-web1.service")).toContain(
      "LoadCredential=web1.credentials:/etc/doppel/web1.credentials\n",
    );

    // The server by its own profile, and another by no more than its name.
    const status = await place.doppel(["status", "@web1", "--profiles", join(place.root, "etc/doppel/profiles.yaml")]);
    expect(status.code, status.stderr).toBe(0);
    const printed = await place.doppel([
      "setup",
      "server",
      `s3://${bucket}/web1`,
      ...where,
      ...s3,
      "--public-key",
      join(place.root, "etc/doppel/web1.public.asc"),
      "--print",
      "--json",
    ]);
    expect(printed.code, printed.stderr).toBe(0);
    expect(printed.stdout).not.toContain(secretAccessKey);
  });

  it("credentials that are wrong, a bucket that is not there, a server that does not answer: told before anything is written", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const { endpoint, region } = site();
    const bucket = await site().makeBucket();
    const given = join(place.admin, "given.env");
    writeFileSync(given, "AWS_ACCESS_KEY_ID=nobody\nAWS_SECRET_ACCESS_KEY=tiptoe-hidden-value\n", { mode: 0o600 });
    const { accessKeyId, secretAccessKey } = site().append;
    const right = join(place.admin, "right.env");
    writeFileSync(right, `AWS_ACCESS_KEY_ID=${accessKeyId}\nAWS_SECRET_ACCESS_KEY=${secretAccessKey}\n`, { mode: 0o600 });
    const half = join(place.admin, "half.env");
    writeFileSync(half, `AWS_ACCESS_KEY_ID=${accessKeyId}\n`, { mode: 0o600 });
    const at = (url: string, file: string) => ["--s3-endpoint-url", url, "--s3-region-name", region, "--aws-credentials", file];
    for (const [target, s3, code, message] of [
      [`s3://${bucket}/web1`, at(endpoint, given), 50, /InvalidAccessKeyId|credentials/],
      [`s3://${bucket}-not/web1`, at(endpoint, right), 23, /bucket "\S+-not" does not exist/],
      [`s3://${bucket}/web1`, [...at("http://127.0.0.1:9", right), "--num-retries", "1"], 50, /127\.0\.0\.1:9/],
      [`s3://${bucket}/web1`, [...at("http://me:tiptoe@127.0.0.1:9", right), "--print"], 2, /password in it/],
      [`s3://${bucket}/web1`, at(endpoint, half), 2, /AWS_SECRET_ACCESS_KEY/],
      [`s3://${bucket}/web1`, at(endpoint, "nowhere.env"), 2, /nowhere\.env/],
    ] as const) {
      const setup = await place.setup(["--public-key", key.publicFile, ...s3], target);
      expect(setup.stderr).toMatch(message);
      expect(setup.stderr.trimEnd().split("\n")).toHaveLength(1);
      expect([setup.code, setup.stdout]).toEqual([code, ""]);
      for (const secret of ["tiptoe", secretAccessKey]) expect(setup.stderr).not.toContain(secret);
      expect(readdirSync(place.root)).toEqual([]);
    }
  });
});
