/** The bytes of an object, without one long copy of them. */
export interface Content {
  readonly size: number;
  /** The bytes from `start` up to `end`, in pieces. */
  slices(start: number, end: number): Iterable<Uint8Array>;
}

/** Owns the chunks. */
export function keptContent(chunks: readonly Uint8Array[]): Content {
  return joinContents(chunks.map((chunk) => ({ size: chunk.length, slices: (start, end) => [chunk.subarray(start, end)] })));
}

export function zeroContent(size: number): Content {
  return {
    size,
    *slices(start, end) {
      for (let at = start; at < end; at += ZEROS.length) yield ZEROS.subarray(0, Math.min(ZEROS.length, end - at));
    },
  };
}

export function joinContents(contents: readonly Content[]): Content {
  return {
    size: contents.reduce((sum, { size }) => sum + size, 0),
    *slices(start, end) {
      let at = 0;
      for (const content of contents) {
        const [from, to] = [Math.max(start - at, 0), Math.min(end - at, content.size)];
        if (from < to) yield* content.slices(from, to);
        at += content.size;
      }
    },
  };
}

export function allBytes(content: Content): Uint8Array {
  return Buffer.concat([...content.slices(0, content.size)]);
}

const ZEROS = new Uint8Array(65_536);
