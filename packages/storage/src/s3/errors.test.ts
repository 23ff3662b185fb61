import { describe, expect, it } from "vitest";
import { classify, regionNamed, type S3Failure, type S3Place, type S3Step } from "./errors.ts";

const step: S3Step = { operation: "store", action: "s3:PutObject", name: "vol1" };
const place: S3Place = {
  bucket: "backups",
  prefix: "p/",
  server: "AWS",
  serverFrom: "aws",
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

/** As the SDK hands on a connection that was cut. */
function broken(code: string): Error {
  return Object.assign(system(code), { name: "TimeoutError" });
}

/** As Node refuses to send a header. */
function badHeader(name: string): Error {
  return Object.assign(new TypeError(`Invalid character in header content ["${name}"]`), { code: "ERR_INVALID_CHAR" });
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
  [
    answer(403, "AccessDenied"),
    "final",
    "storage.denied",
    /vol1.*denied; the credentials need s3:PutObject here \(s3:\/\/.*vol1.*\), and/,
  ],
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
  [
    Object.assign(system("ENOTFOUND"), { hostname: "backups.s3.eu-nope-1.amazonaws.com" }),
    "passing",
    "storage.unavailable",
    /no host backups\.s3\.eu-nope-1\.amazonaws\.com \(ENOTFOUND\); check the region and the network$/,
  ],
  [broken("ECONNRESET"), "passing", "storage.unavailable", /connection broke \(ECONNRESET\)/],
  [answer(503, "InternalError"), "passing", "storage.unavailable", /AWS failed, it answered with an error \(InternalError\)/],
  [answer(404, "UnknownError"), "final", "storage.refused", /cannot store vol1 .*: the server refused it/],
  [answer(404, "NoSuchUpload"), "final", "storage.not-found", /not there/],
  [badHeader("authorization"), "final", "storage.credentials", /character that cannot be sent.*AWS_ACCESS_KEY_ID/],
  [badHeader("x-amz-security-token"), "final", "storage.credentials", /AWS_SESSION_TOKEN/],
  [badHeader("x-amz-grant-full-control"), "final", "storage.refused", /the header x-amz-grant-full-control/],
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

  const messageOf = (error: Error, more: Partial<S3Place>, at = step): string =>
    classify(error, at, { ...place, ...more })?.error.message ?? "";

  it.each(["NoSuchKey", "NotFound"])("what is to be read may not be there: %s", (code) => {
    const failure = classify(answer(404, code), { operation: "read", action: "s3:GetObject", name: "vol1" }, place);
    expect(failure).toMatchObject({ kind: "final", error: { code: "storage.not-found" } });
  });

  it("names what has to be changed where the server cannot be reached", () => {
    const at = { server: "minio:9000", serverFrom: "settings" } as const;
    expect(messageOf(system("ENOTFOUND"), at)).toMatch(/no host minio:9000 .*check --s3-endpoint-url and the network$/);
    expect(messageOf(system("ECONNREFUSED"), { ...at, serverFrom: "url" })).toMatch(
      /at minio:9000 .*check the URL and the network$/,
    );
    const proxied = { server: "minio:9000 through the proxy garbage", serverFrom: "settings", proxy: "garbage" } as const;
    expect(messageOf(system("ENOTFOUND"), proxied)).toMatch(
      /no host garbage \(ENOTFOUND\); that is the proxy: check HTTPS_PROXY/,
    );
    expect(messageOf(system("EPROTO"), { ...at, serverFrom: "url" })).toMatch(/for http add --s3-unencrypted-connection/);
    expect(messageOf(system("HPE_INVALID_CONSTANT"), { ...at, serverFrom: "url" })).toMatch(/leave out --s3-unenc/);
  });

  it("names the profile that has no credentials", () => {
    const error = Object.assign(new Error("none"), { name: "CredentialsProviderError" });
    expect(messageOf(error, { profile: "nope" })).toMatch(/the AWS profile "nope" has no usable credentials.*AWS_PROFILE/);
  });

  it("tells of keys that are too long", () => {
    const message = messageOf(answer(400, "UnknownError"), { prefix: `${"ä".repeat(600)}/` });
    expect(message).toMatch(/its key has 1205 bytes, and S3 allows 1024; use a shorter prefix in the URL$/);
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
