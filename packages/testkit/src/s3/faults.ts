/** What goes wrong on purpose, and with which requests. */
import type { IncomingMessage } from "node:http";
import { S3Error } from "./error.ts";
import { requestTimeTooSkewed } from "./signature.ts";
import type { S3Request } from "./types.ts";

export type S3FaultEffect =
  /** Answers so, and does nothing. */
  | {
      readonly kind: "error";
      readonly status: number;
      readonly code: string;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
    }
  /** Breaks the connection off before anything is read, after so many bytes of the request's body, or of the answer's. */
  | { readonly kind: "reset"; readonly at: "start" | "request" | "answer"; readonly after?: number }
  /** Goes silent there, the connection open. */
  | { readonly kind: "stall"; readonly at: "request" | "answer"; readonly after?: number }
  /** Ends the connection properly after so many bytes of the answer's body, as if that were all. */
  | { readonly kind: "short"; readonly after: number }
  /** Changes a byte of the body on its way. */
  | { readonly kind: "corrupt"; readonly at: "request" | "answer"; readonly offset?: number }
  /** Says 200 and then has an error as the body, which S3 does in CompleteMultipartUpload; `done`: the work is done all the same. */
  | { readonly kind: "errorIn200"; readonly code?: string; readonly done?: boolean }
  /** Does what is asked, and breaks the connection off instead of answering. */
  | { readonly kind: "lostAnswer" }
  /** Says that the client's clock is wrong, whatever it shows. */
  | { readonly kind: "skew" }
  | { readonly kind: "expiredToken" };

export interface S3FaultRule {
  /** S3's name, or several. Default: all. */
  readonly operation?: string | readonly string[];
  /** The whole key, or a pattern. Default: all. */
  readonly key?: string | RegExp;
  readonly partNumber?: number;
  /** The first of the matching requests that it hits, counted from 1. Default 1. */
  readonly nth?: number;
  /** How many in a row it hits. Default 1. */
  readonly times?: number;
  readonly effect: S3FaultEffect;
}

/** The answer that a fault gives in place of the server's. */
export function faultError(effect: S3FaultEffect | undefined, request: IncomingMessage, now: Date): S3Error | undefined {
  if (effect?.kind === "error") return new S3Error(effect.status, effect.code, effect.message ?? "", {}, effect.headers);
  if (effect?.kind === "skew") return requestTimeTooSkewed(String(request.headers["x-amz-date"]), now);
  if (effect?.kind === "expiredToken") return new S3Error(400, "ExpiredToken", "The provided token has expired.");
  return undefined;
}

/** The rules that are in force. */
export class FaultBook {
  readonly #rules = new Map<S3FaultRule, number>();

  add(rule: S3FaultRule): void {
    this.#rules.set(rule, 0);
  }

  clear(): void {
    this.#rules.clear();
  }

  /** Counts the request with every rule that it matches; what the first of those that are due does to it. */
  effectOn(request: S3Request): S3FaultEffect | undefined {
    let effect: S3FaultEffect | undefined;
    for (const [rule, seen] of this.#rules) {
      if (!matches(rule, request)) continue;
      this.#rules.set(rule, seen + 1);
      const { nth = 1, times = 1 } = rule;
      if (seen + 1 >= nth && seen + 1 < nth + times) effect ??= rule.effect;
    }
    return effect;
  }
}

function matches({ operation, key, partNumber }: S3FaultRule, request: S3Request): boolean {
  if (operation !== undefined && ![operation].flat().includes(request.operation)) return false;
  if (typeof key === "string" && key !== request.key) return false;
  if (key instanceof RegExp && !key.test(request.key)) return false;
  return partNumber === undefined || new URLSearchParams(request.query).get("partNumber") === String(partNumber);
}
