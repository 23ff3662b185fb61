/** The checksums that S3 knows, in its form: base64 of the big-endian bytes. */
import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";

export type ChecksumAlgorithm = "CRC32" | "CRC32C" | "CRC64NVME" | "SHA1" | "SHA256";

export const CHECKSUM_ALGORITHMS: readonly ChecksumAlgorithm[] = ["CRC32", "CRC32C", "CRC64NVME", "SHA1", "SHA256"];

/** FULL_OBJECT: over all bytes. COMPOSITE: over the parts' checksums, with `-N`. */
export type ChecksumType = "COMPOSITE" | "FULL_OBJECT";

export interface Checksum {
  readonly algorithm: ChecksumAlgorithm;
  /** Base64, and `-N` behind it when COMPOSITE. */
  readonly value: string;
  readonly type: ChecksumType;
}

/** The bytes of a checksum. */
const LENGTHS: Readonly<Record<ChecksumAlgorithm, number>> = { CRC32: 4, CRC32C: 4, CRC64NVME: 8, SHA1: 20, SHA256: 32 };

/** The header that carries one. */
export function checksumHeader(algorithm: ChecksumAlgorithm): string {
  return `x-amz-checksum-${algorithm.toLowerCase()}`;
}

/** Whether a client can have meant this as a checksum. */
export function isWellFormed(algorithm: ChecksumAlgorithm, value: string): boolean {
  const bytes = Buffer.from(value, "base64");
  return bytes.length === LENGTHS[algorithm] && bytes.toString("base64") === value;
}

/** The checksum of all chunks in their order. */
export function checksumOf(algorithm: ChecksumAlgorithm, chunks: Iterable<Uint8Array>): string {
  switch (algorithm) {
    case "CRC32": {
      let crc = 0;
      for (const chunk of chunks) crc = crc32(chunk, crc);
      return base64Of(crc);
    }
    case "CRC32C": {
      let crc = 0xffffffff;
      for (const chunk of chunks) for (const byte of chunk) crc = CRC32C_TABLE[(crc ^ byte) & 255]! ^ (crc >>> 8);
      return base64Of((crc ^ 0xffffffff) >>> 0);
    }
    case "CRC64NVME":
      return crc64(chunks);
    case "SHA1":
    case "SHA256": {
      const hash = createHash(algorithm.toLowerCase());
      for (const chunk of chunks) hash.update(chunk);
      return hash.digest("base64");
    }
  }
}

/** The COMPOSITE checksum of an object whose parts have these. */
export function compositeOf(algorithm: ChecksumAlgorithm, parts: readonly string[]): string {
  const joined = Buffer.concat(parts.map((part) => Buffer.from(part, "base64")));
  return `${checksumOf(algorithm, [joined])}-${parts.length}`;
}

function base64Of(crc: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
}

/** Castagnoli, reflected. */
const CRC32C_TABLE = Uint32Array.from({ length: 256 }, (_, index) => {
  let crc = index;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
  return crc >>> 0;
});

/** CRC-64/NVME, reflected, as halves: 64-bit integers are slow. */
const CRC64_HIGH = new Uint32Array(256);
const CRC64_LOW = new Uint32Array(256);
for (let index = 0; index < 256; index++) {
  let crc = BigInt(index);
  for (let bit = 0; bit < 8; bit++) crc = crc & 1n ? (crc >> 1n) ^ 0x9a6c9329ac4bc9b5n : crc >> 1n;
  CRC64_HIGH[index] = Number(crc >> 32n);
  CRC64_LOW[index] = Number(crc & 0xffffffffn);
}

function crc64(chunks: Iterable<Uint8Array>): string {
  let high = 0xffffffff;
  let low = 0xffffffff;
  for (const chunk of chunks) {
    for (const byte of chunk) {
      const index = (low ^ byte) & 255;
      low = ((low >>> 8) | (high << 24)) ^ CRC64_LOW[index]!;
      high = (high >>> 8) ^ CRC64_HIGH[index]!;
    }
  }
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32BE(~high >>> 0, 0);
  bytes.writeUInt32BE(~low >>> 0, 4);
  return bytes.toString("base64");
}
