import type { OptionName, Settings } from "../options.ts";
import { readSettings } from "../parse/check.ts";
import { isS3Url } from "../s3-settings.ts";

/** Options of `setup server` that say where backups are, and so have to be given to whoever reads them elsewhere. */
const PLACE = [
  "s3-endpoint-url",
  "s3-region-name",
  "s3-url-style",
  "s3-path-style",
  "s3-unencrypted-connection",
  "file-prefix",
  "file-prefix-archive",
  "file-prefix-manifest",
  "file-prefix-signature",
] as const satisfies readonly OptionName[];

/** Those that say how it is stored there. */
const MANNER = [
  "num-retries",
  "backend-retry-delay",
  "s3-storage-class",
  "s3-use-ia",
  "s3-use-onezone-ia",
  "s3-use-rrs",
  "s3-use-glacier",
  "s3-use-glacier-ir",
  "s3-use-deep-archive",
  "s3-use-server-side-encryption",
  "s3-use-server-side-kms-encryption",
  "s3-kms-key-id",
  "s3-kms-grant",
  "s3-multipart-chunk-size",
  "s3-multipart-max-procs",
  "s3-checksums",
  "timeout",
] as const satisfies readonly OptionName[];

/**
 * Options that the nightly command needs, too, as a profile has them: what says nothing else than nothing is left out, and what
 * is about S3 where the target is none.
 */
export function keptOptions(settings: Settings, url: string): readonly (readonly [name: string, value: string])[] {
  return pairs(settings, url, [...PLACE, ...MANNER]);
}

/** Those of them by which a backup is found from elsewhere, as they are typed. */
export function placeArguments(settings: Settings, url: string): readonly string[] {
  return pairs(settings, url, PLACE).flatMap(([name, value]) => (value === "true" ? [`--${name}`] : [`--${name}`, value]));
}

function pairs(settings: Settings, url: string, names: readonly OptionName[]): readonly (readonly [string, string])[] {
  const unsaid = readSettings(new Map());
  const ofS3 = isS3Url(url);
  return names.flatMap((name) => {
    const value = settings[name];
    const isIdle = value === undefined || value === unsaid[name] || (!ofS3 && /^(?:s3-|timeout$)/.test(name));
    return isIdle ? [] : [[name, typeof value === "string" ? value : JSON.stringify(value)] as const];
  });
}
