import { type BytePath, displayPath, pathFromText } from "@doppel/base";
import { shellWord } from "@doppel/engine/internal";

/**
 * An argument as a person can read it and bash takes it: UTF-8 stays readable, in single quotes where needed; what may not
 * be shown (control characters, bytes that are not UTF-8) is escaped in `$'…'`.
 */
export function pasteable(argument: BytePath): string {
  const text = displayPath(argument);
  if (pathFromText(text) !== argument) return shellWord(argument);
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
