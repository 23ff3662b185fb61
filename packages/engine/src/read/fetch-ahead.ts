import type { VolumeInfo } from "@doppel/format";

/** A volume that is fetched, checked and ready to be read. Disposed of by {@link fetchAhead}. */
export interface FetchedVolume<Fetched> {
  readonly info: VolumeInfo;
  readonly volume: Fetched;
}

/** Fetches and checks the next volume while this one is in use: two volumes at most are spooled. */
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
  let next = begin(0);
  try {
    for (const [index, info] of volumes.entries()) {
      await using volume = (await next) as Fetched;
      next = begin(index + 1);
      yield { info, volume };
    }
    next = undefined;
  } finally {
    const unused = await next?.catch(() => undefined);
    await unused?.[Symbol.asyncDispose]();
  }
}
