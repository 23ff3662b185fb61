import { describe, expect, it } from "vitest";
import { compileRegexp } from "../regexp.ts";

const found = (regexp: string, text: string, ignoreCase = false) => compileRegexp(regexp, ignoreCase).test(text);

describe("compileRegexp", () => {
  it("searches, and knows both ends", () => {
    expect(found("b+", "abbc")).toBe(true);
    expect(found("^b", "abbc")).toBe(false);
    expect(found("\\Aa.*c\\Z", "abbc")).toBe(true);
    expect(found("", "")).toBe(true);
    expect(found("\\.py$", "x.py\n")).toBe(true); // as Python, before a final newline
    expect(found("\\.py\\Z", "x.py\n")).toBe(false);
    expect(found("\\.py$", "x.py\n\n")).toBe(false);
    expect(found("(?m)^b$", "a\nb\nc")).toBe(true);
    expect(found("a.b", "a\nb")).toBe(false);
    expect(found("(?s)a.b", "a\nb")).toBe(true);
    expect(found("a.b", "a\u2028b")).toBe(true); // a line separator is nothing special in Python
  });

  it("understands groups, names, flags, comments, white space", () => {
    expect(found("(?P<year>\\d{4})-(?P=year)", "2001-2001")).toBe(true);
    expect(found("(a|b)\\1", "abab")).toBe(false);
    expect(found("(?i:A)b", "ab")).toBe(true);
    expect(found("(?i:A)B", "ab")).toBe(false);
    expect(found("(?i)x(?-i:y)", "XY")).toBe(false);
    expect(found("(?x) a b # both\n c", "abc")).toBe(true);
    expect(found("a(?#note)b", "ab")).toBe(true);
    expect(found("src/(?!keep).*\\.o$", "src/keep/a.o")).toBe(false);
    expect(found("(?<=src/)a", "src/a")).toBe(true);
    expect(found("ÄX", "äx", true)).toBe(true);
  });

  it("knows sets, classes and escapes", () => {
    expect(found("[]a]", "]")).toBe(true);
    expect(found("[^]a]", "]a")).toBe(false);
    expect(found("[a-]", "-")).toBe(true);
    expect(found("[\\w-]+$", "ä-1")).toBe(true);
    expect(found("(?a)^\\w$", "ä")).toBe(false);
    expect(found("\\x41\\u0042\\U00000043\\104\\0", "ABCD\0")).toBe(true);
    expect(found("[\\b]", "\b")).toBe(true);
    expect(found("\\bb\\b", "a b c")).toBe(true);
    expect(found("a{,2}b", "b")).toBe(true);
    expect(found("a{x}", "a{x}")).toBe(true);
    expect(found("^a{2,3}?$", "aaa")).toBe(true);
    expect(found("^.$", "😀")).toBe(true);
    expect(found("^.$", "\udcff")).toBe(true); // a byte that is no UTF-8
  });

  it("refuses what is malformed or not supported, with the reason", () => {
    const reasons: readonly (readonly [string, RegExp])[] = [
      ["(", /unterminated group/],
      [")", /unbalanced parenthesis/],
      ["[a", /unterminated character set/],
      ["[]", /unterminated character set/],
      ["*a", /nothing to repeat/],
      ["a**", /multiple repeat/],
      ["a{3,2}", /min repeat greater/],
      ["\\", /bad escape/],
      ["\\q", /bad escape \\q/],
      ["[z-a]", /bad character range/],
      ["\\1", /group/],
      ["(\\1)", /still open/],
      ["a++", /possessive/],
      ["(?>a)", /atomic/],
      ["(a)?(?(1)b)", /conditions/],
      ["(?L)a", /locale/],
      ["(?P<1>a)", /bad name/],
      ["(?P<a>a)(?P<a>b)", /redefinition/],
      ["a(?i)b", /not at the start/],
      ["(?:a{1000}){1000}", /too large/],
      ["(".repeat(5000), /nested too deeply/],
      ["(?=x)(?i:a)b", /part/],
    ];
    for (const [regexp, reason] of reasons) expect(() => compileRegexp(regexp), regexp).toThrow(reason);
    for (const [regexp] of reasons) expect(() => compileRegexp(regexp), regexp).toThrow(RangeError);
  });

  it("answers at once where backtracking would take for ever", () => {
    const text = `src/${"a".repeat(4000)}`;
    for (const regexp of ["(a|a)*b", "(a+)+b", "(a*)*$x", "(.*a){12}b", "(a?){100}a{100}b", "^(([a-z])+.)+[A-Z]([a-z])+$"]) {
      expect(found(regexp, text), regexp).toBe(false);
    }
  });
});
