export { type CopyCommand, type DeltaCommand, DeltaDecoder, type DeltaDecoderOptions } from "./delta-decoder.ts";
export type { DeltaEncoder } from "./delta-encoder.ts";
export type { SignatureFormat } from "./formats.ts";
export { blockLengthFor, signatureLength } from "./lengths.ts";
export { type Basis, basisOf, PATCH_CHUNK, Patcher, patch } from "./patch.ts";
export { loadRsync, type Rsync } from "./rsync.ts";
export type { SignatureBuilder, SignatureOptions } from "./signature-builder.ts";
export { parseSignature, type SignatureLimits, SignatureParser } from "./signature-parser.ts";
export type { SignatureTable } from "./signature-table.ts";
