import { run, sendRaw, startS3Server } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { cleanEnv, DOPPEL } from "../src/program.ts";
import { describeS3Servers, expectOneLine, S3Place, s3Server, said, type Said } from "../src/s3-place.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** The program without any of a place's options. */
async function doppel(args: readonly string[], env: Env): Promise<Said> {
  return said(await run(process.execPath, [DOPPEL, ...args], { env: cleanEnv(env) }));
}

describe("bad input about an S3 target", () => {
  const server = s3Server();

  interface Case {
    readonly url?: string;
    readonly options?: readonly string[];
    readonly env?: Env;
    readonly code: number;
    readonly message: RegExp;
  }
  const CASES: Readonly<Record<string, Case>> = {
    "no credentials": {
      env: { AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      code: 50,
      message: /no usable AWS credentials were found; set AWS_ACCESS_KEY_ID/,
    },
    "an access key that nobody knows": {
      env: { AWS_ACCESS_KEY_ID: "AKIANOBODY" },
      code: 50,
      message: /does not know this access key \(InvalidAccessKeyId\); check AWS_ACCESS_KEY_ID/,
    },
    "a wrong secret": {
      env: { AWS_SECRET_ACCESS_KEY: "not-the-right-secret" },
      code: 50,
      message: /the signature does not match .*; check AWS_SECRET_ACCESS_KEY/,
    },
    "a wrong region": {
      options: ["--s3-region-name", "eu-west-3"],
      code: 23,
      message: /the bucket is in region us-east-1, and the request was for eu-west-3; use --s3-region-name us-east-1/,
    },
    "an unknown bucket": {
      url: "s3://no-such-bucket/x",
      code: 23,
      message: /S3 bucket "no-such-bucket" does not exist at 127\.0\.0\.1:\d+; check the URL, or create the bucket/,
    },
    "an invalid bucket name": {
      url: "s3://No_/x",
      code: 23,
      message: /"No_" is no valid name of a bucket; write s3:\/\/BUCKET\/PREFIX/,
    },
    "no bucket at all": { url: "s3:///", code: 23, message: /no bucket is named; write s3:\/\/BUCKET\/PREFIX/ },
    "an endpoint that is no URL": {
      options: ["--s3-endpoint-url", "minio.local"],
      code: 23,
      message: /"minio\.local" is no URL of an S3 server; write https:\/\/HOST/,
    },
    "an endpoint without a scheme": {
      options: ["--s3-endpoint-url", "localhost:PORT"],
      code: 23,
      message: /"localhost:\d+" is no URL of an S3 server; write https:\/\/HOST/,
    },
    "a region that cannot be": {
      options: ["--s3-region-name", ""],
      code: 23,
      message: /"" is no name of a region; use --s3-reg/,
    },
    "a key that ends in a line's end": {
      env: { AWS_ACCESS_KEY_ID: "AKIA\n" },
      code: 50,
      message: /the access key or the session token holds a character that cannot be sent/,
    },
    "a proxy that cannot be": {
      env: { HTTP_PROXY: "http://user:pass/word@127.0.0.1:1" },
      code: 23,
      message: /the proxy that HTTP_PROXY names cannot be used; write http:\/\/\[USER/,
    },
    "http spoken to as https": {
      options: ["--s3-endpoint-url", "https://127.0.0.1:PORT"],
      code: 23,
      message: /check http or https in --s3-endpoint-url/,
    },
    "a storage class that does not exist": {
      options: ["--s3-storage-class", "FROZEN"],
      code: 2,
      message: /--s3-storage-class must be STANDARD or .*, not "FROZEN"/,
    },
    "two storage classes": {
      options: ["--s3-use-ia", "--s3-use-glacier"],
      code: 2,
      message: /--s3-use-ia and --s3-use-glacier contradict each other/,
    },
    "a time that is none": { options: ["--as-of", "yesterdayish"], code: 2, message: /yesterdayish/ },
  };

  it.each(Object.keys(CASES))("%s: one line with cause and next step", async (title) => {
    const { endpoint, bucket, append } = server();
    const { url = `s3://${bucket}/x`, options = [], env = {}, code, message } = CASES[title]!;
    const where = ["--s3-endpoint-url", endpoint];
    const given = options.map((option) => option.replace("PORT", new URL(endpoint).port));
    const credentials = { AWS_ACCESS_KEY_ID: append.accessKeyId, AWS_SECRET_ACCESS_KEY: append.secretAccessKey };
    const outcome = await doppel(["status", ...where, ...given, url], {
      AWS_EC2_METADATA_DISABLED: "true",
      ...credentials,
      ...env,
    });
    expectOneLine(outcome, code, message);
    expect(server().keys()).toEqual([]);
  });

  it("nothing that listens: a bounded number of tries, each told, then one line", async () => {
    const outcome = await doppel(["status", "--s3-endpoint-url", "http://127.0.0.1:9", "s3://bucket/x"], {
      AWS_ACCESS_KEY_ID: "x",
      AWS_SECRET_ACCESS_KEY: "y",
    });
    const lines = outcome.stderr.trimEnd().split("\n");
    expect(lines.length).toBeLessThanOrEqual(10);
    expect(lines.at(-1)).toMatch(/^doppel: .*nothing answers at 127\.0\.0\.1:9 \(ECONNREFUSED\); check --s3-endpoint-url/);
    expect(outcome.code).toBe(50);
  });

  it("a clock that is wrong, expired credentials, a bucket that may not be listed", async () => {
    await using place = await S3Place.open(server());
    for (const [effect, code, message] of [
      [{ kind: "skew" }, 50, /this machine's clock says .*, the server's says .*; set the clock/],
      [{ kind: "expiredToken" }, 50, /the credentials have expired \(ExpiredToken\); get new ones/],
      [{ kind: "error", status: 403, code: "AccessDenied" }, 51, /denied; the credentials need s3:ListBucket here/],
    ] as const) {
      place.site.clearFaults();
      place.site.fault({ times: 1e6, effect });
      expectOneLine(await place.doppel(["status", place.url]), code, message);
    }
  });
});

describeS3Servers("odd prefixes and forms of URL", (site) => {
  it("are one and the same place wherever they are, and -v5 says how a URL was read", async () => {
    await using place = await S3Place.open(site());
    const { bucket, endpoint } = place.site;
    place.write("file", "content");
    const prefix = "späce%20and/..//plus+percent%2541";
    const url = `boto3+s3://${bucket}/${prefix}/`;
    place.note();
    const full = await place.done(["full", "-v5", "--no-encryption", place.source, url]);
    expect(full.stderr).toContain(`"${bucket}" is the bucket`);
    const keys = place.requests.filter(({ operation }) => operation === "PutObject").map(({ key }) => key);
    for (const key of keys) expect(key).toMatch(/^späce and\/\.\.\/plus\+percent%41\/duplicity-/);

    const [, command] = /restore with: doppel (restore .*) TARGET\n/.exec(full.stdout) ?? [];
    expect(command).toContain(`--s3-endpoint-url ${endpoint}`);
    const script = `exec "${process.execPath}" "${DOPPEL}" ${command} --no-encryption "${place.path("pasted")}"`;
    expect(said(await run("bash", ["-c", script], { env: cleanEnv(place.env()) }))).toMatchObject({ code: 0, stderr: "" });
    place.expectTree(0, place.path("pasted"));

    const host = new URL(endpoint).host;
    const forms: readonly (readonly [readonly string[], string, RegExp])[] = [
      [place.where, `s3:///${bucket}/${prefix}`, /\(no host in the URL\)/],
      [[...place.where, "--s3-use-new-style", "--s3-european-buckets"], url, /\(an endpoint is given\)/],
      [place.where, `s3+http://${bucket}//${prefix}///`, /\(an endpoint is given\)/],
      [["--s3-unencrypted-connection"], `s3://${host}/${bucket}/${prefix}`, /is the server, ".*" the bucket \(it has a port\)/],
    ];
    for (const [options, form, reading] of forms) {
      const found = await doppel(["status", "-v5", ...options, form], { ...place.env(), AWS_REGION: place.site.region });
      expect(found).toMatchObject({ code: 0, stdout: expect.stringContaining("1 complete backup") });
      expect(found.stderr).toMatch(reading);
    }
  });

  it("a name that is taken is an error, and what is there stays as it is", async () => {
    // Both have to begin in the same second, counted from the start of each: not on every try where others use the machine.
    for (let attempt = 1; ; attempt++) {
      await using place = await S3Place.open(site());
      place.write("file", "content");
      const args = place.backupArgs("full");
      await place.done(args);
      place.note();
      place.write("file", "another machine's");
      const second = await place.doppel(args, { archive: place.path("other") });
      if (second.code === 0 && attempt < 10) continue;
      expectOneLine(
        second,
        50,
        /cannot store duplicity-full\S* in S3 bucket .*: the name is taken, and nothing is ever replaced/,
      );
      await place.expectPoint(0);
      await place.expectCreateOnly();
      return;
    }
  });

  it("no output has a secret in it, not even when one was put into the URL", async () => {
    await using place = await S3Place.open(site(), site().bucket);
    place.write("file", "content");
    const { secretAccessKey, accessKeyId } = site().append;
    const url = place.url.replace("//", `//${accessKeyId}:${encodeURIComponent(secretAccessKey)}@`);
    const outputs: Said[] = [];
    for (const format of ["text", "json"]) {
      outputs.push(await place.doppel(["full", "-v9", "--log-format", format, "--no-encryption", place.source, url]));
      outputs.push(await place.doppel(["status", "-v9", "--log-format", format, url]));
      place.site.fault({ operation: "ListObjectsV2", effect: { kind: "error", status: 403, code: "AccessDenied" } });
      outputs.push(await place.doppel(["status", "-v9", "--log-format", format, url]));
      await new Promise((resolve) => setTimeout(resolve, 1000)); // two sets must not share a second
    }
    expect(outputs[0]!.stdout).toContain(`restore --s3-endpoint-url ${place.site.endpoint}`);
    expect(outputs.map(({ code }) => code)).toEqual([0, 0, 51, 0, 0, 51]);
    for (const { stdout, stderr } of outputs)
      for (const secret of [secretAccessKey, encodeURIComponent(secretAccessKey), "Signature=", "Credential="])
        expect(stdout + stderr).not.toContain(secret);
  });
});

describe("a server whose clock is an hour off", () => {
  it("is no hindrance", async () => {
    await using server = await startS3Server({ clockOffsetMs: 3_600_000 });
    await using place = await S3Place.open(server);
    place.write("file", "content");
    await place.mustBackup("full");
    await place.expectPoint(0);
    const answer = await sendRaw(server, server.admin, { method: "GET", bucket: server.bucket });
    expect(answer.code).toBe("RequestTimeTooSkewed");
  });
});
