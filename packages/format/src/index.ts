export { type BackupSet, buildCollection, type Chain, type Collection, type Conflict } from "./chains.ts";
export { chainAt } from "./choose.ts";
export { type DifftarKind, difftarHeader } from "./difftar.ts";
export { type DifftarItem, type DifftarOptions, DifftarReader } from "./difftar-reader.ts";
export {
  type Bound,
  type Change,
  formatChange,
  formatFilelistHead,
  formatManifest,
  type Manifest,
  type VolumeInfo,
  volumesFor,
} from "./manifest.ts";
export { ManifestParser, parseManifest } from "./manifest-parser.ts";
export {
  type Encoding,
  indexName,
  manifestName,
  type NamePrefixes,
  NO_PREFIXES,
  type ObjectName,
  parseName,
  receiptName,
  type SetId,
  signaturesName,
  volumeName,
} from "./names.ts";
export { type ParsedReceipt, parseReceipt } from "./receipt/parse.ts";
export type {
  FolderCounts,
  PreviousReceipt,
  Receipt,
  ReceiptCounts,
  ReceiptEncryption,
  ReceiptObject,
} from "./receipt/receipt.ts";
export { formatReceipt, MAX_RECEIPT_BYTES, receiptHash, receiptSignature } from "./receipt/write.ts";
export { blocksFor, findIndexEnd, parseBlocks, parseContents, sealOf } from "./set-index/contents.ts";
export type {
  IndexBlock,
  IndexContents,
  IndexedEntry,
  IndexedVolume,
  IndexEnd,
  IndexItem,
  ObjectKey,
  TarPlace,
  VolumeLayout,
} from "./set-index/records.ts";
export { badIndex, SetIndexReader } from "./set-index/reader.ts";
export {
  indexAttributes,
  indexBlock,
  indexEnd,
  indexEntry,
  indexHead,
  indexKey,
  indexSeal,
  indexVolume,
  SEAL_BYTES,
} from "./set-index/write.ts";
export { type SigtarItem, SigtarReader, sigtarDeletedHeader, sigtarHeader } from "./sigtar.ts";
export { END_OF_ARCHIVE, encodeTarHeader, TAR_BLOCK, type TarHeader, tarPadding } from "./tar/header.ts";
export { type TarItem, TarParser } from "./tar/parser.ts";
export { formatTime, parseTime } from "./time.ts";
export { parseTimeExpression } from "./time-expression.ts";
