import { Automaton, EXACT, INSIDE, SCAN } from "./automaton.ts";
import { SLASH, tokenize } from "./tokens.ts";

/**
 * One glob pattern of the command-line spec 6.3, compiled.
 * "match": the text or a directory above it matches. "scan": something below it may.
 */
export type Glob = (text: string, isDirectory: boolean) => "match" | "scan" | undefined;

/**
 * Compiles a pattern; texts are as `textOf` gives them.
 * @throws RangeError with the reason when the pattern is malformed.
 */
export function compileGlob(pattern: string): Glob {
  const ignoreCase = IGNORE_CASE.test(pattern);
  let body = ignoreCase ? pattern.replace(IGNORE_CASE, "") : pattern;
  if (body === "") throw new RangeError("it is empty");
  if (body.includes("//")) throw new RangeError("it has two slashes in a row");
  const onlyDirectories = body !== "/" && body.endsWith("/");
  if (onlyDirectories) body = body.slice(0, -1);
  if (body === "/") body = "/**";
  if (body === "**" && !onlyDirectories) return () => "match";

  const tokens = tokenize(body, ignoreCase);
  const absolute = body.startsWith("/");
  // Most patterns are plain paths or begin with one, and most paths differ there: the head is compared as a string.
  const headLength = ignoreCase ? 0 : countWhile(tokens, (token) => token.kind === "one" && token.literal !== undefined);
  const head = tokens
    .slice(0, headLength)
    .map((token) => String.fromCodePoint((token.kind === "one" && token.literal) || 0))
    .join("");
  const rest = headLength < tokens.length ? new Automaton(tokens.slice(headLength)) : undefined;

  return (text, isDirectory) => {
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
