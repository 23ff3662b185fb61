/** DeleteObject and DeleteObjects. */
import { accessDenied, invalidRequest, S3Error } from "./error.ts";
import { bodyText, type Exchange, type Handler, xmlReply } from "./exchange.ts";
import type { ObjectVersion } from "./store.ts";
import { element, elements, result, textOf } from "./xml.ts";

const MAX_KEYS = 1000;

export const deleteObject: Handler = (exchange) => {
  const versionId = exchange.target.query.get("versionId") ?? undefined;
  const gone = remove(exchange, exchange.target.key, versionId);
  const headers = {
    "x-amz-version-id": gone?.versionId,
    "x-amz-delete-marker": gone?.deleteMarker === true ? "true" : undefined,
  };
  return { status: 204, headers };
};

/** A permission that is missing, or a lock, is an error of the key alone. */
export const deleteObjects: Handler = (exchange) => {
  const { headers, body, world } = exchange;
  const [denied] = ["s3:DeleteObject"].filter((action) => !exchange.may(action));
  if (denied !== undefined && world.quirks.refusesDeleteObjectsWhole) throw accessDenied("Access Denied");
  if (headers["content-md5"] === undefined && body.checksum === undefined && !world.quirks.ignoresChecksums)
    throw invalidRequest("Missing required header for this request: Content-MD5 OR x-amz-checksum-*");
  const document = bodyText(exchange);
  const objects = elements(document, "Object");
  if (objects.length === 0 || objects.length > MAX_KEYS)
    throw new S3Error(
      400,
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  const quiet = textOf(document, "Quiet") === "true";
  const rows = objects.flatMap((object) => {
    const key = textOf(object, "Key") ?? "";
    const row = deletionRow(exchange, key, textOf(object, "VersionId"));
    return quiet && row.startsWith("<Deleted>") ? [] : [row];
  });
  return xmlReply(result("DeleteResult", rows));
};

function deletionRow(exchange: Exchange, key: string, versionId: string | undefined): string {
  const names = [element("Key", key), ...(versionId === undefined ? [] : [element("VersionId", versionId)])];
  try {
    if (!exchange.may(versionId === undefined ? "s3:DeleteObject" : "s3:DeleteObjectVersion"))
      throw accessDenied("Access Denied");
    remove(exchange, key, versionId);
    return element("Deleted", names);
  } catch (error) {
    if (!(error instanceof S3Error)) throw error;
    return element("Error", [...names, element("Code", error.code), element("Message", error.message)]);
  }
}

/** @returns the delete marker that was made, or the version that is gone */
function remove(
  { world, bucket, headers, may }: Exchange,
  key: string,
  versionId: string | undefined,
): ObjectVersion | undefined {
  if (versionId === undefined) return bucket.remove(key, world.now());
  const version = bucket.version(key, versionId);
  if (version === undefined) return undefined;
  const bypass = headers["x-amz-bypass-governance-retention"] === "true" && may("s3:BypassGovernanceRetention");
  const locked = world.now().getTime() - version.modified.getTime() < (world.objectLockDays ?? 0) * 86_400_000;
  if (locked && !version.deleteMarker && !bypass) throw accessDenied("Access Denied because object protected by object lock.");
  version.gone = true;
  return version;
}
