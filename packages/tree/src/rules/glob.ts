import { Automaton, EXACT, INSIDE, SCAN } from "./automaton.ts";
import { SLASH, type Token, tokenize, tokenizeLiteral } from "./tokens.ts";

/** One pattern of the command-line spec 6.3 (or one literal path of 6.5), compiled. Texts are as `textOf` gives them. */
export interface Glob {
  /**
   * Names that every text which matches begins with, from the first on; of an absolute pattern the first is "". A text
   * that is cut off within them, before a slash, answers "scan".
   */
  readonly anchor: readonly string[];
  /** "match": the text or a directory above it matches. "scan": something below it may. */
  readonly answer: (text: string, isDirectory: boolean) => "match" | "scan" | undefined;
}

/** How a pattern is understood. */
export interface GlobOptions {
  /** No character is special (`--filter-literal`). */
  readonly literal?: boolean;
  /** As if it began with `ignorecase:`. */
  readonly ignoreCase?: boolean;
}

/**
 * Compiles a pattern.
 * @throws RangeError with the reason when the pattern is malformed.
 */
export function compileGlob(pattern: string, options: GlobOptions = {}): Glob {
  const prefixed = options.literal !== true && IGNORE_CASE.test(pattern);
  const ignoreCase = prefixed || options.ignoreCase === true;
  let body = prefixed ? pattern.replace(IGNORE_CASE, "") : pattern;
  if (body === "") throw new RangeError("it is empty");
  if (options.literal !== true && body.includes("//")) throw new RangeError("it has two slashes in a row");
  const cut = body !== "/" && body.endsWith("/");
  if (cut) body = body.slice(0, -1);
  const literal = options.literal === true;
  if (body === "/") return compiled("", tokenize("/**", false), { absolute: true, onlyDirectories: false });
  if (!literal && body === "**" && !cut) return { anchor: [], answer: () => "match" };
  const traits = { absolute: body.startsWith("/"), onlyDirectories: cut && !literal };
  // Long lists are of plain paths: these need no tokens.
  if (!ignoreCase && (literal || !SPECIAL.test(body))) return compiled(body, [], traits);
  const tokens = literal ? tokenizeLiteral(body, ignoreCase) : tokenize(body, ignoreCase);
  // Most patterns begin with a plain path, and most paths differ there: the head is compared as a string.
  const headLength = ignoreCase ? 0 : countWhile(tokens, (token) => token.kind === "one" && token.literal !== undefined);
  const head = tokens.slice(0, headLength).map((token) => String.fromCodePoint((token.kind === "one" && token.literal) || 0));
  return compiled(head.join(""), tokens.slice(headLength), traits);
}

const SPECIAL = /[*?[]/;

interface Traits {
  readonly absolute: boolean;
  readonly onlyDirectories: boolean;
}

/** `head`, a plain text, and then `tokens`. */
function compiled(head: string, tokens: readonly Token[], { absolute, onlyDirectories }: Traits): Glob {
  const rest = tokens.length > 0 ? new Automaton(tokens) : undefined;

  const answer: Glob["answer"] = (text, isDirectory) => {
    let found = 0;
    if (text.length < head.length) {
      if (head.charCodeAt(text.length) === SLASH && head.startsWith(text)) found = SCAN;
    } else if (text.startsWith(head)) {
      found = rest === undefined ? afterLiteral(text, head) : rest.run(text, head.length);
    }
    // Stock: where it must be a directory and is not, the pattern says nothing at all, not even for a directory above.
    if (onlyDirectories && !isDirectory && (found & EXACT) !== 0) return undefined;
    if ((found & (EXACT | INSIDE)) !== 0) return "match";
    return (found & SCAN) !== 0 || (absolute && text === "/") ? "scan" : undefined;
  };
  return { anchor: head.split("/").slice(0, rest === undefined ? undefined : -1), answer };
}

const IGNORE_CASE = /^ignorecase:/i;

function afterLiteral(text: string, head: string): number {
  if (text.length === head.length) return EXACT;
  return text.charCodeAt(head.length) === SLASH ? INSIDE : 0;
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const end = items.findIndex((item) => !holds(item));
  return end < 0 ? items.length : end;
}
