import { S3_SCHEMES, withoutUser } from "./s3/url.ts";

const SCHEME = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//;
const FILE = /^file:/i;

/**
 * Whether an argument is a URL rather than a path (cli spec 2.3): a scheme followed by `://`, or `file:/abs`, which
 * duplicity 0.8 took as well. `a:b` is a path.
 */
export function isUrl(text: string): boolean {
  return SCHEME.test(text) || /^file:\//i.test(text);
}

/** Whether a target is one of S3. */
export function isS3Url(target: string): boolean {
  const scheme = schemeOf(target);
  return S3_SCHEMES.some((known) => known === scheme);
}

/**
 * The scheme of a target in lower case. Plain paths are targets too, and belong to `file`; so does the malformed `file:rel`,
 * which the file driver refuses instead of taking it for a directory of that name.
 */
export function schemeOf(target: string): string {
  if (FILE.test(target)) return "file";
  return SCHEME.exec(target)?.[1]?.toLowerCase() ?? "file";
}

/**
 * The URL as it may be printed: without the password and without the values of its query, where people put keys.
 * A password may hold `@` or `/`, so everything up to the last `@` counts as credentials, of which only the user name is
 * shown; rather too much is hidden than too little. Plain paths and `file:` URLs are returned as they are. S3 URLs lose the
 * whole of what stands before the `@`, which nobody reads, and nothing else: they stay what they name.
 */
export function redactUrl(url: string): string {
  const scheme = SCHEME.exec(url)?.[0];
  if (scheme === undefined || FILE.test(scheme)) return url;
  const rest = url.slice(scheme.length);
  if (isS3Url(url)) return scheme + withoutUser(rest);
  const address = rest.lastIndexOf("@") + 1;
  const credentials = rest.slice(0, address);
  const colon = credentials.indexOf(":");
  const shown = colon < 0 ? credentials : `${credentials.slice(0, colon)}:***@`;
  return scheme + `${shown}${rest.slice(address)}`.replace(/([?&][^=&#]*=)[^&#]*/g, "$1***");
}
