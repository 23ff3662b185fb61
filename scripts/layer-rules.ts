/** The rules that check-layers.ts applies to one source file. Pure: text in, violations out. */
import { builtinModules } from "node:module";
import { posix } from "node:path";
import { parseSync, Visitor } from "oxc-parser";

/** What the sources of one package may import; "any" is everything (that is declared, for packages). */
export interface Layer {
  /** Workspace packages, without the scope. */
  readonly doppel: readonly string[] | "any";
  readonly npm: readonly string[];
  /** Node's modules, without `node:`; `fs` stands for `node:fs/promises` too. */
  readonly node: readonly string[] | "any";
  /** Files (relative to the package) that have their own row. */
  readonly files?: Readonly<Record<string, Layer>>;
  /** An edge of the program, where the clock of the system may be read. */
  readonly edge?: boolean;
  /** May import what packages have for this workspace only: `@doppel/NAME/internal`. */
  readonly internals?: boolean;
  /** No part of the built program: may import what is declared for development only. */
  readonly development?: boolean;
}

/** A file to be checked. */
export interface SourceFile {
  /** Relative to the package, `/` between names. */
  readonly path: string;
  readonly text: string;
}

/** The package that a file is in: its row and what its package.json declares. */
export interface PackageFacts {
  /** Without the scope. */
  readonly name: string;
  readonly layer: Layer;
  readonly dependencies: readonly string[];
  /** Its own and those of the workspace root. */
  readonly devDependencies: readonly string[];
}

export interface Violation {
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

const SCOPE = "@doppel/";
/** Tests, and what only tests use: a file `test-support.ts` or a folder `testing`. */
const TEST_FILE = /(?:\.(?:test|interop|fuzz|soak)|(?:^|\/)test-support|(?:^|\/)testing\/.*)\.ts$/;
const KEBAB_CASE_PATH = /^[a-z0-9]+(?:[-./][a-z0-9]+)*$/;
const LEFTOVER = /\b(?:TODO|FIXME|HACK|XXX)\b/;
/** What tests may import besides their package's row. */
const TEST_TOOLS: Layer = { doppel: ["testkit"], npm: ["vitest", "fast-check", "tar-stream"], node: "any" };

/** All violations in a file, in the order of its lines. */
export function checkSource(file: SourceFile, facts: PackageFacts): readonly Violation[] {
  const found: { readonly at: number; readonly message: string }[] = [];
  const isTest = TEST_FILE.test(file.path);
  if (!KEBAB_CASE_PATH.test(file.path)) found.push({ at: 0, message: "file and folder names are kebab-case" });

  const { program, comments, errors } = parseSync(file.path, file.text);
  for (const error of errors) found.push({ at: error.labels[0]?.start ?? 0, message: `does not parse: ${error.message}` });

  const check = (at: number, specifier: string): void => {
    const message = checkImport(specifier, file.path, isTest, facts);
    if (message !== undefined) found.push({ at, message });
  };
  new Visitor({
    ImportDeclaration({ start, source }) {
      check(start, source.value);
    },
    ExportAllDeclaration({ start, source }) {
      check(start, source.value);
    },
    ExportNamedDeclaration({ start, source }) {
      if (source !== null) check(start, source.value);
    },
    ImportExpression({ start, source }) {
      if (source.type === "Literal" && typeof source.value === "string") check(start, source.value);
    },
    TSImportType({ start, source }) {
      check(start, source.value);
    },
    NewExpression({ start, callee, arguments: args }) {
      if (isTest || (facts.layer.files?.[file.path] ?? facts.layer).edge === true) return;
      if (callee.type !== "Identifier" || callee.name !== "Date" || args.length > 0) return;
      found.push({ at: start, message: "`new Date()` reads the system's clock: take `clock` from the runtime" });
    },
  }).visit(program);
  for (const { start, value } of comments) {
    if (LEFTOVER.test(value)) found.push({ at: start, message: "unfinished work is an issue, not a comment" });
  }

  return found.sort((a, b) => a.at - b.at).map(({ at, message }) => ({ line: lineOf(file.text, at), message }));
}

/** Why this import is not allowed, or undefined. */
function checkImport(specifier: string, from: string, isTest: boolean, facts: PackageFacts): string | undefined {
  if (specifier.startsWith(".")) {
    if (posix.join(posix.dirname(from), specifier).startsWith(".."))
      return `"${specifier}" leaves the package: import it by name`;
    return TEST_FILE.test(specifier) && !isTest ? `"${specifier}" is for tests only` : undefined;
  }
  const ownRow = facts.layer.files?.[from];
  const rows = [ownRow ?? facts.layer, ...(isTest ? [TEST_TOOLS] : [])];
  const row = ownRow ? `${facts.name}'s ${from}` : isTest ? `${facts.name}'s tests` : facts.name;
  const allows = (kind: "doppel" | "npm" | "node", name: string): boolean =>
    rows.some(({ [kind]: names }) => names === "any" || names.includes(name));

  if (specifier.startsWith("node:")) {
    const name = specifier.slice("node:".length);
    return allows("node", name) || allows("node", name.split("/")[0] ?? "") ? undefined : `${row} may not import ${specifier}`;
  }
  if (builtinModules.includes(specifier)) return `Node's modules carry their prefix: "node:${specifier}"`;

  const name = specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
  const isWorkspace = name.startsWith(SCOPE);
  if (!allows(isWorkspace ? "doppel" : "npm", isWorkspace ? name.slice(SCOPE.length) : name))
    return `${row} may not import ${name}`;
  const isInternal = specifier === `${name}/internal` && rows.some(({ internals }) => internals);
  if (isWorkspace && name !== specifier && !isInternal)
    return `"${specifier}" reaches into a package: its index is its whole public face`;
  const forDevelopment = isTest || rows.some(({ development }) => development);
  const declared = forDevelopment ? [...facts.dependencies, ...facts.devDependencies] : facts.dependencies;
  return declared.includes(name) ? undefined : `${name} is not declared in the package.json of ${facts.name}`;
}

function lineOf(text: string, offset: number): number {
  return text.slice(0, offset).split("\n").length;
}
