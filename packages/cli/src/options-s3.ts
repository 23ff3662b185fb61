import { ALL, PLACED, READ, RESTORE, WRITE } from "./command-groups.ts";
import { atLeast, flag, oneOf, optional, text, upTo, wholeNumber, withDefault } from "./option.ts";

const STORES = [...WRITE, "replicate"] as const;

/** Those of the driver (s3-settings.ts does not compile with another one), which the parser must not load. */
const CLASSES = [
  "STANDARD",
  "STANDARD_IA",
  "ONEZONE_IA",
  "REDUCED_REDUNDANCY",
  "INTELLIGENT_TIERING",
  "GLACIER_IR",
  "GLACIER",
  "DEEP_ARCHIVE",
] as const;

/** A flag of stock's that stands for a storage class. */
const storageClass = (help: string) => flag({ group: "S3", help, commands: PLACED, shownFor: [], to: "S3Options.storageClass" });

/** What the boto of old needed. */
const LEFTOVER = {
  group: "S3",
  help: "accepted, without effect",
  commands: ALL,
  to: "nothing",
  hidden: true,
  ignored: true,
  generation: "0.8",
} as const;

/**
 * What may be said about an S3 target beside its URL (cli spec 11.2). Credentials are not among it: they come from the
 * environment, the AWS configuration files or the machine's role, never from a command line, which others can read.
 */
export const S3_OPTIONS = {
  "s3-endpoint-url": optional(text, {
    metavar: "URL",
    group: "S3",
    help: "an S3 server other than AWS; the first part of the target's URL is the bucket then",
    commands: PLACED,
    to: "S3Options.endpoint",
  }),
  "s3-region-name": optional(text, {
    metavar: "REGION",
    group: "S3",
    help: "region of the bucket (default: as the AWS configuration says, else us-east-1; AWS corrects it)",
    commands: PLACED,
    to: "S3Options.region",
  }),
  "s3-url-style": withDefault(oneOf("auto", "bucket", "host"), "auto", {
    generation: "doppel",
    metavar: "STYLE",
    group: "S3",
    help: "what A is in s3://A/...: a bucket, or a host followed by the bucket; -v5 shows how auto read it",
    commands: PLACED,
    to: "S3Options.addressing",
  }),
  "s3-path-style": flag({
    generation: "doppel",
    group: "S3",
    help: "put the bucket into the path of requests, not into the host name (always so with --s3-endpoint-url)",
    commands: PLACED,
    to: "S3Options.pathStyle",
  }),
  "s3-unencrypted-connection": flag({
    group: "S3",
    help: "http instead of https, where no URL says which",
    commands: PLACED,
    to: "S3Options.unencrypted",
  }),
  "s3-storage-class": optional(oneOf(...CLASSES), {
    generation: "doppel",
    metavar: "CLASS",
    group: "S3",
    help: "storage class of new objects; in GLACIER and the like manifests, signatures and indexes stay in STANDARD",
    commands: PLACED,
    shownFor: [...STORES, "setup bucket", "setup server"],
    to: "S3Options.storageClass",
  }),
  "s3-use-ia": storageClass("STANDARD_IA"),
  "s3-use-onezone-ia": storageClass("ONEZONE_IA"),
  "s3-use-rrs": storageClass("REDUCED_REDUNDANCY"),
  "s3-use-glacier": storageClass("GLACIER"),
  "s3-use-glacier-ir": storageClass("GLACIER_IR"),
  "s3-use-deep-archive": storageClass("DEEP_ARCHIVE"),
  "s3-use-server-side-encryption": flag({
    group: "S3",
    help: "let the server encrypt, too, with its own key (SSE-S3)",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.encryption",
  }),
  "s3-use-server-side-kms-encryption": flag({
    group: "S3",
    help: "the same with the key that --s3-kms-key-id names (SSE-KMS)",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.encryption",
  }),
  "s3-kms-key-id": optional(text, {
    metavar: "ID",
    group: "S3",
    help: "key of the server's key management service",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.encryption",
  }),
  "s3-kms-grant": optional(text, {
    metavar: "GRANTEE",
    group: "S3",
    help: "who gets full control of new objects, as in id=CANONICAL-USER",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.grantFullControl",
  }),
  "s3-multipart-chunk-size": withDefault(atLeast(5), "16", {
    metavar: "MB",
    group: "S3",
    help: "size of the parts in which large objects are sent; above 64 as 64, so that memory stays bounded",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.partBytes",
  }),
  "s3-multipart-max-procs": withDefault(upTo(64), "4", {
    metavar: "N",
    group: "S3",
    help: "requests that send at once",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.parallelParts",
  }),
  timeout: withDefault(wholeNumber(1, 86_400), "60", {
    metavar: "SECONDS",
    group: "S3",
    help: "give up a connection on which no byte moves for so long, and try again",
    commands: PLACED,
    to: "S3Options.idleTimeoutMs",
  }),
  "s3-checksums": withDefault(oneOf("auto", "off"), "auto", {
    generation: "doppel",
    metavar: "WHEN",
    group: "S3",
    help: "checksums with what is sent; auto leaves them out for servers that refuse them",
    commands: PLACED,
    shownFor: STORES,
    to: "S3Options.checksums",
  }),
  "s3-use-new-style": flag(LEFTOVER),
  "s3-european-buckets": flag(LEFTOVER),
  "s3-use-multiprocessing": flag(LEFTOVER),
  "s3-multipart-max-timeout": optional(wholeNumber(0), { ...LEFTOVER, metavar: "SECONDS" }),
  "as-of": optional(text, {
    generation: "doppel",
    metavar: "TIME",
    group: "S3",
    help: "read the bucket as it was then: needs versioning, and credentials that may read versions",
    commands: READ,
    to: "S3Options.asOf",
  }),
  thaw: optional(oneOf("standard", "bulk", "expedited"), {
    generation: "doppel",
    metavar: "TIER",
    group: "S3",
    help: "ask for what lies in an archive (GLACIER), wait until it can be read, and go on; may be stopped and run again",
    commands: [...RESTORE, "verify"],
    to: "Thawing.tier",
  }),
  "thaw-days": withDefault(wholeNumber(1, 365), "7", {
    generation: "doppel",
    metavar: "N",
    group: "S3",
    help: "how long the thawed copies are kept",
    commands: [...RESTORE, "verify"],
    to: "Thawing.days",
  }),
} as const;
