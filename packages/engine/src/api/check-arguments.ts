import { badArgument, kindOf } from "./paths.ts";

/** The options of a call: an object, of which unknown keys are refused, so that a misspelt one is not passed over. @throws api.bad-argument */
export function checkOptions(options: unknown, known: readonly string[]): void {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw badArgument("options", `an object, not ${kindOf(options)}`);
  }
  const unknown = Object.keys(options).filter((key) => !known.includes(key));
  if (unknown.length > 0) throw badArgument(`options.${unknown[0]!}`, `there is no such option; there are ${known.join(", ")}`);
  const { signal, onEvent } = options as { signal?: unknown; onEvent?: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw badArgument("options.signal", `an AbortSignal, not ${kindOf(signal)}`);
  if (onEvent !== undefined && typeof onEvent !== "function")
    throw badArgument("options.onEvent", `a function, not ${kindOf(onEvent)}`);
}

/** @throws api.bad-argument */
export function checkWhole(value: unknown, argument: string, min: number, max = Number.MAX_SAFE_INTEGER): void {
  if (value === undefined || (Number.isSafeInteger(value) && (value as number) >= min && (value as number) <= max)) return;
  throw badArgument(
    `options.${argument}`,
    `a whole number from ${min}${max === Number.MAX_SAFE_INTEGER ? "" : ` to ${max}`}, not ${typeof value === "number" ? value : kindOf(value)}`,
  );
}

/** @throws api.bad-argument */
export function checkDate(value: unknown, argument: string): void {
  if (value === undefined || (value instanceof Date && !Number.isNaN(value.getTime()))) return;
  throw badArgument(`options.${argument}`, `a valid Date, not ${kindOf(value)}`);
}
