/** ListParts and ListMultipartUploads. */
import { type Exchange, type Handler, xmlReply } from "./exchange.ts";
import { MAX_PARTS, uploadOf } from "./multipart.ts";
import { numberIn, textEncoder } from "./parameters.ts";
import { compareKeys, type Upload } from "./store.ts";
import { element, result } from "./xml.ts";

const PAGE = 1000;

export const listParts: Handler = (exchange) => {
  const { target, bucket } = exchange;
  const upload = uploadOf(exchange);
  const marker = limit(exchange, "part-number-marker", MAX_PARTS) ?? 0;
  const max = Math.min(limit(exchange, "max-parts", 2 ** 31 - 1) ?? PAGE, PAGE);
  const numbers = [...upload.parts.keys()].sort((a, b) => a - b).filter((number) => number > marker);
  const page = numbers.slice(0, max);
  const checksum = upload.checksum && [
    element("ChecksumAlgorithm", upload.checksum.algorithm),
    element("ChecksumType", upload.checksum.type),
  ];
  return xmlReply(
    result("ListPartsResult", [
      element("Bucket", bucket.name),
      element("Key", textEncoder(target.query)(upload.key)),
      element("UploadId", upload.uploadId),
      ...person("Initiator", upload.initiator),
      element("StorageClass", upload.storageClass),
      element("PartNumberMarker", marker),
      element("NextPartNumberMarker", page.at(-1) ?? 0),
      element("MaxParts", max),
      element("IsTruncated", numbers.length > page.length),
      ...(checksum ?? []),
      ...page.map((number) => partRow(upload, number)),
    ]),
  );
};

export const listMultipartUploads: Handler = (exchange) => {
  const { bucket, target } = exchange;
  const { query } = target;
  const encode = textEncoder(query);
  const prefix = query.get("prefix") ?? "";
  const max = Math.min(limit(exchange, "max-uploads", 2 ** 31 - 1) ?? PAGE, PAGE);
  const [keyMarker, idMarker] = [query.get("key-marker") ?? "", query.get("upload-id-marker") ?? ""];
  const all = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix)).sort(byKeyThenAge);
  const marked = idMarker === "" ? -1 : all.findIndex(({ key, uploadId }) => key === keyMarker && uploadId === idMarker);
  const uploads = marked >= 0 ? all.slice(marked + 1) : all.filter(({ key }) => compareKeys(key, keyMarker) > 0);
  const page = uploads.slice(0, max);
  const truncated = uploads.length > page.length;
  const last = page.at(-1);
  const next =
    truncated && last ? [element("NextKeyMarker", encode(last.key)), element("NextUploadIdMarker", last.uploadId)] : [];
  return xmlReply(
    result("ListMultipartUploadsResult", [
      element("Bucket", bucket.name),
      element("KeyMarker", encode(keyMarker)),
      element("UploadIdMarker", idMarker),
      ...next,
      element("Prefix", encode(prefix)),
      element("MaxUploads", max),
      ...(query.has("encoding-type") ? [element("EncodingType", "url")] : []),
      element("IsTruncated", truncated),
      ...page.map((upload) => uploadRow(upload, encode)),
    ]),
  );
};

function limit({ target }: Exchange, name: string, high: number): number | undefined {
  return numberIn(name, target.query.get(name), 0, high, `Argument ${name} must be an integer between 0 and ${high}`);
}

function partRow({ parts, checksum }: Upload, number: number): string {
  const part = parts.get(number)!;
  return element("Part", [
    element("PartNumber", number),
    element("LastModified", part.modified.toISOString()),
    element("ETag", `"${part.md5}"`),
    element("Size", part.content.size),
    ...(checksum && part.checksum !== undefined ? [element(`Checksum${checksum.algorithm}`, part.checksum)] : []),
  ]);
}

function uploadRow(upload: Upload, encode: (text: string) => string): string {
  return element("Upload", [
    element("Key", encode(upload.key)),
    element("UploadId", upload.uploadId),
    ...person("Initiator", upload.initiator),
    element("StorageClass", upload.storageClass),
    element("Initiated", upload.initiated.toISOString()),
    ...(upload.checksum
      ? [element("ChecksumAlgorithm", upload.checksum.algorithm), element("ChecksumType", upload.checksum.type)]
      : []),
  ]);
}

/** The bucket's owner owns all objects; who began an upload is told apart. */
function person(role: "Initiator", name: string): string[] {
  const names = [element("ID", `arn:aws:iam::123456789012:user/${name}`), element("DisplayName", name)];
  return [element(role, names), element("Owner", [element("ID", "testkit")])];
}

function byKeyThenAge(a: Upload, b: Upload): number {
  return compareKeys(a.key, b.key) || a.initiated.getTime() - b.initiated.getTime() || (a.uploadId < b.uploadId ? -1 : 1);
}
