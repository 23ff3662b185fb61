/** What hangs on a signal, so that it has one listener of ours however many jobs there are: of more than ten Node warns. */
const followers = new WeakMap<AbortSignal, Set<() => void>>();

/** Calls `onAbort` when the signal is aborted, at once if it is. @returns how to end that; nothing is left on the signal when all have */
export function follow(signal: AbortSignal, onAbort: () => void): () => void {
  if (signal.aborted) {
    onAbort();
    return () => {};
  }
  const all = followers.get(signal) ?? begin(signal);
  const one = (): void => onAbort(); // each is another, also for who follows twice
  all.add(one);
  return () => {
    all.delete(one);
    if (all.size > 0 || followers.get(signal) !== all) return;
    followers.delete(signal);
    signal.removeEventListener("abort", tell);
  };
}

function begin(signal: AbortSignal): Set<() => void> {
  const all = new Set<() => void>();
  followers.set(signal, all);
  signal.addEventListener("abort", tell);
  return all;
}

function tell(this: AbortSignal): void {
  for (const onAbort of followers.get(this) ?? []) onAbort();
}
