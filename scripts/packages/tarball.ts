/** The archive of a package, as it is published: `npm install dist/packages/doppel-base-0.1.0.tgz`. */
import { cp, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { npmPack } from "../npm-pack.ts";
import { folderOf, manifestOf, PUBLISHED, type PublicPackage, publishedManifest, ROOT } from "./public.ts";

/** Where the archive is. */
export function tarballOf(name: PublicPackage): string {
  return join(PUBLISHED, `doppel-${name}-${manifestOf(name).version}.tgz`);
}

/** Packs what was built. `work` is an empty folder on the same file system. */
export async function makeTarball(name: PublicPackage, work: string): Promise<void> {
  const manifest = manifestOf(name);
  const folder = join(work, name);
  await mkdir(folder);
  await writeFile(join(folder, "package.json"), `${JSON.stringify(publishedManifest(manifest), undefined, 2)}\n`);
  for (const file of manifest.files) await cp(join(folderOf(name), file), join(folder, file), { recursive: true });
  await writeFile(
    join(folder, "README.md"),
    ofPackage(await readFile(join(folderOf(name), "README.md"), "utf8"), manifest.files),
  );
  await cp(join(ROOT, "LICENSE"), join(folder, "LICENSE"));
  await npmPack(folder, work);
  await rename(join(work, `doppel-${name}-${manifest.version}.tgz`), tarballOf(name));
}

/** The page without the links that lead elsewhere in the repository: of those only the words are left. */
function ofPackage(page: string, files: readonly string[]): string {
  return page.replace(/\[([^\]]+)\]\((?!https:|#)([^)#]+)[^)]*\)/g, (link, words: string, to: string) =>
    files.includes(to) ? link : words,
  );
}
