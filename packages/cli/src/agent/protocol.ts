/** What the agent is asked, as one line of JSON; and what it answers, as another. */
export type Question =
  | { readonly op: "hold"; readonly target: string; readonly label: string; readonly passphrase: string; readonly ms: number }
  | { readonly op: "get"; readonly target: string }
  /** One, or all. */
  | { readonly op: "forget"; readonly target?: string };

export interface Answer {
  /** hold: until when, milliseconds since 1970. */
  readonly until?: number;
  readonly passphrase?: string;
  /** forget: what they were called. */
  readonly forgotten?: readonly string[];
}

/** Bytes of a line, at most: a passphrase is what a person can type. */
export const LINE_LIMIT = 64 * 1024;

/** @returns undefined for anything else */
export function parseQuestion(line: string): Question | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const { op, target, label, passphrase, ms } = value as Record<string, unknown>;
  if (op === "forget" && target === undefined) return { op };
  if (typeof target !== "string") return undefined;
  if (op === "get" || op === "forget") return { op, target };
  if (op !== "hold" || typeof label !== "string" || typeof passphrase !== "string") return undefined;
  return typeof ms === "number" && ms > 0 && ms < 2 ** 31 ? { op, target, label, passphrase, ms } : undefined;
}
