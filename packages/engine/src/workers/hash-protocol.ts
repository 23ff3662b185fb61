/** Lower-case hex over the bytes of one object. */
export interface Sums {
  readonly sha1: string;
  readonly sha256: string;
}

/** Memory whose first `length` bytes are the next of an object. */
export interface Filled {
  readonly memory: Uint8Array<ArrayBuffer>;
  readonly length: number;
}

/** Objects are told apart by a number. After "sums" or "forget" nothing is known of one. */
export type HashRequest =
  | { readonly task: "update"; readonly object: number; readonly filled: Filled }
  | { readonly task: "sums" | "forget"; readonly object: number };

/** The memory comes back; or the sums; or nothing. */
export type HashValue = Filled | Sums | undefined;
