/** A duply conf is a shell script; of it only plain assignments are read, and nothing is ever run. */
export interface DuplyConf {
  readonly values: ReadonlyMap<string, string>;
  /** Lines, from 1, that are something else. */
  readonly notUnderstood: readonly number[];
}

const BEGINNINGS = /^(?:if|for|while|until|case|select|function)\b|^[A-Za-z_][\w-]*\s*\(\)|^\{/;
const ENDINGS = /(?:^|[;\s])(?:fi|done|esac|\})\s*(?:#.*)?$/;

/** What Linux takes for one argument: a value that doubles itself line by line would take all memory. */
const LONGEST = 1 << 17;

/** @param environment  what a script finds set: HOME, and no more than that is needed */
export function parseDuplyConf(text: string, environment: Readonly<Record<string, string | undefined>>): DuplyConf {
  const values = new Map<string, string>();
  const notUnderstood: number[] = [];
  let line = 1;
  let depth = 0;
  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at) < 0 ? text.length : text.indexOf("\n", at);
    const statement = text.slice(at, end).trim();
    if (statement === "" || statement.startsWith("#")) {
      at = end + 1;
      line++;
      continue;
    }
    // Only what always happens is taken: what stands in an `if` may not.
    const begins = BEGINNINGS.test(statement);
    if (begins) depth++;
    const read = depth > 0 ? undefined : readAssignments(text, at, (name) => values.get(name) ?? known(name, environment));
    if (ENDINGS.test(statement) && depth > 0) depth--;
    if (read === undefined) {
      notUnderstood.push(line);
      at = end + 1;
      line++;
      continue;
    }
    for (const [name, value] of read.found) values.set(name, value);
    line += text.slice(at, read.end).split("\n").length;
    at = read.end + 1;
  }
  return { values, notUnderstood };
}

function known(name: string, environment: Readonly<Record<string, string | undefined>>): string | undefined {
  return name === "HOME" ? environment["HOME"] : name === "DUPL_PARAMS" ? "" : undefined;
}

/** The assignments of one line (or more, if a quote goes on); undefined when there is anything else. `end`: its newline. */
function readAssignments(text: string, from: number, lookUp: (name: string) => string | undefined) {
  const found: [string, string][] = [];
  const scope = (name: string): string | undefined => found.findLast(([other]) => other === name)?.[1] ?? lookUp(name);
  let at = from;
  for (;;) {
    at += /^[ \t;]*/.exec(text.slice(at))![0].length;
    if (text[at] === undefined || text[at] === "\n" || text[at] === "\r") return { found, end: lineEnd(text, at) };
    if (text[at] === "#") return { found, end: lineEnd(text, at) };
    const [start, name, plus] = /^(?:export[ \t]+)?([A-Za-z_]\w*)(\+?)=/.exec(text.slice(at)) ?? [];
    if (start === undefined || name === undefined) return undefined;
    const word = readWord(text, at + start.length, scope);
    if (word === undefined || !/^[\s;]?$/.test(text[word.end] ?? "")) return undefined;
    const value = (plus ? (scope(name) ?? "") : "") + word.value;
    if (value.length > LONGEST) return undefined;
    found.push([name, value]);
    at = word.end;
  }
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** One word with its quotes and variables resolved; undefined when it would have to be run. */
function readWord(text: string, from: number, lookUp: (name: string) => string | undefined) {
  let value = "";
  let quoted = false;
  let at = from;
  for (; at < text.length; ) {
    const char = text[at]!;
    if (quoted ? char === '"' : /[\s;]/.test(char)) {
      if (!quoted) break;
      quoted = false;
      at++;
    } else if (!quoted && char === '"') {
      quoted = true;
      at++;
    } else if (!quoted && char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end < 0) return undefined;
      value += text.slice(at + 1, end);
      at = end + 1;
    } else if (char === "\\") {
      const next = text[at + 1] ?? "";
      value += next === "\n" ? "" : quoted && !/[$`"\\]/.test(next) ? `\\${next}` : next;
      at += 2;
    } else if (char === "$") {
      const [whole, braced, plain] = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(text.slice(at)) ?? [];
      const looked = lookUp(braced ?? plain ?? "");
      if (whole === undefined || looked === undefined || value.length + looked.length > LONGEST) return undefined;
      value += looked;
      at += whole.length;
    } else if (char === "`" || (!quoted && /[()<>|&*?[]/.test(char))) {
      return undefined;
    } else if (char === "~" && !quoted && at === from) {
      const home = lookUp("HOME");
      if (home === undefined) return undefined;
      value += home;
      at++;
    } else {
      value += char;
      at++;
    }
  }
  return quoted ? undefined : { value, end: at };
}

/** The words of a command line, as `eval` would split it; undefined when it would have to be run. */
export function shellWords(text: string): readonly string[] | undefined {
  const words: string[] = [];
  for (let at = 0; at < text.length; ) {
    at += /^\s*/.exec(text.slice(at))![0].length;
    if (at >= text.length) break;
    const word = readWord(text, at, () => undefined);
    if (word === undefined || word.end === at) return undefined;
    words.push(word.value);
    at = word.end;
  }
  return words;
}
