/** A channel that did not answer in time: the next message to it would wait as long. */
export class Hangs extends Error {}

/**
 * A signal that is aborted with `signal`, or after so long. By a timer that is held: one of `AbortSignal.any` may be collected before
 * its time.
 */
export function withLimit(signal: AbortSignal, ms: number): { readonly signal: AbortSignal; readonly end: () => void } {
  const limit = new AbortController();
  const stop = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(new Hangs(`did not end within ${ms / 1000} seconds`)), ms);
  signal.addEventListener("abort", stop, { once: true });
  if (signal.aborted) stop();
  return {
    signal: limit.signal,
    end: () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", stop);
    },
  };
}
