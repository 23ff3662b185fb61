const LONGEST = 65_535;

/** Bytes as stored blocks of a DEFLATE stream, from one byte boundary to the next (RFC 1951 3.2.4). `last` ends the stream. */
export function storedBlocks(bytes: Uint8Array, last: boolean): Uint8Array {
  const blocks = Math.max(1, Math.ceil(bytes.length / LONGEST));
  const out = new Uint8Array(bytes.length + 5 * blocks);
  for (let block = 0, at = 0; block < blocks; block++) {
    const part = bytes.subarray(block * LONGEST, (block + 1) * LONGEST);
    out[at] = last && block === blocks - 1 ? 1 : 0;
    out[at + 1] = part.length;
    out[at + 2] = part.length >>> 8;
    out[at + 3] = ~part.length;
    out[at + 4] = ~part.length >>> 8;
    out.set(part, at + 5);
    at += 5 + part.length;
  }
  return out;
}
