/**
 * A regular expression of the command line, to be searched for in the text of a path. The option takes Python's
 * dialect: what people write in it that JavaScript spells otherwise is translated, the rest is the same in both.
 * Differs: `$` does not match before a final newline.
 * @throws SyntaxError when it is none.
 */
export function compileRegexp(source: string): RegExp {
  const flags = /^\(\?([ims]+)\)/.exec(source);
  const body = (flags === null ? source : source.slice(flags[0].length)).replace(
    /\\[AZ]|\\[^]|\(\?P<|\(\?P=(\w+)\)/g,
    (part, name: string | undefined) => (name === undefined ? (PYTHON[part] ?? part) : `\\k<${name}>`),
  );
  return new RegExp(body, [...new Set(flags?.[1])].join(""));
}

const PYTHON: Readonly<Record<string, string>> = { "\\A": "(?<![^])", "\\Z": "(?![^])", "(?P<": "(?<" };
