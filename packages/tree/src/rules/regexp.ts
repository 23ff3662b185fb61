import { Machine } from "./regexp/machine.ts";
import type { Node } from "./regexp/node.ts";
import { parseRegexp } from "./regexp/parse.ts";
import { spellRegexp } from "./regexp/spell.ts";

/** A regular expression to be searched for in the text of a path (as `textOf` gives it). */
export interface PathRegexp {
  test(text: string): boolean;
}

/**
 * Compiles what the options take: Python's dialect. Matching takes time of text times expression; only look-around and
 * references to groups are left to JavaScript's engine, which backtracks: with them a bad expression can take for ever.
 * @throws RangeError with the reason when it is malformed or not supported.
 */
export function compileRegexp(source: string, ignoreCase = false): PathRegexp {
  const node = parseRegexp(source, ignoreCase);
  return isRegular(node) ? new Machine(node) : spellRegexp(node);
}

function isRegular(node: Node): boolean {
  switch (node.kind) {
    case "one":
    case "place":
      return true;
    case "sequence":
    case "choice":
      return node.nodes.every(isRegular);
    case "repeat":
    case "group":
      return isRegular(node.node);
    case "reference":
    case "look":
      return false;
  }
}
