import { isUint8Array } from "node:util/types";
import type { MadeEntry } from "./made-entry.ts";
import { kindOf } from "./paths.ts";

type Content = NonNullable<MadeEntry["content"]>;

/** The bytes of a content, whatever it is given as. @param bad makes the error for what is none */
export async function* contentOf(content: Content, bad: (what: string) => Error): AsyncGenerator<Uint8Array> {
  const given: unknown = typeof content === "function" ? await content() : content;
  if (isUint8Array(given)) {
    yield given;
    return;
  }
  if (!isIterable(given)) throw bad(`has a content that is ${kindOf(given)}, not bytes or something that gives bytes`);
  for await (const chunk of given) {
    if (!isUint8Array(chunk)) throw bad(`has a content that gave ${kindOf(chunk)} instead of a Uint8Array`);
    yield chunk;
  }
}

/** Nobody will read it: a stream has a file or a connection that it holds. Twice, and of what has been read, it does nothing. */
export function letGo(content: Content): void {
  const { destroy, cancel, return: end } = content as { destroy?: () => unknown; cancel?: () => unknown; return?: () => unknown };
  const way = [destroy, cancel, end].find((one) => typeof one === "function");
  // What cannot be let go of is its maker's business.
  void (async () => way?.call(content))().catch(() => {});
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Symbol.asyncIterator in value || Symbol.iterator in value;
}
