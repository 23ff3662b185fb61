export type Severity = "ok" | "warning" | "critical" | "unknown";

/** One thing that is not as it should be. */
export interface Finding {
  /** The same as long as it is the same thing, also when the text changes: alerts go by it. */
  readonly id: string;
  readonly severity: Exclude<Severity, "ok">;
  /** One line: what, since when, and what to do. */
  readonly text: string;
}

/** From harmless to bad. What nobody knows may be bad: it stands above a warning. */
const ORDER: readonly Severity[] = ["ok", "warning", "unknown", "critical"];

/** The worst of them; "ok" when there is none. */
export function worst(severities: Iterable<Severity>): Severity {
  return ORDER[[...severities].reduce((most, one) => Math.max(most, ORDER.indexOf(one)), 0)]!;
}

/** `a, b and 7 more` */
export function some(items: readonly string[], most = 3): string {
  if (items.length <= most) return items.join(", ");
  return `${items.slice(0, most).join(", ")} and ${items.length - most} more`;
}
