/** Multipart uploads: begun, filled, and completed or aborted. */
import { attributesOf, encryptionHeaders } from "./attributes.ts";
import { CHECKSUM_ALGORITHMS, type ChecksumAlgorithm, type ChecksumType, checksumHeader } from "./checksums.ts";
import { invalidArgument, invalidRequest, S3Error } from "./error.ts";
import { type Exchange, type Handler, xmlReply } from "./exchange.ts";
import { checkKey, contentOf } from "./objects.ts";
import { numberIn } from "./parameters.ts";
import type { Upload } from "./store.ts";
import { element, result } from "./xml.ts";

export const MAX_PARTS = 10_000;

export const createMultipartUpload: Handler = (exchange) => {
  const { world, target, headers, bucket, user } = exchange;
  checkKey(target.key);
  const checksum = world.quirks.ignoresChecksums ? undefined : checksumOfUpload(headers);
  const uploadId = world.newId();
  const described = attributesOf(headers);
  const own = { key: target.key, uploadId, initiated: world.now(), initiator: user, checksum, parts: new Map() };
  bucket.uploads.set(uploadId, { ...own, ...described });
  return xmlReply(
    result("InitiateMultipartUploadResult", [
      element("Bucket", bucket.name),
      element("Key", target.key),
      element("UploadId", uploadId),
    ]),
    {
      ...encryptionHeaders(described.attributes),
      "x-amz-checksum-algorithm": checksum?.algorithm,
      "x-amz-checksum-type": checksum?.type,
    },
  );
};

export const uploadPart: Handler = (exchange) => {
  const { world, target, body } = exchange;
  const upload = uploadOf(exchange);
  const message = "Part number must be an integer between 1 and 10000, inclusive";
  const number = numberIn("partNumber", target.query.get("partNumber"), 1, MAX_PARTS, message);
  if (number === undefined) throw invalidArgument("partNumber", "", message);
  const [expected, actual] = [upload.checksum?.algorithm, body.checksum?.algorithm];
  // A whole-object checksum may also come with the completion alone.
  if (expected !== actual && !(actual === undefined && upload.checksum?.type === "FULL_OBJECT")) {
    const [wanted, got] = [expected, actual].map((algorithm) => algorithm?.toLowerCase() ?? "null");
    throw invalidRequest(`Checksum Type mismatch occurred, expected checksum Type: ${wanted}, actual checksum Type: ${got}`);
  }
  upload.parts.set(number, {
    content: contentOf(exchange),
    md5: body.md5,
    checksum: body.checksum?.value,
    modified: world.now(),
  });
  const checksum = body.checksum && { [checksumHeader(body.checksum.algorithm)]: body.checksum.value };
  return { status: 200, headers: { etag: `"${body.md5}"`, ...encryptionHeaders(upload.attributes), ...checksum } };
};

export const abortMultipartUpload: Handler = (exchange) => {
  exchange.bucket.uploads.delete(uploadOf(exchange).uploadId);
  return { status: 204 };
};

/** @throws S3Error NoSuchUpload, also for one that is completed or aborted, or of another key */
export function uploadOf({ target, bucket }: Exchange): Upload {
  const upload = bucket.uploads.get(target.query.get("uploadId") ?? "");
  if (upload !== undefined && upload.key === target.key) return upload;
  throw new S3Error(
    404,
    "NoSuchUpload",
    "The specified upload does not exist. The upload ID may be invalid, or the upload may have been aborted or completed.",
    { UploadId: target.query.get("uploadId") ?? "" },
  );
}

function checksumOfUpload(headers: Exchange["headers"]): Upload["checksum"] {
  const stated = headers["x-amz-checksum-algorithm"];
  const type = headers["x-amz-checksum-type"];
  if (stated === undefined) {
    if (type !== undefined)
      throw invalidRequest("The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.");
    return undefined;
  }
  const algorithm = String(stated).toUpperCase() as ChecksumAlgorithm;
  if (!CHECKSUM_ALGORITHMS.includes(algorithm))
    throw invalidRequest(
      "Checksum algorithm provided is unsupported. Please try again with any of the valid types: [CRC32, CRC32C, CRC64NVME, SHA1, SHA256]",
    );
  const usual = algorithm === "CRC64NVME" ? "FULL_OBJECT" : "COMPOSITE";
  const wanted = (type ?? usual) as ChecksumType;
  const possible = wanted === "COMPOSITE" ? algorithm !== "CRC64NVME" : wanted === "FULL_OBJECT" && !algorithm.startsWith("SHA");
  if (!possible)
    throw invalidRequest(`The ${wanted} checksum type cannot be used with the ${algorithm.toLowerCase()} checksum algorithm.`);
  return { algorithm, type: wanted };
}
