import { DoppelError, displayText, errnoOf } from "@doppel/base";

/** What was being done, for the message and for the name of the permission that it takes. */
export interface S3Step {
  /** "store", "read", … */
  readonly operation: string;
  readonly action: S3Action;
  /** The object, when it is about one. */
  readonly name?: string;
}

type S3Action =
  | "s3:PutObject"
  | "s3:GetObject"
  | "s3:GetObjectVersion"
  | "s3:ListBucket"
  | "s3:ListBucketVersions"
  | "s3:DeleteObject"
  | "s3:RestoreObject"
  | "s3:AbortMultipartUpload"
  | "s3:ListBucketMultipartUploads"
  | BucketAction;

/** What only who sets up or audits a bucket does. */
type BucketAction =
  | "s3:CreateBucket"
  | "s3:DeleteObjectVersion"
  | "s3:GetBucketObjectLockConfiguration"
  | "s3:GetBucketPolicy"
  | "s3:GetBucketVersioning"
  | "s3:GetLifecycleConfiguration"
  | "s3:PutBucketObjectLockConfiguration"
  | "s3:PutBucketPolicy"
  | "s3:PutBucketVersioning"
  | "s3:PutLifecycleConfiguration";

/** Where it was done. */
export interface S3Place {
  readonly bucket: string;
  /** Of all keys. */
  readonly prefix: string;
  /** For people: "AWS" or the host, and the proxy when there is one. */
  readonly server: string;
  /** Who names the server: nobody when it is AWS, the target's URL, or an option or the configuration. */
  readonly serverFrom: "aws" | "url" | "settings";
  /** Host and port of the proxy that all requests go through. */
  readonly proxy?: string | undefined;
  /** The AWS profile that was asked for. */
  readonly profile?: string | undefined;
  /** How requests are signed now. */
  readonly region: string;
  readonly now: () => Date;
}

/** A failed request. */
export interface S3Failure {
  /**
   * Whether the same request may succeed: "passing" after a moment, "throttled" after a longer one; "conflict" when its
   * object is begun again; "skewed" once the clock's error is known, which the SDK learns from the answer.
   */
  readonly kind: "final" | "passing" | "throttled" | "conflict" | "skewed";
  readonly error: DoppelError;
}

/** What an error of the SDK tells, in one place and typed; servers such as RGW leave the message empty, so nothing goes by it. */
interface Facts {
  readonly code: string;
  readonly status: number | undefined;
  readonly errno: string | undefined;
  /** The header that Node does not send because of a character in it. */
  readonly badHeader: string | undefined;
  readonly message: string;
  readonly header: (name: string) => string | undefined;
  readonly field: (name: string) => string | undefined;
}

const MAX_KEY_BYTES = 1024;
const UNKNOWN_KEY = new Set(["InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken"]);
const EXPIRED = new Set(["ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired"]);
const THROTTLED = new Set(["SlowDown", "TooManyRequests", "TooManyRequestsException", "Throttling", "ThrottlingException"]);
const ALSO_THROTTLED = new Set(["RequestLimitExceeded", "BandwidthLimitExceeded", "RequestThrottled", "EC2ThrottledException"]);
/** With a status below 500, and yet only this attempt's bad luck. */
const BAD_LUCK = new Set([
  "RequestTimeout",
  "IncompleteBody",
  "BadDigest",
  "InvalidDigest",
  "XAmzContentSHA256Mismatch",
  "OperationAborted",
]);
const WRONG_REGION = new Set([
  "PermanentRedirect",
  "TemporaryRedirect",
  "Redirect",
  "AuthorizationHeaderMalformed",
  "MovedPermanently",
]);
const CERTIFICATE = /^(CERT_|ERR_TLS_CERT|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_)/;
const NOT_TLS = new Set(["EPROTO", "ERR_SSL_WRONG_VERSION_NUMBER", "ERR_SSL_PACKET_LENGTH_TOO_LONG", "HPE_INVALID_CONSTANT"]);

/**
 * An error of the SDK or of the connection as what the caller can act on. Anything else (a payload's own failure, an abort,
 * a defect) gives undefined: it passes as it is.
 */
export function classify(error: unknown, step: S3Step, place: S3Place): S3Failure | undefined {
  const facts = factsOf(error);
  if (facts === undefined) return undefined;
  hideRequest(error);
  return (
    credentialsFailure(facts, step, place, error) ??
    placeFailure(facts, step, place, error) ??
    objectFailure(facts, step, place, error) ??
    passingFailure(facts, step, place, error) ??
    refused(facts, step, place, error)
  );
}

function refused(facts: Facts, step: S3Step, place: S3Place, cause: unknown): S3Failure {
  const key = Buffer.byteLength(place.prefix + (step.name ?? ""));
  const why =
    facts.badHeader !== undefined
      ? `the header ${facts.badHeader} would hold a character that cannot be sent; check the options for S3`
      : key > MAX_KEY_BYTES
        ? `its key has ${key} bytes, and S3 allows ${MAX_KEY_BYTES}; use a shorter prefix in the URL`
        : `the server refused it${said(facts)}; check the options for S3`;
  const data = { operation: step.operation, reason: facts.code };
  return final("storage.refused", `${cannot(step, place)}: ${why}`, cause, data);
}

/** The region that an answer names as the bucket's, which is how AWS refuses requests of another one. */
export function regionNamed(error: unknown): string | undefined {
  const facts = factsOf(error);
  return facts && (facts.header("x-amz-bucket-region") ?? facts.field("Region"));
}

/** The HTTP status of a failed request, if it was answered. */
export function statusOf(error: unknown): number | undefined {
  return factsOf(error)?.status;
}

/** S3's word for the failure; "" when there is none. */
export function codeOf(error: unknown): string {
  return factsOf(error)?.code ?? "";
}

/** Whether a failed request may have been carried out: no answer came, or one that does not say. */
export function mayHaveArrived(error: unknown): boolean {
  const { status, errno, badHeader } = factsOf(error) ?? {};
  if (badHeader !== undefined || errno === "ECONNREFUSED" || errno === "ENOTFOUND" || errno === "EAI_AGAIN") return false;
  return status === undefined || status >= 500 || status < 300;
}

function credentialsFailure(
  { code, header, badHeader }: Facts,
  step: S3Step,
  place: S3Place,
  cause: unknown,
): S3Failure | undefined {
  const what = cannot(step, place);
  if (CLIENT_ERRORS.has(code) && code !== "TimeoutError") {
    const next =
      place.profile === undefined
        ? "no usable AWS credentials were found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or give the machine a role"
        : `the AWS profile "${displayText(place.profile)}" has no usable credentials, or there is no such profile; check AWS_PROFILE and the AWS configuration files`;
    return final("storage.credentials", `${what}: ${next}`, cause, { reason: "none" });
  }
  if (badHeader === "authorization" || badHeader === "x-amz-security-token") {
    const message = `${what}: the access key or the session token holds a character that cannot be sent, perhaps the end of a line; check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN`;
    return final("storage.credentials", message, cause, { reason: "unknown" });
  }
  if (UNKNOWN_KEY.has(code)) {
    const message = `${what}: the server does not know this access key (${code}); check AWS_ACCESS_KEY_ID or the profile, and that they belong to this server`;
    return final("storage.credentials", message, cause, { reason: "unknown" });
  }
  if (EXPIRED.has(code)) {
    const message = `${what}: the credentials have expired (${code}); get new ones and run it again`;
    return final("storage.credentials", message, cause, { reason: "expired" });
  }
  if (code === "SignatureDoesNotMatch") {
    const message = `${what}: the signature does not match (${code}): the secret key is wrong, or a proxy changes requests; check AWS_SECRET_ACCESS_KEY`;
    return final("storage.credentials", message, cause, { reason: "signature" });
  }
  if (code === "RequestTimeTooSkewed" || code === "RequestInTheFuture") {
    const theirs = header("date");
    const server = theirs === undefined ? "" : `, the server's says ${new Date(theirs).toISOString()}`;
    const message = `${what}: this machine's clock says ${place.now().toISOString()}${server} (${code}); set the clock`;
    return { kind: "skewed", error: new DoppelError("storage.credentials", message, { reason: "clock" }, cause) };
  }
  return undefined;
}

function placeFailure(facts: Facts, step: S3Step, place: S3Place, cause: unknown): S3Failure | undefined {
  const { code, status, errno, header, field } = facts;
  const what = cannot(step, place);
  const url = `s3://${place.bucket}`;
  if (code === "NoSuchBucket") {
    const message = `S3 bucket "${place.bucket}" does not exist at ${place.server}; check the URL, or create the bucket: doppel never does`;
    return final("storage.bad-url", message, cause, { url, reason: "no such bucket" });
  }
  if (code === "InvalidBucketName") {
    return final("storage.bad-url", `"${place.bucket}" is no valid name of an S3 bucket (${code}); check the URL`, cause, {
      url,
      reason: "invalid bucket name",
    });
  }
  const region = header("x-amz-bucket-region") ?? field("Region");
  if (
    WRONG_REGION.has(code) ||
    status === 301 ||
    status === 307 ||
    (status === 400 && region !== undefined && region !== place.region)
  ) {
    const right = region === undefined ? "another region" : `region ${region}`;
    const next = region === undefined ? "name the right one" : `use --s3-region-name ${region}`;
    const message = `${what}: the bucket is in ${right}, and the request was for ${place.region}; ${next} (or AWS_REGION), and check the endpoint`;
    return final("storage.bad-url", message, cause, { url, reason: "wrong region" });
  }
  if (errno !== undefined && CERTIFICATE.test(errno)) {
    const message = `${what}: the certificate of ${place.server} is not trusted (${errno}); name its authority with AWS_CA_BUNDLE`;
    return final("storage.bad-url", message, cause, { url, reason: "certificate" });
  }
  if (errno !== undefined && NOT_TLS.has(errno)) {
    const sentHttp = errno.startsWith("HPE_");
    const inUrl = `${sentHttp ? "for https leave out" : "for http add"} --s3-unencrypted-connection, and check the port`;
    const next = place.serverFrom === "url" ? inUrl : "check http or https in --s3-endpoint-url, and the port";
    const message = `${what}: ${place.server} does not speak this protocol (${errno}); ${next}`;
    return final("storage.bad-url", message, cause, { url, reason: "protocol" });
  }
  return undefined;
}

function objectFailure({ code, status }: Facts, step: S3Step, place: S3Place, cause: unknown): S3Failure | undefined {
  const name = step.name ?? place.bucket;
  const what = cannot(step, place);
  if (code === "InvalidObjectState") {
    const message = `${what}: it lies in an archive and must be thawed first: restore and verify do so with --thaw, for anything else ask the server for a copy (RestoreObject)`;
    return final("storage.archived", message, cause, { name, class: "archive" });
  }
  if (code === "ConditionalRequestConflict")
    return again("conflict", step, `${what}: somebody else stores it now (${code})`, cause);
  if (status === 412 || code === "PreconditionFailed") return { kind: "final", error: taken(name, place, cause) };
  if (status === 507 || code === "QuotaExceeded" || code === "InsufficientCapacity") {
    return final("storage.full", `${what}: the quota is used up (${code}); make room and run it again`, cause, { name });
  }
  // Nothing that is to be stored can be missing, but what its options name can; a lost upload is another matter.
  if (status === 404 && step.action === "s3:PutObject" && code !== "NoSuchUpload") return undefined;
  if (status === 404 || code === "NoSuchKey" || code === "NotFound") {
    return final("storage.not-found", `${what}: it is not there`, cause, { name });
  }
  if (BAD_LUCK.has(code) || status === undefined || status >= 500 || status === 429) return undefined;
  if (status === 403 || status === 401 || code === "AccessDenied") {
    const where = displayText(`s3://${place.bucket}/${step.name === undefined ? place.prefix : place.prefix + step.name}`);
    const message = `${what}: denied; the credentials need ${step.action} here (${where}), and nothing may forbid it (policies of user and bucket)`;
    return final("storage.denied", message, cause, { operation: step.operation, name });
  }
  return undefined;
}

function passingFailure(facts: Facts, step: S3Step, place: S3Place, cause: unknown): S3Failure | undefined {
  const { code, status, errno } = facts;
  if (facts.badHeader !== undefined) return undefined;
  const what = cannot(step, place);
  if (THROTTLED.has(code) || ALSO_THROTTLED.has(code) || status === 429) {
    return again("throttled", step, `${what}: the server asks for fewer requests (${code})`, cause);
  }
  const unreachable =
    errno === "ENOTFOUND" || errno === "EAI_AGAIN"
      ? "there is no host"
      : errno === "ECONNREFUSED" || errno === "EHOSTUNREACH" || errno === "ENETUNREACH"
        ? "nothing answers at"
        : undefined;
  if (unreachable !== undefined) {
    const { proxy } = place;
    const host = proxy ?? (place.serverFrom === "aws" ? (facts.field("hostname") ?? "AWS") : place.server);
    const check = { aws: "the region", url: "the URL", settings: "--s3-endpoint-url" }[place.serverFrom];
    const next = proxy === undefined ? `check ${check} and the network` : "that is the proxy: check HTTPS_PROXY and NO_PROXY";
    return again("passing", step, `${what}: ${unreachable} ${host} (${errno}); ${next}`, cause);
  }
  // The SDK calls broken connections timeouts, too; only its own have no errno.
  if (errno !== undefined || code === "TimeoutError") {
    const silent = errno === undefined ? "no byte moved for too long" : `the connection broke (${errno})`;
    return again("passing", step, `${what}: ${silent}; try again later`, cause);
  }
  // What came with a 2xx could not be read: cut off, or garbled on the way.
  const garbled = status !== undefined && status >= 200 && status < 300;
  if (garbled || BAD_LUCK.has(code) || status === undefined || (status >= 500 && status !== 501) || status === 408) {
    // The SDK says 503 for an error that came with a 200; a real one does not go with this code.
    const answer = status === 503 && code === "InternalError" ? "with an error" : (status ?? "nothing");
    const reason = garbled ? "its answer could not be read" : `it answered ${answer}${said(facts)}`;
    return again("passing", step, `${what}: ${place.server} failed, ${reason}; try again later`, cause);
  }
  return undefined;
}

/** The name has an object, and nothing is ever replaced. */
export function taken(name: string, { bucket }: Pick<S3Place, "bucket">, cause?: unknown): DoppelError<"storage.exists"> {
  const message = `cannot store ${name} in S3 bucket ${bucket}: the name is taken, and nothing is ever replaced (two backups in the same second, or another machine writes here); run it again`;
  return new DoppelError("storage.exists", message, { name }, cause);
}

/** `message` without a next step: the failure passes by itself. */
export function unavailable(operation: string, message: string, cause?: unknown): DoppelError<"storage.unavailable"> {
  return new DoppelError("storage.unavailable", message, { operation }, cause);
}

function again(kind: S3Failure["kind"], step: S3Step, message: string, cause: unknown): S3Failure {
  return { kind, error: unavailable(step.operation, message, cause) };
}

function final<C extends DoppelError["code"]>(code: C, message: string, cause: unknown, data: DoppelError<C>["data"]): S3Failure {
  return { kind: "final", error: new DoppelError(code, message, data, cause) as DoppelError };
}

function cannot({ operation, name }: S3Step, { bucket }: S3Place): string {
  return name === undefined ? `cannot ${operation} S3 bucket ${bucket}` : `cannot ${operation} ${name} in S3 bucket ${bucket}`;
}

/** "UnknownError" is the SDK's word where the server has given none. */
function said({ code, message }: Facts): string {
  const text = displayText(message).slice(0, 200);
  return text === "" || text === code || text === "UnknownError" ? ` (${code})` : ` (${code}: ${text})`;
}

function factsOf(error: unknown): Facts | undefined {
  if (!(error instanceof Error) || error instanceof DoppelError || error.name === "AbortError") return undefined;
  const { $metadata, $response } = error as { $metadata?: { httpStatusCode?: number }; $response?: Answer };
  const errno = errnoOf(error);
  const [, badHeader] = errno === "ERR_INVALID_CHAR" ? (/header content \["([^"]+)"\]/.exec(error.message) ?? []) : [];
  const ours =
    badHeader !== undefined ||
    CLIENT_ERRORS.has(error.name) ||
    isNetworkError(errno) ||
    $response !== undefined ||
    $metadata?.httpStatusCode !== undefined;
  if (!ours) return undefined;
  const fields = error as unknown as Readonly<Record<string, unknown>>;
  return {
    code: badHeader === undefined ? error.name : "ERR_INVALID_CHAR",
    status: $metadata?.httpStatusCode ?? $response?.statusCode,
    errno: isNetworkError(errno) ? errno : undefined,
    badHeader: badHeader?.toLowerCase(),
    message: error.message,
    header: (name) => $response?.headers?.[name],
    field: (name) => (typeof fields[name] === "string" ? fields[name] : undefined),
  };
}

/**
 * Takes the answer's body off: the SDK hangs it to the error, and with it the socket and the signed request, session token
 * included. Whoever prints a cause would print that.
 */
function hideRequest(error: unknown): void {
  delete (error as { readonly $response?: Answer }).$response?.body;
}

interface Answer {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  body?: unknown;
}

const CLIENT_ERRORS = new Set(["TimeoutError", "CredentialsProviderError", "TokenProviderError"]);

/** System and TLS codes are written in capitals; those of Node's own argument checks are defects. */
function isNetworkError(errno: string | undefined): errno is string {
  return errno !== undefined && /^[A-Z][A-Z0-9_]+$/.test(errno) && !errno.startsWith("ERR_INVALID_");
}
