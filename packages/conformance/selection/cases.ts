import { mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import fc from "fast-check";

/** A tree to choose from: paths as bytes (one char each). `x/` is an empty folder, `x -> y` a link; odd ones are old. */
export type Tree = readonly string[];

/** Options in their order, and the filelists they name. */
export interface Choice {
  readonly args: readonly string[];
  /** By name; UTF-8. */
  readonly lists: Readonly<Record<string, string>>;
}

const NAMES = [
  "a",
  "A",
  "ab",
  "b.txt",
  "B.TXT",
  "d",
  "D",
  "d1",
  "[x]",
  "x]y",
  "st*r",
  "sp ace ",
  ".h",
  "ä",
  "Ä",
  "new\nline",
  "no",
];

const name = fc.constantFrom(...NAMES.map((text) => Buffer.from(text).toString("latin1")), "\xff", "b\xe9");

/** Deep rather than wide, and with names that differ in little. */
export const trees: fc.Arbitrary<Tree> = fc
  .uniqueArray(fc.array(name, { minLength: 1, maxLength: 4 }), {
    minLength: 6,
    maxLength: 22,
    selector: (path) => path.join("/"),
  })
  .chain((paths) =>
    fc.array(fc.constantFrom("", "", "", "", "/", " -> d"), { minLength: paths.length, maxLength: paths.length }).map((ends) => {
      const all = paths.map((path) => path.join("/"));
      const isParent = (path: string): boolean => all.some((other) => other.startsWith(`${path}/`));
      return all.map((path, i) => (isParent(path) ? `${path}/` : path + ends[i]!));
    }),
  );

const pieces = fc.constantFrom(
  "*",
  "**",
  "?",
  "[!a]*",
  "[abd]*",
  "?*",
  "*.txt",
  ".*",
  "**a",
  "d*",
  "[[]x]",
  "st[*]r",
  "d?",
  "[a-d]",
);
const utf8 = fc.constantFrom(...NAMES.filter((text) => !text.includes("\n")));

/** A pattern near what is in the tree. */
function patterns(tree: Tree): fc.Arbitrary<string> {
  const real = tree.map((path) => path.replace(/\/$| -> .*/, "")).filter((path) => !/[\n\xff]|\xe9/.test(path));
  const fromTree = fc
    .constantFrom(...(real.length > 0 ? real : ["a"]))
    .map((path) => Buffer.from(path, "latin1").toString().split("/"));
  const invented = fc.array(fc.oneof(utf8, pieces), { minLength: 1, maxLength: 4 });
  const mixed = fc
    .tuple(fromTree, fc.array(fc.option(pieces, { freq: 2 }), { maxLength: 4 }))
    .map(([path, holes]) => path.map((part, i) => holes[i] ?? part));
  const shortened = fc.tuple(fromTree, fc.nat(3)).map(([path, length]) => path.slice(0, length + 1));
  return fc
    .record({
      ignoreCase: fc.constantFrom("", "", "", "", "", "ignorecase:", "IgnoreCase:"),
      root: fc.constantFrom(
        "src/",
        "src/",
        "src/",
        "src/",
        "src/",
        "src/",
        "s*/",
        "**/",
        "**",
        "?rc/",
        "src/**",
        "[s]rc/",
        "other/",
      ),
      path: fc.oneof(fromTree, mixed, mixed, shortened, invented),
      end: fc.constantFrom("", "", "", "", "/", "/**", "/*", "**"),
    })
    .map(({ ignoreCase, root, path, end }) => {
      const body = `${root}${path.join("/")}${end}`;
      return ignoreCase === "" ? body : ignoreCase + swapCases(body);
    });
}

function swapCases(text: string): string {
  return text.replace(/[ad]/gi, (char) => (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase()));
}

const REGEXPS = [
  "\\.txt$",
  "(?i)b\\.txt",
  "/d[0-9]?(/|$)",
  "^src/[^/]*$",
  "a{2}",
  "src/(?!d)",
  "^src/d/",
  "[ä]",
  "a\\b",
  "(^|/)\\.",
  "x|y$",
];

/** One line of a filelist. */
function lines(tree: Tree): fc.Arbitrary<string> {
  return fc.oneof(
    { weight: 8, arbitrary: fc.tuple(fc.constantFrom("", "", "+ ", "- "), patterns(tree)).map((parts) => parts.join("")) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(fc.constantFrom("", "+ ", "- "), fc.constantFrom("'", '"'), patterns(tree))
        .map(([sign, quote, pattern]) => `${sign}${quote}${pattern}${quote}`),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom("# comment", "", "   ", "- **", "  - src/d  ", "+ src/a", "src/sp ace ", "'src/sp ace '"),
    },
  );
}

/** Rules of every kind for a tree. */
export function choices(tree: Tree): fc.Arbitrary<Choice> {
  const sign = fc.constantFrom("include", "exclude");
  const list = fc
    .tuple(sign, fc.array(lines(tree), { maxLength: 5 }), fc.constantFrom("\n", "\n", "\r\n"))
    .map(([kind, all, newline]) => ({ args: [`--${kind}-filelist`], list: all.map((line) => line + newline).join("") }));
  const rule: fc.Arbitrary<{ args: readonly string[]; list?: string }> = fc.oneof(
    { weight: 10, arbitrary: fc.tuple(sign, patterns(tree)).map(([kind, pattern]) => ({ args: [`--${kind}`, pattern] })) },
    { weight: 3, arbitrary: list },
    {
      weight: 2,
      arbitrary: fc.tuple(sign, fc.constantFrom(...REGEXPS)).map(([kind, regexp]) => ({ args: [`--${kind}-regexp`, regexp] })),
    },
    { weight: 1, arbitrary: fc.constantFrom("no", "a", "ä", ".h").map((marker) => ({ args: ["--exclude-if-present", marker] })) },
    { weight: 1, arbitrary: fc.constant({ args: ["--exclude-older-than", "2001-01-01"] }) },
    { weight: 1, arbitrary: fc.constantFrom({ args: ["--exclude-device-files"] }, { args: ["--exclude-other-filesystems"] }) },
  );
  const last = fc.constantFrom(["--exclude", "**"], ["--exclude", "**"], ["--exclude", "src/zzz"], ["--exclude", "src/*"], []);
  return fc.tuple(fc.array(rule, { minLength: 1, maxLength: 5 }), last).map(([rules, end]) => {
    const lists: Record<string, string> = {};
    const args = rules.flatMap((each, number) => {
      if (each.list === undefined) return each.args;
      lists[`list${number}`] = each.list;
      return [...each.args, `list${number}`];
    });
    return { args: [...args, ...end], lists };
  });
}

/** Makes the objects of a tree below `root`. */
export function makeTree(root: string, tree: Tree): void {
  const bytes = (path: string): Buffer => Buffer.concat([Buffer.from(`${root}/`), Buffer.from(path, "latin1")]);
  mkdirSync(root, { recursive: true });
  tree.forEach((each, number) => {
    const [path = "", target] = each.split(" -> ");
    const isFolder = path.endsWith("/");
    mkdirSync(bytes(isFolder ? path : dirname(path)), { recursive: true });
    if (target !== undefined) symlinkSync(target, bytes(path));
    else if (!isFolder) {
      writeFileSync(bytes(path), path, "latin1");
      if (number % 2 === 1) utimesSync(bytes(path), 1000, 1000);
    }
  });
}
