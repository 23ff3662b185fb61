import { DoppelError, displayText } from "@doppel/base";

/**
 * The URL of a server as an option, the environment or a profile gives it.
 * @throws storage.bad-url, which does not repeat what may be a key
 */
export function checkedEndpoint(text: string): URL {
  const refuse = (message: string, shown: string): never => {
    throw new DoppelError("storage.bad-url", `${message}; write https://HOST[:PORT] or http://HOST[:PORT]`, {
      url: shown,
      reason: "endpoint",
    });
  };
  // A colon that begins no port stands before a key.
  if (/[@?#]/.test(text) || /^(https?:\/\/)?[^/:[]+:(?!\d*(\/|$)|\/\/)/i.test(text)) {
    return refuse("the S3 endpoint holds more than a server, and credentials belong into the environment", "***");
  }
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text))
    return refuse(`"${displayText(text)}" is no URL of an S3 server`, displayText(text));
  return new URL(text);
}

/** A region as the SDK takes it: part of a host name. @throws storage.bad-url */
export function checkedRegion(text: string): string {
  if (/^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/.test(text)) return text;
  const shown = displayText(text);
  const message = `"${shown}" is no name of a region; use --s3-region-name or AWS_REGION with one such as eu-west-1`;
  throw new DoppelError("storage.bad-url", message, { url: shown, reason: "region" });
}
