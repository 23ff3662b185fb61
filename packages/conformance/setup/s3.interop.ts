import { readFileSync, statSync, writeFileSync } from "node:fs";
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

  it("credentials that are wrong stop at the first backup, and are not shown", async () => {
    using place = new SetupPlace();
    const key = await place.key();
    const { endpoint, region } = site();
    const bucket = await site().makeBucket();
    const given = join(place.admin, "given.env");
    writeFileSync(given, "AWS_ACCESS_KEY_ID=nobody\nAWS_SECRET_ACCESS_KEY=tiptoe-hidden-value\n", { mode: 0o600 });
    const s3 = ["--s3-endpoint-url", endpoint, "--s3-region-name", region, "--aws-credentials", given];
    const setup = await place.setup(["--public-key", key.publicFile, ...s3], `s3://${bucket}/web1`);
    expect(setup.code).toBe(1);
    expect(setup.stdout).toContain("THE FIRST BACKUP FAILED");
    expect(setup.stdout + setup.stderr).not.toContain("tiptoe");
  });
});
