/** The bytes of a delta (spec 4.4). */

/** First four bytes, big-endian. */
export const DELTA_MAGIC = 0x72730236;

export const END = 0x00;
/** Opcodes 1 to this are literals of as many bytes. */
export const MAX_SHORT_LITERAL = 64;
/** This and the next three: a literal whose length is in the next 1, 2, 4 or 8 bytes. */
export const LITERAL = 0x41;
/** COPY + 4 * o + l: a copy, its offset in the next 2^o bytes, then its length in 2^l. */
export const COPY = 0x45;
/** This and all above mean nothing. */
export const RESERVED = 0x55;

/** What librsync 2.3.2 puts into one literal command at most. */
export const MAX_LITERAL = 32768;
