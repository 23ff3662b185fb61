import { randomContent, type S3FaultEffect, type S3FaultRule } from "@doppel/testkit";
import { describe, expect, it } from "vitest";
import { expectOneLine, S3Place, s3Server, type Said } from "../src/s3-place.ts";

const MIB = 2 ** 20;
/** Two volumes, of which the first goes up in two parts; a connection may be silent for two seconds. */
const OPTIONS = ["--volsize", "6", "--s3-multipart-chunk-size", "5", "--timeout", "2"];
/** Far more than the tries that are made in all, far fewer than a loop would send. */
const MOST_REQUESTS = 400;

const error = (status: number, code: string): S3FaultEffect => ({ kind: "error", status, code });
const VOL1 = /\.vol1\./;

/** A backup under these faults. @returns what it said, the place to be looked at */
async function backedUp(place: S3Place, rules: readonly S3FaultRule[]): Promise<Said> {
  place.write("large", randomContent("large", 7 * MIB));
  place.write("small", "small");
  for (const rule of rules) place.site.fault(rule);
  const outcome = await place.backup("full", OPTIONS);
  place.site.clearFaults();
  expect(place.requests.length).toBeLessThan(MOST_REQUESTS);
  return outcome;
}

/** What is listed is whole: a set that can be restored, or one that has no manifest. */
async function expectNoBackup(place: S3Place): Promise<void> {
  const { stdout } = await place.done(["status", place.url]);
  expect(stdout).toMatch(/^No complete backup at /);
  expect(new Set(await place.versions()).size).toBe((await place.versions()).length);
}

describe("faults on the way of a backup", () => {
  const server = s3Server();

  const PASSING: readonly (readonly [string, readonly S3FaultRule[]])[] = [
    [
      "500s and 503 SlowDown",
      [
        { operation: "HeadBucket", effect: error(500, "InternalError") },
        { operation: "ListObjectsV2", effect: error(503, "SlowDown") },
        { operation: "PutObject", effect: error(500, "InternalError"), times: 2 },
        { operation: "CreateMultipartUpload", effect: error(503, "SlowDown"), times: 2 },
        { operation: "UploadPart", effect: error(503, "SlowDown"), times: 3 },
        { operation: "CompleteMultipartUpload", effect: error(503, "ServiceUnavailable") },
      ],
    ],
    [
      "an error inside a 200, lost answers, resets in a body",
      [
        { operation: "CompleteMultipartUpload", effect: { kind: "errorIn200" } },
        { operation: "CompleteMultipartUpload", nth: 2, effect: { kind: "errorIn200", done: true } },
        { operation: "CreateMultipartUpload", effect: { kind: "lostAnswer" } },
        { operation: "UploadPart", effect: { kind: "reset", at: "request", after: 100_000 } },
        { operation: "UploadPart", nth: 3, effect: { kind: "corrupt", at: "request", offset: 5000 } },
        { operation: "PutObject", effect: { kind: "lostAnswer" } },
        { operation: "PutObject", nth: 3, effect: { kind: "reset", at: "start" } },
      ],
    ],
    [
      "stalls, and a clock that is said to be wrong",
      [
        { operation: "UploadPart", effect: { kind: "stall", at: "request", after: 70_000 } },
        { operation: "CompleteMultipartUpload", effect: { kind: "stall", at: "answer" } },
        { operation: "PutObject", effect: { kind: "skew" } },
      ],
    ],
  ];

  it.each(PASSING)("%s are got over: the backup is whole, and nothing was written over", async (_, rules) => {
    await using place = await S3Place.open(server());
    const outcome = await backedUp(place, rules);
    expect(outcome.code, outcome.stderr).toBe(0);
    expect(outcome.stderr).toMatch(/notice: .* failed, attempt 2 follows/);
    place.note();
    await place.expectPoint(0);
    await place.expectOneVersionEach();
    expect(server().pendingUploads(place.site.bucket)).toEqual([]);
  });

  const STAYING: readonly (readonly [string, readonly S3FaultRule[], number, RegExp])[] = [
    [
      "credentials that expire in the middle",
      [{ operation: "UploadPart", nth: 2, times: 1e6, effect: { kind: "expiredToken" } }],
      50,
      /the credentials have expired \(ExpiredToken\); get new ones and run it again/,
    ],
    [
      "a manifest that is denied",
      [{ operation: "PutObject", key: /manifest/, times: 1e6, effect: error(403, "AccessDenied") }],
      51,
      /cannot store duplicity-full\S*manifest\S* in S3 bucket .*: denied; the credentials need s3:PutObject here/,
    ],
    [
      "a server that fails for good",
      [{ operation: "CompleteMultipartUpload", times: 1e6, effect: error(500, "InternalError") }],
      50,
      /failed, it answered 500 \(InternalError\); try again later/,
    ],
    [
      "a quota that is used up",
      [{ operation: ["PutObject", "UploadPart"], key: VOL1, times: 1e6, effect: error(403, "QuotaExceeded") }],
      53,
      /the quota is used up \(QuotaExceeded\); make room and run it again/,
    ],
  ];

  it.each(STAYING)("%s: one clear error, and no backup that only looks like one", async (_, rules, code, message) => {
    await using place = await S3Place.open(server());
    const outcome = await backedUp(place, rules);
    const last = outcome.stderr
      .split("\n")
      .filter((line) => !line.startsWith("notice: "))
      .join("\n");
    expectOneLine({ ...outcome, stderr: last }, code, message);
    await expectNoBackup(place);
    expect(server().pendingUploads(place.site.bucket)).toEqual([]);
  });

  it("reading: bodies that are cut short, reset or stall are gone on with; damaged ones are never written", async () => {
    await using place = await S3Place.open(server());
    place.write("large", randomContent("large", 7 * MIB));
    await place.mustBackup("full", OPTIONS);
    for (const [nth, effect] of (
      [
        { kind: "short", after: 1_000_000 },
        { kind: "reset", at: "answer", after: 500_000 },
        { kind: "stall", at: "answer", after: 300_000 },
        error(503, "SlowDown"),
      ] as const
    ).entries())
      place.site.fault({ operation: "GetObject", key: VOL1, nth: nth + 1, effect });
    await place.expectPoint(0, ["--timeout", "2"]);

    place.site.clearFaults();
    place.site.fault({
      operation: "GetObject",
      key: VOL1,
      times: 1e6,
      effect: { kind: "corrupt", at: "answer", offset: 90_000 },
    });
    const args = ["restore", "--fail-fast", "--no-encryption", place.url, place.path("damaged")];
    const outcome = await place.doppel(args, { archive: place.path("none") });
    expectOneLine(outcome, 21, /vol1\.difftar\S* .*(did not arrive as it is stored|hash|SHA)/);
    expect(place.requests.length).toBeLessThan(MOST_REQUESTS);
  });
});
