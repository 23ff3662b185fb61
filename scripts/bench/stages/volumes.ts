import { readdirSync } from "node:fs";
import { join } from "node:path";

/** The volumes of the backup in a folder, in order. */
export function volumesIn(folder: string): readonly string[] {
  const numbered = readdirSync(folder).flatMap((name) => {
    const volume = /\.vol(\d+)\.difftar/.exec(name)?.[1];
    return volume === undefined ? [] : [{ name, volume: Number(volume) }];
  });
  return numbered.sort((a, b) => a.volume - b.volume).map(({ name }) => join(folder, name));
}
