import type { BytePath, Runtime } from "@doppel/base";
import type { Manifest } from "@doppel/format";
import type { ReadDeps, RecipeJob } from "./job.ts";
import { readContext } from "./read/context.ts";
import { missing } from "./read/fetch.ts";
import { readManifest } from "./read/metadata.ts";
import { onlyFull, readTarget, setsAt } from "./read/target.ts";
import { restoreScript } from "./recipe/script.ts";

/** A bash script, as bytes, that restores a backup with gpg and tar alone. Reads the manifest, no volume. */
export async function recipe(job: RecipeJob, deps: ReadDeps, runtime: Runtime): Promise<Uint8Array> {
  const target = await readTarget(deps.storage, job.prefixes, runtime.signal);
  const set = onlyFull(setsAt(target, deps.storage.label, runtime.clock.now(), job.time));
  const manifest = await readManifest(set, readContext(deps, job.prefixes, runtime));
  const volumes = manifest.volumes.map(({ number, hashes }) => {
    const name = set.volumes.get(number);
    if (name === undefined) throw missing(`volume ${number} of ${set.manifest ?? "the set"}`);
    const algorithm = ["SHA256", "SHA1", "MD5"].find((candidate) => hashes.has(candidate)) ?? "";
    return { name, algorithm, digest: hashes.get(algorithm) ?? "" };
  });
  const script = restoreScript({
    time: set.id.end,
    encoding: set.encoding,
    volumes,
    ...(job.folder === undefined ? {} : { folder: job.folder }),
    cutFiles: cutFiles(manifest),
    joinable: manifest.volumes.every(({ hashes }) => hashes.has("SHA256")), // only doppel writes that line
  });
  return Buffer.from(script, "utf8");
}

/** A file that ends one volume and begins the next (spec 2.3) is cut. */
function cutFiles({ volumes }: Manifest): readonly BytePath[] {
  const cut = new Set<BytePath>();
  for (const [index, volume] of volumes.entries()) {
    const next = volumes[index + 1];
    if (next && volume.end.block !== undefined && volume.end.path === next.start.path) cut.add(next.start.path);
  }
  return [...cut];
}
