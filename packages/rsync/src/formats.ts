/** The four kinds of signature librsync knows. Stock duplicity writes and expects "md4" (spec 4.3). */
export type SignatureFormat = "md4" | "blake2" | "rabinkarp-md4" | "rabinkarp-blake2";

export interface FormatRow {
  readonly format: SignatureFormat;
  /** First four bytes of the file, big-endian. */
  readonly magic: number;
  readonly weak: "rollsum" | "rabinkarp";
  readonly strong: "md4" | "blake2";
  /** Longest strong sum, in bytes: the whole digest. */
  readonly maxStrongLength: number;
}

const ROWS: readonly FormatRow[] = [
  { format: "md4", magic: 0x72730136, weak: "rollsum", strong: "md4", maxStrongLength: 16 },
  { format: "blake2", magic: 0x72730137, weak: "rollsum", strong: "blake2", maxStrongLength: 32 },
  { format: "rabinkarp-md4", magic: 0x72730146, weak: "rabinkarp", strong: "md4", maxStrongLength: 16 },
  { format: "rabinkarp-blake2", magic: 0x72730147, weak: "rabinkarp", strong: "blake2", maxStrongLength: 32 },
];

/** Magic, block length, strong length: four bytes each (spec 4.3). */
export const SIGNATURE_HEADER_LENGTH = 12;

/** librsync reads a block length as a signed number, and refuses what is then negative. */
export const MAX_BLOCK_LENGTH = 0x7fff_ffff;

/** Bytes of a weak sum in a record. */
export const WEAK_LENGTH = 4;

export function rowOfFormat(format: SignatureFormat): FormatRow {
  return ROWS.find((row) => row.format === format)!;
}

/** The format with this magic number, or undefined. */
export function rowOfMagic(magic: number): FormatRow | undefined {
  return ROWS.find((row) => row.magic === magic);
}
