import { median } from "./statistics.ts";
import type { JobResult, Run, Side } from "./results.ts";

/** What is bounded, and in which direction. */
const QUANTITIES = {
  speed: { text: "speed", sense: "least", unit: "x" },
  cpu: { text: "CPU", sense: "most", unit: "x" },
  stored: { text: "stored", sense: "most", unit: "x" },
  read: { text: "read", sense: "most", unit: " MB" },
} as const;

export type Quantity = keyof typeof QUANTITIES;

/** What the project promises of one job. */
export interface Bound {
  /** "speed": time of the other program by that of doppel. "cpu", "stored": doppel's by the other's. "read": doppel's, MB. */
  readonly of: Quantity;
  readonly limit: number;
}

export interface Verdict {
  readonly met: boolean;
  /** "speed 4.2x, bound 4x: met" */
  readonly text: string;
}

/** @param value as it was measured; undefined when it was not */
export function verdictOn({ of, limit }: Bound, value: number | undefined): Verdict {
  const { text, sense, unit } = QUANTITIES[of];
  const bound = `bound ${limit}${unit}`;
  if (value === undefined || !Number.isFinite(value)) return { met: false, text: `${text} not measured, ${bound}` };
  const meets = (shown: number): boolean => (sense === "least" ? shown >= limit : shown <= limit);
  const met = meets(value);
  // What misses narrowly must not be rounded to what would meet.
  const shown = [significant(value), value.toFixed(3), value.toFixed(4)].find((digits) => meets(Number(digits)) === met);
  return { met, text: `${text} ${shown ?? value}${unit}, ${bound}: ${met ? "met" : "MISSED"}` };
}

/** The quantity of a job, by the medians of all its runs. */
export function valueOf(quantity: Quantity, result: JobResult): number | undefined {
  const ratio = (key: keyof Run, over: Side, under: Side): number | undefined => {
    const [a, b] = [medianOf(result.runs[over], key), medianOf(result.runs[under], key)];
    return a === undefined || b === undefined || b === 0 ? undefined : a / b;
  };
  switch (quantity) {
    case "speed":
      return ratio("wallSeconds", "peer", "doppel");
    case "cpu":
      return ratio("cpuSeconds", "doppel", "peer");
    case "stored":
      return ratio("storedMegabytes", "doppel", "peer");
    case "read":
      return result.readMegabytes?.doppel;
  }
}

/** Of the runs that have it; undefined when none has. */
export function medianOf(runs: readonly Run[], key: keyof Run): number | undefined {
  const values = runs.map((run) => run[key]).filter((value) => value !== undefined);
  return values.length === 0 ? undefined : median(values);
}

/** Three digits that count, without an exponent. */
export function significant(value: number): string {
  if (value === 0) return "0";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(Math.min(decimals, 3));
}
