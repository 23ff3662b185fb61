import type { CharSet } from "./chars.ts";

/** A place between two characters. `before-end`: at the end, or before a newline that is the last character. */
export type Place = "start" | "end" | "before-end" | "line-start" | "line-end" | "word-edge" | "no-word-edge";

/** A regular expression, taken apart. */
export type Node =
  | { readonly kind: "one"; readonly set: CharSet }
  | { readonly kind: "place"; readonly place: Place; readonly ascii: boolean }
  | { readonly kind: "sequence" | "choice"; readonly nodes: readonly Node[] }
  /** `max` may be Infinity. */
  | { readonly kind: "repeat"; readonly node: Node; readonly min: number; readonly max: number; readonly lazy: boolean }
  /** A group that can be referred to. */
  | { readonly kind: "group"; readonly node: Node }
  | { readonly kind: "reference"; readonly group: number; readonly ignoreCase: boolean }
  | { readonly kind: "look"; readonly node: Node; readonly behind: boolean; readonly negated: boolean };
