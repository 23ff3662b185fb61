import { concatBytes } from "@doppel/base";
import { basisOf, patch } from "../patch.ts";
import type { Rsync } from "../rsync.ts";
import type { SignatureOptions } from "../signature-builder.ts";
import type { SearchWindow } from "../search-window.ts";
import { SignatureParser } from "../signature-parser.ts";
import type { SignatureTable } from "../signature-table.ts";

/** The whole signature of the chunks together. */
export function signatureOf(rsync: Rsync, options: SignatureOptions, ...chunks: readonly Uint8Array[]): Uint8Array {
  const builder = rsync.signature(options);
  const out = chunks.map((chunk) => builder.update(chunk));
  return concatBytes([...out, builder.finish()]);
}

export function tableOf(...chunks: readonly Uint8Array[]): SignatureTable {
  const parser = new SignatureParser();
  for (const chunk of chunks) parser.update(chunk);
  return parser.finish();
}

/** The whole delta to the chunks together. */
export function deltaOf(rsync: Rsync, signature: SignatureTable, ...chunks: readonly Uint8Array[]): Uint8Array {
  const encoder = rsync.delta(signature);
  const out = chunks.flatMap((chunk) => encoder.update(chunk));
  return concatBytes([...out, ...encoder.finish()]);
}

/** The same, made together with the file's own signature. */
export function deltaWithSignatureOf(
  rsync: Rsync,
  signature: SignatureTable,
  options: SignatureOptions,
  ...chunks: readonly Uint8Array[]
): Uint8Array {
  const encoder = rsync.delta(signature);
  const builder = rsync.signature(options);
  const out = chunks.flatMap((chunk) => encoder.update(chunk, builder.update(chunk)));
  return concatBytes([...out, ...encoder.finish()]);
}

/** The whole patched file. */
export function patched(basis: Uint8Array, ...delta: readonly Uint8Array[]): Uint8Array {
  return concatBytes([...patch(basisOf(basis), delta)]);
}

/** One byte at a time. */
export function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

export function hex(text: string): Uint8Array {
  return Buffer.from(text.replaceAll(" ", ""), "hex");
}

/** What `make` returns, or "refused" if it throws a DoppelError with this code. Any other error goes through: it is a bug. */
export function orRefused<T>(code: string, make: () => T): T | "refused" {
  try {
    return make();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === code) return "refused";
    throw error;
  }
}

/** How a long signature is searched: a window of it, that moves on before each chunk of the file. */
export interface Windowed {
  readonly window: SearchWindow;
  /** The signature in the pieces in which it comes. */
  readonly signature: readonly Uint8Array[];
  /** What the file's own signature is made with, if it is made along with the delta. */
  readonly own?: SignatureOptions;
}

/** The whole delta to the chunks together, of the parts of a signature that are in the window. Each chunk may be in pieces. */
export function windowedDeltaOf(rsync: Rsync, windowed: Windowed, ...chunks: readonly (readonly Uint8Array[])[]): Uint8Array {
  const parser = new SignatureParser({ window: windowed.window });
  const pieces = windowed.signature.values();
  const fill = (): SignatureTable => {
    while (!parser.isFull) {
      const { value, done } = pieces.next();
      if (done) return parser.finish();
      parser.update(value);
    }
    return parser.table;
  };
  const encoder = rsync.delta(fill());
  const builder = windowed.own && rsync.signature(windowed.own);
  const out: Uint8Array[] = [];
  let position = 0;
  for (const chunk of chunks) {
    while (parser.moveTo(position)) encoder.searchIn(fill());
    for (const piece of chunk) {
      out.push(...encoder.update(piece, builder?.update(piece)));
      position += piece.length;
    }
  }
  return concatBytes([...out, ...encoder.finish()]);
}
