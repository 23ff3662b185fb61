/** CompleteMultipartUpload: everything that the client says is compared with what came. */
import { encryptionHeaders, stateHeaders } from "./attributes.ts";
import { createHash } from "node:crypto";
import { badDigest, statedChecksum } from "./body.ts";
import { type Checksum, checksumOf, compositeOf } from "./checksums.ts";
import { checkWriteConditions } from "./conditions.ts";
import { joinContents } from "./content.ts";
import { invalidRequest, S3Error } from "./error.ts";
import { bodyText, type Exchange, type Handler, xmlReply } from "./exchange.ts";
import { uploadOf } from "./multipart.ts";
import type { Part, Upload } from "./store.ts";
import { element, elements, result, textOf } from "./xml.ts";

const MIN_PART = 5 * 2 ** 20;

export const completeMultipartUpload: Handler = (exchange) => {
  const { world, headers, bucket } = exchange;
  const upload = uploadOf(exchange);
  const listed = listedParts(bodyText(exchange));
  const parts = listed.map((part) => matchingPart(upload, part));
  checkSizes(upload, listed, parts);
  const content = joinContents(parts.map((part) => part.content));
  const objectSize = headers["x-amz-mp-object-size"];
  if (objectSize !== undefined && Number(objectSize) !== content.size)
    throw invalidRequest(
      `The provided 'x-amz-mp-object-size' header value ${String(objectSize)} does not match what was computed: ${content.size}`,
    );
  const checksum = world.quirks.ignoresChecksums ? undefined : checksumOfObject(exchange, upload, parts);
  checkWriteConditions(exchange, world.quirks.ignoresIfNoneMatch || world.quirks.ignoresIfNoneMatchOnComplete);

  const etag = multipartEtag(parts);
  bucket.uploads.delete(upload.uploadId);
  const { key, attributes, storageClass } = upload;
  const version = bucket.add({ key, content, etag, attributes, checksum, storageClass }, world.now());
  const shown = checksum && !world.quirks.refusesChecksumHeaders ? checksum : undefined;
  const fields = [
    element("Location", `/${bucket.name}/${key}`),
    element("Bucket", bucket.name),
    element("Key", key),
    element("ETag", world.quirks.emptyEtagOnComplete ? "" : etag),
    ...(shown ? [element(`Checksum${shown.algorithm}`, shown.value), element("ChecksumType", shown.type)] : []),
  ];
  const { "x-amz-storage-class": _, ...state } = stateHeaders(exchange, version);
  return xmlReply(result("CompleteMultipartUploadResult", fields), { ...encryptionHeaders(attributes), ...state });
};

interface ListedPart {
  readonly number: number;
  readonly etag: string;
  /** The checksums that the client repeats, by name of algorithm. */
  readonly checksums: Readonly<Record<string, string>>;
}

function listedParts(document: string): ListedPart[] {
  const parts = elements(document, "Part").map((part) => ({
    number: Number(textOf(part, "PartNumber")),
    etag: (textOf(part, "ETag") ?? "").replaceAll('"', ""),
    checksums: Object.fromEntries(
      [...part.matchAll(/<Checksum(\w+)>([^<]*)</g)].map(([, name = "", value = ""]) => [name, value]),
    ),
  }));
  const wrong = parts.length === 0 || parts.some(({ number, etag }) => !Number.isInteger(number) || etag === "");
  if (wrong || !document.includes("<CompleteMultipartUpload"))
    throw new S3Error(
      400,
      "MalformedXML",
      "The XML you provided was not well-formed or did not validate against our published schema",
    );
  if (parts.some(({ number }, index) => index > 0 && number <= parts[index - 1]!.number))
    throw new S3Error(
      400,
      "InvalidPartOrder",
      "The list of parts was not in ascending order. Parts must be ordered by part number.",
    );
  return parts;
}

function matchingPart(upload: Upload, { number, etag, checksums }: ListedPart): Part {
  const part = upload.parts.get(number);
  const algorithm = upload.checksum?.algorithm ?? "";
  const repeated = checksums[algorithm];
  const invalid = part === undefined || part.md5 !== etag || (repeated !== undefined && repeated !== part.checksum);
  if (invalid) {
    throw new S3Error(
      400,
      "InvalidPart",
      "One or more of the specified parts could not be found. The part may not have been uploaded, or the specified entity tag may not match the part's entity tag.",
      { UploadId: upload.uploadId, PartNumber: String(number), ETag: etag },
    );
  }
  if (upload.checksum?.type === "COMPOSITE" && repeated === undefined) {
    throw invalidRequest(
      `The upload was created using a ${algorithm.toLowerCase()} checksum. The complete request must include the checksum for each part. It was missing for part ${number} in the request.`,
    );
  }
  return part;
}

function checkSizes(upload: Upload, listed: readonly ListedPart[], parts: readonly Part[]): void {
  const small = parts.slice(0, -1).findIndex(({ content }) => content.size < MIN_PART);
  if (small < 0) return;
  throw new S3Error(400, "EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size", {
    ProposedSize: String(parts[small]!.content.size),
    MinSizeAllowed: String(MIN_PART),
    PartNumber: String(listed[small]!.number),
    ETag: parts[small]!.md5,
    UploadId: upload.uploadId,
  });
}

/** What the object is to have as its checksum; compared with what the client says it is. */
function checksumOfObject({ world, headers }: Exchange, upload: Upload, parts: readonly Part[]): Checksum | undefined {
  const stated = statedChecksum(headers);
  const type = headers["x-amz-checksum-type"];
  const usual = upload.checksum ?? { algorithm: "CRC64NVME", type: "FULL_OBJECT" };
  if (type !== undefined && type !== usual.type) {
    throw invalidRequest(
      `The upload was created using the ${usual.type} checksum mode. The complete request must use the same checksum mode.`,
    );
  }
  if (stated !== undefined && stated.algorithm !== usual.algorithm)
    throw invalidRequest(
      `Checksum Type mismatch occurred, expected checksum Type: ${usual.algorithm.toLowerCase()}, actual checksum Type: ${stated.algorithm.toLowerCase()}`,
    );
  if (upload.checksum?.type === "COMPOSITE") {
    const { algorithm } = upload.checksum;
    const value = compositeOf(
      algorithm,
      parts.map((part) => part.checksum!),
    );
    if (stated !== undefined && stated.value !== value && `${stated.value}-${parts.length}` !== value) throw badDigest(algorithm);
    return { algorithm, value, type: "COMPOSITE" };
  }
  // Nobody stated one: S3's own is computed when somebody asks for it.
  if (upload.checksum === undefined && stated === undefined) return undefined;
  const { algorithm } = stated ?? upload.checksum!;
  if (!world.keepBytes) return stated && { ...stated, type: "FULL_OBJECT" };
  const value = checksumOf(algorithm, joinedBytes(parts));
  if (stated !== undefined && stated.value !== value) throw badDigest(algorithm);
  return { algorithm, value, type: "FULL_OBJECT" };
}

function* joinedBytes(parts: readonly Part[]): Iterable<Uint8Array> {
  for (const { content } of parts) yield* content.slices(0, content.size);
}

/** The MD5 of the parts' MD5s, and how many there are. */
function multipartEtag(parts: readonly Part[]): string {
  const hash = createHash("md5");
  for (const { md5 } of parts) hash.update(Buffer.from(md5, "hex"));
  return `"${hash.digest("hex")}-${parts.length}"`;
}
