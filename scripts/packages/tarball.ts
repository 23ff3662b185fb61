/** The archive of a package, as it is published: `npm install dist/packages/doppel-base-0.1.0.tgz`. */
import { cp, mkdir, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { npmPack } from "../npm-pack.ts";
import { DOCUMENTS, folderOf, manifestOf, PUBLISHED, type PublicPackage, publishedManifest, ROOT } from "./public.ts";

/** Where the archive is. */
export function tarballOf(name: PublicPackage): string {
  return join(PUBLISHED, `doppel-${name}-${manifestOf(name).version}.tgz`);
}

/** Packs what was built. `work` is an empty folder on the same file system. */
export async function makeTarball(name: PublicPackage, work: string): Promise<void> {
  const folder = join(work, name);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), `${JSON.stringify(publishedManifest(manifestOf(name)), undefined, 2)}\n`);
  await cp(join(folderOf(name), "dist"), join(folder, "dist"), { recursive: true });
  for (const document of ["README.md", ...(DOCUMENTS[name] ?? [])])
    await cp(join(folderOf(name), document), join(folder, document));
  await cp(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  await npmPack(folder, work);
  await rename(join(work, `doppel-${name}-${manifestOf(name).version}.tgz`), tarballOf(name));
}
