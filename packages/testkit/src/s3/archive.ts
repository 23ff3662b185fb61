/** RestoreObject: asking for what is archived. It is there when the test says so. */
import { noSuchKey } from "./conditions.ts";
import { invalidArgument, S3Error } from "./error.ts";
import { bodyText, type Handler } from "./exchange.ts";
import { textOf } from "./xml.ts";

export const restoreObject: Handler = (exchange) => {
  const { target, bucket } = exchange;
  const id = target.query.get("versionId");
  const version = id === null ? bucket.current(target.key) : bucket.version(target.key, id);
  if (version === undefined) throw noSuchKey(target.key);
  if (version.storageClass !== "GLACIER" && version.storageClass !== "DEEP_ARCHIVE") {
    throw new S3Error(403, "InvalidObjectState", "Restore is not allowed for the object's current storage class", {
      StorageClass: version.storageClass,
    });
  }
  const document = bodyText(exchange);
  const days = textOf(document, "Days");
  if (days === undefined || !/^[1-9]\d*$/.test(days))
    throw new S3Error(
      400,
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  const tier = textOf(document, "Tier") ?? "Standard";
  const tiers = version.storageClass === "DEEP_ARCHIVE" ? ["Standard", "Bulk"] : ["Standard", "Bulk", "Expedited"];
  if (!tiers.includes(tier)) throw invalidArgument("Tier", tier, `Tier ${tier} is not available for ${version.storageClass}`);
  if (version.restore?.state === "ongoing")
    throw new S3Error(409, "RestoreAlreadyInProgress", "Object restore is already in progress");
  if (version.restore?.state === "restored") return { status: 200 };
  version.restore = { state: "ongoing" };
  return { status: 202 };
};
