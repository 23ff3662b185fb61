import { describe, expect, it } from "vitest";
import { classify, regionNamed, type S3Failure, type S3Place, type S3Step } from "./errors.ts";

const step: S3Step = { operation: "store", action: "s3:PutObject", name: "vol1" };
const place: S3Place = {
  bucket: "backups",
  server: "AWS",
  region: "us-east-1",
  now: () => new Date("2026-01-02T03:04:05Z"),
};

/** As the SDK throws what a server answered; RGW leaves the message empty. */
function answer(status: number, name: string, more: object = {}, headers: Record<string, string> = {}): Error {
  return Object.assign(new Error(""), {
    name,
    $metadata: { httpStatusCode: status },
    $response: { statusCode: status, headers },
    ...more,
  });
}

function system(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

const EU = { "x-amz-bucket-region": "eu-west-1" };

const TABLE: readonly (readonly [Error, S3Failure["kind"], string, RegExp])[] = [
  [answer(404, "NoSuchBucket"), "final", "storage.bad-url", /^S3 bucket "backups" does not exist at AWS; .*never does$/],
  [answer(400, "InvalidBucketName"), "final", "storage.bad-url", /no valid name/],
  [
    answer(301, "PermanentRedirect", {}, EU),
    "final",
    "storage.bad-url",
    /in region eu-west-1.*us-east-1.*--s3-region-name eu-west-1/,
  ],
  [answer(301, "301"), "final", "storage.bad-url", /in another region/],
  [
    answer(400, "AuthorizationHeaderMalformed", { Region: "eu-west-1" }),
    "final",
    "storage.bad-url",
    /--s3-region-name eu-west-1/,
  ],
  [answer(400, "UnknownError", {}, EU), "final", "storage.bad-url", /--s3-region-name eu-west-1/],
  [answer(403, "AccessDenied"), "final", "storage.denied", /vol1.*denied; the credentials need s3:PutObject here/],
  [answer(403, "Forbidden"), "final", "storage.denied", /s3:PutObject/],
  [answer(400, "ExpiredToken"), "final", "storage.credentials", /expired/],
  [answer(403, "InvalidAccessKeyId"), "final", "storage.credentials", /does not know this access key/],
  [answer(403, "SignatureDoesNotMatch"), "final", "storage.credentials", /AWS_SECRET_ACCESS_KEY/],
  [
    answer(403, "RequestTimeTooSkewed", {}, { date: "Fri, 02 Jan 2026 04:04:05 GMT" }),
    "skewed",
    "storage.credentials",
    /clock says 2026-01-02T03:04:05.000Z, the server's says 2026-01-02T04:04:05.000Z/,
  ],
  [
    Object.assign(new Error("none"), { name: "CredentialsProviderError" }),
    "final",
    "storage.credentials",
    /no usable AWS credentials.*AWS_PROFILE/,
  ],
  [answer(404, "NoSuchKey"), "final", "storage.not-found", /not there/],
  [answer(404, "NotFound"), "final", "storage.not-found", /not there/],
  [answer(403, "InvalidObjectState"), "final", "storage.archived", /--thaw/],
  [answer(412, "PreconditionFailed"), "final", "storage.exists", /nothing is ever replaced/],
  [answer(409, "ConditionalRequestConflict"), "conflict", "storage.unavailable", /somebody else/],
  [answer(403, "QuotaExceeded"), "final", "storage.full", /quota/],
  [answer(507, "InsufficientStorage"), "final", "storage.full", /quota/],
  [answer(400, "InvalidStorageClass"), "final", "storage.refused", /InvalidStorageClass/],
  [answer(405, "MethodNotAllowed"), "final", "storage.refused", /MethodNotAllowed/],
  [answer(501, "NotImplemented"), "final", "storage.refused", /NotImplemented/],
  [answer(500, "InternalError"), "passing", "storage.unavailable", /AWS failed, it answered 500/],
  [answer(503, "SlowDown"), "throttled", "storage.unavailable", /fewer requests/],
  [answer(429, "429"), "throttled", "storage.unavailable", /fewer requests/],
  [answer(400, "RequestTimeout"), "passing", "storage.unavailable", /RequestTimeout/],
  [answer(400, "BadDigest"), "passing", "storage.unavailable", /BadDigest/],
  [answer(200, "SyntaxError"), "passing", "storage.unavailable", /could not be read/],
  [system("ECONNRESET"), "passing", "storage.unavailable", /connection broke \(ECONNRESET\)/],
  [system("ECONNREFUSED"), "passing", "storage.unavailable", /nothing answers at AWS/],
  [system("ENOTFOUND"), "passing", "storage.unavailable", /no host AWS.*--s3-endpoint-url/],
  [Object.assign(new Error(""), { name: "TimeoutError" }), "passing", "storage.unavailable", /no byte moved/],
  [system("SELF_SIGNED_CERT_IN_CHAIN"), "final", "storage.bad-url", /not trusted.*AWS_CA_BUNDLE/],
  [system("ERR_TLS_CERT_ALTNAME_INVALID"), "final", "storage.bad-url", /not trusted/],
  [system("ERR_SSL_WRONG_VERSION_NUMBER"), "final", "storage.bad-url", /check http or https/],
];

describe("classify", () => {
  it.each(TABLE.map((row) => [`${row[0].name} ${row[2]} ${row[3]}`, row] as const))("%s", (_, [error, kind, code, message]) => {
    const failure = classify(error, step, place);
    expect(failure).toMatchObject({ kind, error: { code, cause: error } });
    expect(failure?.error.message).toMatch(message);
    expect(failure?.error.message).toMatch(/^[^\n]{20,300}$/);
  });

  it.each([
    new Error("payload"),
    new RangeError("size"),
    system("ERR_INVALID_ARG_TYPE"),
    Object.assign(new Error("stop"), { name: "AbortError" }),
    "text",
    undefined,
  ])("leaves alone what is not the server's: %s", (error) => {
    expect(classify(error, step, place)).toBeUndefined();
  });

  it("takes the request, and what it is signed with, off the error", () => {
    const error = answer(403, "AccessDenied");
    Object.assign((error as unknown as { $response: object }).$response, { body: { req: { headers: "AWS4-HMAC-SHA256" } } });
    classify(error, step, place);
    expect(JSON.stringify(Object.getOwnPropertyDescriptors(error))).not.toContain("AWS4");
  });

  it("finds the region that is named", () => {
    expect(regionNamed(answer(301, "301", {}, EU))).toBe("eu-west-1");
    expect(regionNamed(answer(400, "x", { Region: "eu-west-2" }))).toBe("eu-west-2");
    expect(regionNamed(answer(500, "x"))).toBeUndefined();
  });
});
