import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeRealS3, gpgHome, randomContent, run, testKey } from "@doppel/testkit";
import { expect, it } from "vitest";
import { BucketPlace } from "../src/bucket-place.ts";
import { done } from "../src/program.ts";
import { mustBeDone, type Said } from "../src/s3-place.ts";

const KEY = testKey("rsa");

interface Audited {
  readonly sets: readonly {
    readonly receipt: string;
    readonly signature: string;
    readonly findings: readonly { readonly kind: string; readonly name: string }[];
  }[];
  readonly objects: number;
  readonly read: number;
  readonly readBytes: number;
  readonly bytes: number;
  readonly problems: number;
  readonly target: string;
}

describeRealS3("an audit of a bucket, with the credentials of the monitor's role and no key", (site) => {
  it("of what is stored and of what was done to it", { timeout: 600_000 }, async () => {
    using place = await BucketPlace.open(site());
    await using gpg = await gpgHome([]);
    await place.setUp();
    const [secret, open] = [place.path("receipt.key"), place.path("receipt.pub")];
    await done(run("openssl", ["genpkey", "-algorithm", "ed25519", "-out", secret]));
    await done(run("openssl", ["pkey", "-in", secret, "-pubout", "-out", open]));
    const backup = ["--encrypt-key", KEY.publicFile, "--receipt-key", secret, "--volsize", "1", "--no-print-statistics"];
    for (const [i, time] of [1_700_000_000, 1_700_100_000].entries()) {
      writeFileSync(join(place.source, "file"), randomContent(`${i}`, 3 << 20));
      mustBeDone(await place.doppel("writer", "full", ...backup, "--current-time", `${time}`, place.source, place.url));
    }
    // Nobody's home and an empty keyring: there is no key to be had.
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: key, ...surroundings } = place.env("monitor");
    const env = { ...surroundings, GNUPGHOME: gpg.env["GNUPGHOME"]! };
    const profiles = place.path("profiles.yaml");
    const inOneLine = readFileSync(open, "utf8").split("\n")[1]!;
    writeFileSync(place.path("credentials"), `AWS_ACCESS_KEY_ID=${id}\nAWS_SECRET_ACCESS_KEY=${key}\n`, { mode: 0o600 });
    writeFileSync(
      profiles,
      `version: 1
profiles:
  web-1: { url: "${place.url}", credentials: { file: credentials }, receipt-key: ${inOneLine} }
`,
    );
    const audit = (...args: readonly string[]): Promise<Said> =>
      place.doppelWith(env, "audit", "--profiles", profiles, ...args, "@web-1");
    const audited = async (code: number, ...args: readonly string[]): Promise<Audited> => {
      const outcome = await audit("--json", ...args);
      expect(outcome).toMatchObject({ code, stderr: "" });
      return JSON.parse(outcome.stdout.trimEnd().split("\n").at(-1)!) as Audited;
    };
    const kinds = ({ sets }: Audited) => sets.flatMap(({ findings }) => findings.map(({ kind }) => kind));

    const some = await audited(0);
    expect(some).toMatchObject({ problems: 0, read: 10, sets: [{ receipt: "good", signature: "good" }, { signature: "good" }] });
    const none = await audited(0, "--sample", "0");
    expect(none).toMatchObject({ read: 0, readBytes: 0, objects: some.objects });
    const all = await audited(0, "--sample", "all");
    expect(all.read).toBe(all.objects - 2); // of receipts there is nothing that could be held to them
    const text = await audit("--sample", "all", "--progress");
    expect(text).toMatchObject({ code: 0, stdout: expect.stringContaining("as its receipt says") });
    for (const line of text.stderr.split(/[\r\n]/).map((one) => one.replace("\u001b[K", ""))) {
      expect(line).toMatch(/^(?:|(?:auditing|finishing) \d+%, .* of \d+ objects)$/);
    }
    expect(`${text.stdout}${JSON.stringify(all)}`).not.toContain(key!);

    const [, volume] = (await place.keys()).filter((name) => name.includes(".vol"));
    const stored = await place.raw("admin", { method: "GET", key: volume! });
    expect(stored.status).toBe(200);
    const name = volume!.replace(/^.*\//, "");
    const size = Number(stored.headers["content-length"]);
    // By the bucket's owner: the roles may not.
    expect(await place.raw("admin", { method: "PUT", key: volume!, body: randomContent("other", size) })).toMatchObject({
      status: 200,
    });
    expect(kinds(await audited(0, "--sample", "0"))).toEqual([]);
    const replaced = await audited(1, "--sample", "all");
    expect(replaced.sets.flatMap(({ findings }) => findings)).toEqual([
      expect.objectContaining({ kind: "bytes", name }),
      expect.objectContaining({ kind: "recipients", name }),
    ]);
    expect(await place.raw("admin", { method: "DELETE", key: volume! })).toMatchObject({ status: 204 });
    expect(kinds(await audited(1, "--sample", "0"))).toEqual(["missing"]);
    const told = await audit("--sample", "0");
    expect(told.stdout).toContain(`Problems:\n  ${name} is missing\n`);
  });
});
