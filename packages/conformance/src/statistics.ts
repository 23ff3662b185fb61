/** Numbers of a statistics block, as stock duplicity and doppel print it. */
export function statisticsOf(output: Buffer): Record<string, number> {
  const fields = output.toString().matchAll(/^([A-Z][A-Za-z]+) (\d+)/gm);
  return Object.fromEntries([...fields].map(([, name, value]) => [name, Number(value)]));
}

/** The block of a run that found nothing to store. */
export const NOTHING_CHANGED = { NewFiles: 0, ChangedFiles: 0, DeletedFiles: 0, DeltaEntries: 0, Errors: 0 };
