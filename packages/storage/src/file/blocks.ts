/** Bytes of one write: large enough that its system call costs nothing, and a multiple of every sector and page size. */
export const BLOCK_BYTES = 1 << 20;

/** As much of WebAssembly as is used here: the types of Node do not have it. */
declare const WebAssembly: { readonly Memory: new (options: { initial: number }) => { readonly buffer: ArrayBuffer } };

/** WebAssembly's unit of memory. */
const WASM_PAGE = 1 << 16;

/**
 * Memory to write files from, used again and again. It begins at a page of the machine, as a write past the page cache wants
 * it: the memory of WebAssembly is the only one of which Node promises that.
 */
export class Blocks {
  readonly #free: Uint8Array[] = [];

  take(): Uint8Array {
    return this.#free.pop() ?? new Uint8Array(new WebAssembly.Memory({ initial: BLOCK_BYTES / WASM_PAGE }).buffer);
  }

  giveBack(block: Uint8Array): void {
    this.#free.push(block);
  }
}
