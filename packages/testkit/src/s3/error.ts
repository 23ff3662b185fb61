import { element, xml } from "./xml.ts";

/** An answer that is an error, in S3's own words. */
export class S3Error extends Error {
  readonly status: number;
  readonly code: string;
  /** Further elements of the body. */
  readonly details: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    details: Readonly<Record<string, string>> = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.details = details;
    this.headers = headers;
  }

  /** The body, as S3 writes it. */
  body(resource: string, requestId: string): string {
    const more = Object.entries(this.details).map(([name, value]) => element(name, value));
    return xml(
      element("Error", [
        element("Code", this.code),
        element("Message", this.message),
        ...more,
        element("Resource", resource),
        element("RequestId", requestId),
        element("HostId", "testkit"),
      ]),
    );
  }
}

/** 400, the most frequent kind. */
export function invalidRequest(message: string): S3Error {
  return new S3Error(400, "InvalidRequest", message);
}

export function invalidArgument(name: string, value: string, message: string): S3Error {
  return new S3Error(400, "InvalidArgument", message, { ArgumentName: name, ArgumentValue: value });
}

export function notImplemented(what: string): S3Error {
  return new S3Error(
    501,
    "NotImplemented",
    `A header or request you provided implies functionality that is not implemented: ${what}`,
  );
}

export function accessDenied(message: string): S3Error {
  return new S3Error(403, "AccessDenied", message);
}
