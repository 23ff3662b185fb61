import type { CharItem, CharSet } from "./chars.ts";
import { controlOf, hexLengths, isClassName, placeOf, Reader } from "./reader.ts";
import type { Node } from "./node.ts";

interface Flags {
  readonly i: boolean;
  readonly m: boolean;
  readonly s: boolean;
  readonly x: boolean;
  readonly a: boolean;
}

/**
 * Takes a regular expression in Python's dialect apart.
 * @throws RangeError with the reason when it is none, or uses what is not supported: conditions, atomic groups and
 * possessive repeats, characters by name, the locale.
 */
export function parseRegexp(source: string, ignoreCase: boolean): Node {
  return new Parser(source).all({ i: ignoreCase, m: false, s: false, x: false, a: false });
}

class Parser {
  readonly #in: Reader;
  #groups = 0;
  readonly #names = new Map<string, number>();
  readonly #open = new Set<number>();
  #depth = 0;

  constructor(source: string) {
    this.#in = new Reader(source);
  }

  all(given: Flags): Node {
    let flags = given;
    for (let found = this.#in.globalFlags(); found !== undefined; found = this.#in.globalFlags()) {
      flags = withFlags(flags, found, true);
    }
    const node = this.#choice(flags);
    if (!this.#in.done) throw new RangeError("unbalanced parenthesis");
    return node;
  }

  #choice(flags: Flags): Node {
    if (++this.#depth > MAX_DEPTH) throw new RangeError("it is nested too deeply");
    const nodes = [this.#sequence(flags)];
    while (this.#in.eat("|")) nodes.push(this.#sequence(flags));
    this.#depth--;
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(flags: Flags): Node {
    const nodes: Node[] = [];
    for (;;) {
      if (flags.x) this.#in.skipSpace();
      if (this.#in.done || this.#in.peek() === "|" || this.#in.peek() === ")") break;
      const node = this.#atom(flags);
      if (node !== undefined) nodes.push(this.#repeated(node, flags));
    }
    return { kind: "sequence", nodes };
  }

  #repeated(node: Node, flags: Flags): Node {
    if (flags.x) this.#in.skipSpace();
    const count = this.#in.repeat();
    if (count === undefined) return node;
    if (node.kind === "place") throw new RangeError("nothing to repeat");
    const lazy = this.#in.eat("?");
    if (!lazy && this.#in.eat("+")) throw new RangeError("possessive repeats are not supported");
    if (this.#in.repeat() !== undefined) throw new RangeError("multiple repeat");
    return { kind: "repeat", node, ...count, lazy };
  }

  /** Undefined for a comment. */
  #atom(flags: Flags): Node | undefined {
    const char = this.#in.next();
    switch (char) {
      case "(":
        return this.#group(flags);
      case "[":
        return one(this.#set(flags));
      case ".":
        return one({ items: flags.s ? [] : [{ from: 0x0a, to: 0x0a }], negated: true, ignoreCase: false });
      case "^":
        return place(flags.m ? "line-start" : "start", flags);
      case "$":
        return place(flags.m ? "line-end" : "before-end", flags);
      case "\\":
        return this.#escape(flags);
      case "*":
      case "+":
      case "?":
        throw new RangeError("nothing to repeat");
      case "{":
        if (this.#in.isRepeatAt(-1)) throw new RangeError("nothing to repeat");
    }
    return literal(char.codePointAt(0)!, flags);
  }

  #group(flags: Flags): Node | undefined {
    if (!this.#in.eat("?")) return this.#captured(flags);
    if (this.#in.eat("#")) {
      if (this.#in.until(")") === undefined) throw new RangeError("missing ), unterminated comment");
      return undefined;
    }
    if (this.#in.eat(":")) return this.#closed(flags);
    if (this.#in.eat("P<")) return this.#captured(flags, this.#name(">"));
    if (this.#in.eat("P=")) return this.#reference(this.#names.get(this.#name(")")), flags);
    for (const [sign, behind, negated] of LOOKS)
      if (this.#in.eat(sign)) return { kind: "look", node: this.#closed(flags), behind, negated };
    if (this.#in.eat("(")) throw new RangeError("conditions are not supported");
    if (this.#in.eat(">")) throw new RangeError("atomic groups are not supported");
    const found = this.#in.until(":");
    const [, on, off] = /^([aiLmsux]*)(?:-([imsx]+))?$/.exec(found ?? "*") ?? [];
    if (on === undefined) throw new RangeError("unknown extension, or flags that are not at the start");
    return this.#closed(withFlags(withFlags(flags, on, true), off ?? "", false));
  }

  #captured(flags: Flags, name?: string): Node {
    const group = ++this.#groups;
    if (name !== undefined) {
      if (this.#names.has(name)) throw new RangeError(`redefinition of the group ${name}`);
      this.#names.set(name, group);
    }
    this.#open.add(group);
    const node = this.#closed(flags);
    this.#open.delete(group);
    return { kind: "group", node };
  }

  #closed(flags: Flags): Node {
    const node = this.#choice(flags);
    if (!this.#in.eat(")")) throw new RangeError("unterminated group");
    return node;
  }

  #name(end: string): string {
    const name = this.#in.until(end);
    if (name === undefined || !/^[\p{L}_][\p{L}\p{N}_]*$/u.test(name)) throw new RangeError("bad name of a group");
    return name;
  }

  #reference(group: number | undefined, { i }: Flags): Node {
    if (group === undefined || group > this.#groups) throw new RangeError("reference to a group that is not there");
    if (this.#open.has(group)) throw new RangeError("reference to a group that is still open");
    return { kind: "reference", group, ignoreCase: i };
  }

  #escape(flags: Flags): Node {
    const char = this.#in.next("bad escape (end of pattern)");
    const where = placeOf(char);
    if (where !== undefined) return place(where, flags);
    if (isClassName(char)) return one({ items: [named(char, flags)], negated: false, ignoreCase: false });
    if (/[1-9]/.test(char)) {
      const octal = this.#in.octalAfter(char);
      if (octal !== undefined) return literal(octal, flags);
      const second = /[0-9]/.test(this.#in.peek()) ? this.#in.next() : "";
      return this.#reference(Number(char + second), flags);
    }
    return literal(this.#character(char), flags);
  }

  /** The code point that an escape stands for, inside a set or outside. */
  #character(char: string): number {
    if (char === "0") return this.#in.octal("0");
    const length = hexLengths[char];
    if (length !== undefined) return this.#in.hex(length, char);
    const control = controlOf(char);
    if (control !== undefined) return control;
    if (/[A-Za-z]/.test(char)) throw new RangeError(`bad escape \\${char}`);
    return char.codePointAt(0)!;
  }

  #set(flags: Flags): CharSet {
    const negated = this.#in.eat("^");
    const items: CharItem[] = [];
    const member = (): CharItem => {
      const char = this.#in.next("unterminated character set");
      if (char !== "\\") return only(char.codePointAt(0)!);
      const escaped = this.#in.next("unterminated character set");
      if (isClassName(escaped)) return named(escaped, flags);
      if (escaped === "b") return only(0x08);
      if (/[1-7]/.test(escaped)) return only(this.#in.octal(escaped));
      if (/[89]/.test(escaped)) throw new RangeError(`bad escape \\${escaped}`);
      return only(this.#character(escaped));
    };
    while (items.length === 0 || this.#in.peek() !== "]") {
      const low = member();
      if (this.#in.peek() !== "-" || this.#in.peek(1) === "]") {
        items.push(low);
        continue;
      }
      this.#in.next();
      const high = member();
      if (!("from" in low && "from" in high) || high.from < low.from) throw new RangeError("bad character range");
      items.push({ from: low.from, to: high.from });
    }
    this.#in.next();
    return { items, negated, ignoreCase: flags.i };
  }
}

const LOOKS = [
  ["=", false, false],
  ["!", false, true],
  ["<=", true, false],
  ["<!", true, true],
] as const;

/** Keeps the recursion within what a stack holds. */
const MAX_DEPTH = 200;

function withFlags(flags: Flags, letters: string, value: boolean): Flags {
  if (letters.includes("L")) throw new RangeError("the flag L (locale) is not supported");
  const set: Record<string, boolean> = {};
  for (const letter of letters) if (letter !== "u") set[letter] = value;
  return { ...flags, ...set };
}

function one(set: CharSet): Node {
  return { kind: "one", set };
}

function literal(char: number, { i }: Flags): Node {
  return one({ items: [only(char)], negated: false, ignoreCase: i });
}

function place(where: Extract<Node, { kind: "place" }>["place"], { a }: Flags): Node {
  return { kind: "place", place: where, ascii: a };
}

function only(char: number): CharItem {
  return { from: char, to: char };
}

function named(char: string, { a }: Flags): CharItem {
  return { named: char.toLowerCase() as "d" | "s" | "w", negated: char !== char.toLowerCase(), ascii: a };
}
