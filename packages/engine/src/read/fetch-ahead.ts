import type { VolumeInfo } from "@doppel/format";

/** A volume that is fetched, checked and ready to be read. Disposed of by {@link fetchAhead}. */
export interface FetchedVolume<Fetched> {
  readonly info: VolumeInfo;
  readonly volume: Fetched;
}

/**
 * Fetches and checks the next volume while this one is in use: two volumes at most are spooled. The second one at once with the
 * first, or nothing but the check of that would go on at the beginning.
 */
export async function* fetchAhead<Fetched extends AsyncDisposable>(
  volumes: readonly VolumeInfo[],
  fetch: (info: VolumeInfo) => Promise<Fetched>,
): AsyncGenerator<FetchedVolume<Fetched>> {
  const begin = (index: number): Promise<Fetched> | undefined => {
    const info = volumes[index];
    const fetching = info && fetch(info);
    fetching?.catch(() => {}); // it is awaited in its turn; until then its failure is not unhandled
    return fetching;
  };
  const fetching = [begin(0), begin(1)];
  try {
    for (const [index, info] of volumes.entries()) {
      {
        await using volume = (await fetching[0]) as Fetched;
        void fetching.shift(); // disposed of by this scope
        yield { info, volume };
      }
      fetching.push(begin(index + 2));
    }
  } finally {
    for (const unused of fetching) await (await unused?.catch(() => undefined))?.[Symbol.asyncDispose]();
  }
}
