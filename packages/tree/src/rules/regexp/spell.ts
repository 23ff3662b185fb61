import { type CharItem, type CharSet, CLASSES } from "./chars.ts";
import type { Node, Place } from "./node.ts";

/**
 * A regular expression as JavaScript has it (flag `u`). In what Python does not say the same, the result is spelled out:
 * classes, ends of lines, edges of words.
 * Differs: a reference to a group that took no part matches nothing, where Python does not match.
 * @throws RangeError when only a part of it ignores cases: JavaScript cannot do that.
 */
export function spellRegexp(node: Node): RegExp {
  const cases = new Set<boolean>();
  const source = spell(node, cases);
  if (cases.size > 1) throw new RangeError("flags for a part do not go together with look-around and references");
  return new RegExp(source, cases.has(true) ? "ui" : "u");
}

/** `cases` collects whether parts that know letters ignore their cases. */
function spell(node: Node, cases: Set<boolean>): string {
  switch (node.kind) {
    case "one":
      if (node.set.items.some((item) => "from" in item && item.to > NEWLINE)) cases.add(node.set.ignoreCase);
      return spellSet(node.set);
    case "place":
      return spellPlace(node.place, `[${CLASSES.w[node.ascii ? "ascii" : "unicode"]}]`);
    case "sequence":
      return node.nodes.map((each) => spell(each, cases)).join("");
    case "choice":
      return `(?:${node.nodes.map((each) => spell(each, cases)).join("|")})`;
    case "repeat": {
      const max = node.max === Number.POSITIVE_INFINITY ? "" : node.max;
      return `(?:${spell(node.node, cases)}){${node.min},${max}}${node.lazy ? "?" : ""}`;
    }
    case "group":
      return `(${spell(node.node, cases)})`;
    case "reference":
      cases.add(node.ignoreCase);
      return `(?:\\${node.group})`;
    case "look":
      return `(?${node.behind ? "<" : ""}${node.negated ? "!" : "="}${spell(node.node, cases)})`;
  }
}

const NEWLINE = 0x0a;
const AT_START = "(?<![^])";
const AT_END = "(?![^])";

function spellSet({ items, negated }: CharSet): string {
  if (items.length === 0) return negated ? "[^]" : "[]";
  const listed = items.map(spellItem).join("|");
  return negated ? `(?!${listed})[^]` : `(?:${listed})`;
}

function spellItem(item: CharItem): string {
  if ("from" in item) return `[\\u{${item.from.toString(16)}}-\\u{${item.to.toString(16)}}]`;
  return `[${item.negated ? "^" : ""}${CLASSES[item.named][item.ascii ? "ascii" : "unicode"]}]`;
}

function spellPlace(place: Place, word: string): string {
  switch (place) {
    case "start":
      return AT_START;
    case "end":
      return AT_END;
    case "before-end":
      return `(?=\\n?${AT_END})`;
    case "line-start":
      return `(?<=\\n|${AT_START})`;
    case "line-end":
      return `(?=\\n|${AT_END})`;
    case "word-edge":
      return `(?:(?<=${word})(?!${word})|(?<!${word})(?=${word}))`;
    case "no-word-edge":
      return `(?:(?<=${word})(?=${word})|(?<!${word})(?!${word})(?:(?<=[^])|(?=[^])))`; // not in an empty text
  }
}
