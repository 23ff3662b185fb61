import { Buffer } from "node:buffer";
import { MODULE } from "./module.ts";

/** What we use of the global; our type libraries leave it out. */
declare const WebAssembly: {
  validate(binary: Uint8Array): boolean;
  instantiate(binary: Uint8Array): Promise<{ readonly instance: { readonly exports: Encoder } }>;
};

/** What assembly/index.ts exports; booleans are 0 or 1. */
export interface Encoder {
  readonly memory: { readonly buffer: ArrayBuffer };
  prepare(capacity: number): number;
  inputStart(): number;
  outputStart(): number;
  deflate(length: number, level: number, last: number): number;
}

/** A new encoder with memory of its own; undefined where WebAssembly has no vectors. */
export async function instantiate(): Promise<Encoder | undefined> {
  const binary = Buffer.from(MODULE, "base64");
  if (!WebAssembly.validate(binary)) return undefined;
  return (await WebAssembly.instantiate(binary)).instance.exports;
}
