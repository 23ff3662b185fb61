import { DoppelError } from "@doppel/base";
import { type Document, isMap, isScalar, LineCounter, type Node, type Pair, parseDocument } from "yaml";

/** Where something stands in a document, from its root. */
export type KeyPath = readonly (string | number)[];

/** A YAML file of which every scalar is text: `volsize: 200`, `"200"` and a key ID of digits alone mean what they show. */
export interface ProfilesDocument {
  readonly file: string;
  readonly value: unknown;
  /** Line, from 1, of a key or of an element of a list; of the nearest thing above it, when it is not there. */
  readonly lineOf: (path: KeyPath) => number;
  readonly document: Document.Parsed;
}

/** @throws profiles.bad for what is no YAML, has a key twice, or more aliases than anybody writes */
export function parseProfilesDocument(file: string, text: string): ProfilesDocument {
  const counter = new LineCounter();
  const document = parseDocument(text, { schema: "failsafe", lineCounter: counter, prettyErrors: false });
  const lineAt = (offset: number): number => counter.linePos(offset).line;
  const [problem] = [...document.errors, ...document.warnings];
  if (problem?.code === "DUPLICATE_KEY") {
    const [key] = /^[\w.@-]+/.exec(text.slice(problem.pos[0])) ?? [];
    throw bad(file, lineAt(problem.pos[0]), key, "is there twice; take one of the two out");
  }
  if (problem?.code === "MULTIPLE_DOCS")
    throw bad(
      file,
      lineAt(problem.pos[0]),
      undefined,
      "a second document begins here; a profiles file is one: take the line --- out",
    );
  if (problem !== undefined) throw bad(file, lineAt(problem.pos[0]), undefined, problem.message);
  try {
    return { file, value: document.toJS(), lineOf: (path) => lineAt(offsetOf(document, path)), document };
  } catch (error) {
    throw bad(file, 1, undefined, (error as Error).message); // an alias of an alias of an alias
  }
}

/** What is wrong, where, as one line. */
export function bad(file: string, line: number | undefined, key: string | undefined, why: string): DoppelError<"profiles.bad"> {
  const where = line === undefined ? file : `${file}:${line}`;
  const data = { file, ...(line !== undefined && { line }), ...(key !== undefined && { key }) };
  return new DoppelError("profiles.bad", `${where}: ${key === undefined ? "" : `${key}: `}${why.replaceAll("\n", " ")}`, data);
}

/** As a person names it: `profiles.web1.rules[2]`. */
export function keyText(path: KeyPath): string {
  return path.map((step, i) => (typeof step === "number" ? `[${step}]` : i === 0 ? step : `.${step}`)).join("");
}

function offsetOf(document: Document.Parsed, path: KeyPath): number {
  let offset = 0;
  for (let depth = 1; depth <= path.length; depth++) {
    const parent = document.getIn(path.slice(0, depth - 1), true);
    const step = path[depth - 1];
    const pair = isMap(parent) ? (parent.items as Pair[]).find(({ key }) => isScalar(key) && key.value === step) : undefined;
    const node = (pair?.key ?? document.getIn(path.slice(0, depth), true)) as Node | undefined;
    if (!node?.range) return offset;
    offset = node.range[0];
  }
  return offset;
}
