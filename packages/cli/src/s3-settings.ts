import { DoppelError } from "@doppel/base";
import { parseTimeExpression } from "@doppel/format";
import { isS3Url, type S3Encryption, type S3Options, type S3StorageClass, type ThawOptions } from "@doppel/storage";
import type { OptionName, Settings } from "./options.ts";

export { isS3Url };

/** Stock's flags for storage classes (cli spec 11.2). */
const CLASS_FLAGS = {
  "s3-use-ia": "STANDARD_IA",
  "s3-use-onezone-ia": "ONEZONE_IA",
  "s3-use-rrs": "REDUCED_REDUNDANCY",
  "s3-use-glacier": "GLACIER",
  "s3-use-glacier-ir": "GLACIER_IR",
  "s3-use-deep-archive": "DEEP_ARCHIVE",
} as const satisfies Partial<Record<OptionName, S3StorageClass>>;

/** What the driver is told. @throws cli.usage for contradictions, format.bad-time */
export function s3OptionsOf(settings: Settings, now: Date): S3Options {
  const storageClass = classOf(settings);
  const encryption = encryptionOf(settings);
  return {
    ...(settings["s3-endpoint-url"] !== undefined && { endpoint: settings["s3-endpoint-url"] }),
    ...(settings["s3-region-name"] !== undefined && { region: settings["s3-region-name"] }),
    addressing: settings["s3-url-style"],
    ...(settings["s3-path-style"] && { pathStyle: true }),
    unencrypted: settings["s3-unencrypted-connection"],
    ...(storageClass && { storageClass }),
    ...(encryption && { encryption }),
    ...(settings["s3-kms-grant"] !== undefined && { grantFullControl: settings["s3-kms-grant"] }),
    partBytes: settings["s3-multipart-chunk-size"] * 2 ** 20,
    parallelParts: settings["s3-multipart-max-procs"],
    idleTimeoutMs: settings.timeout * 1000,
    checksums: settings["s3-checksums"],
    ...(settings["num-retries"] !== undefined && { tries: settings["num-retries"] }),
    ...(settings["backend-retry-delay"] !== undefined && { maxDelayMs: settings["backend-retry-delay"] * 1000 }),
    ...(settings["as-of"] !== undefined && { asOf: parseTimeExpression(settings["as-of"], now) }),
  };
}

/**
 * The options without which another command would not find the bucket, as they are typed; none for other targets, which
 * take no look at them: an endpoint with a key in it would be shown.
 */
export function s3PlaceOptions(settings: Settings, target: string): readonly string[] {
  if (!isS3Url(target)) return [];
  const valued = (["s3-endpoint-url", "s3-region-name"] as const).flatMap((name) =>
    settings[name] === undefined ? [] : [`--${name}`, settings[name]],
  );
  const style = settings["s3-url-style"] === "auto" ? [] : ["--s3-url-style", settings["s3-url-style"]];
  const flags = (["s3-path-style", "s3-unencrypted-connection"] as const).flatMap((name) =>
    settings[name] ? [`--${name}`] : [],
  );
  return [...valued, ...style, ...flags];
}

/** `--thaw`, for jobs that read volumes. */
export function thawOf(settings: Settings): { readonly thaw?: ThawOptions } {
  return settings.thaw === undefined ? {} : { thaw: { tier: settings.thaw, days: settings["thaw-days"] } };
}

function classOf(settings: Settings): S3StorageClass | undefined {
  const flags = (Object.keys(CLASS_FLAGS) as (keyof typeof CLASS_FLAGS)[]).filter((name) => settings[name]);
  const named = settings["s3-storage-class"];
  const given = [...flags.map((name) => `--${name}`), ...(named === undefined ? [] : ["--s3-storage-class"])];
  if (given.length > 1) throw usage(`${given.join(" and ")} contradict each other: an object has one storage class`, given[1]!);
  return named ?? (flags[0] && CLASS_FLAGS[flags[0]]);
}

function encryptionOf(settings: Settings): S3Encryption | undefined {
  const keyId = settings["s3-kms-key-id"];
  const option = "--s3-use-server-side-kms-encryption";
  if (!settings["s3-use-server-side-kms-encryption"]) {
    if (keyId !== undefined) throw usage(`--s3-kms-key-id is the key for ${option}: give both, or neither`, "--s3-kms-key-id");
    return settings["s3-use-server-side-encryption"] ? { kind: "AES256" } : undefined;
  }
  if (settings["s3-use-server-side-encryption"])
    throw usage(`${option} and --s3-use-server-side-encryption are two things: give one`, option);
  if (keyId === undefined) throw usage(`${option} needs --s3-kms-key-id ID`, option);
  return { kind: "aws:kms", keyId };
}

function usage(message: string, option: string): DoppelError {
  return new DoppelError("cli.usage", message, { option });
}
