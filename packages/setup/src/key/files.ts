import { closeSync, constants, existsSync, fchmodSync, fsyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { DoppelError, errnoOf } from "@doppel/base";
import type { GeneratedKey } from "@doppel/openpgp";
import { paperPage } from "../paper/page.ts";

/** What a key is called: also in names of files, and of a server's profile. */
export const SERVER_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** A file that is not there yet. */
export interface KeyFile {
  readonly path: string;
  readonly mode: number;
  readonly text: string;
}

/** The files of a new key. None of them holds its passphrase. */
export function keyFiles(server: string, key: GeneratedKey, folder: string, made: Date): readonly KeyFile[] {
  const { publicArmored, secretArmored, fingerprint } = key;
  const page = paperPage({ server, fingerprint, secretArmored, made });
  return [
    { path: join(folder, `${server}.public.asc`), mode: 0o644, text: publicArmored },
    { path: join(folder, `${server}.secret.asc`), mode: 0o600, text: secretArmored },
    { path: join(folder, `${server}.paper.html`), mode: 0o600, text: page },
  ];
}

/** Before a key is made: it would be lost, and so would the one that is there. @throws cli.usage */
export function checkNoKeyThere(server: string, folder: string): void {
  for (const kind of ["public.asc", "secret.asc", "paper.html"]) {
    const path = join(folder, `${server}.${kind}`);
    if (existsSync(path)) throw isThere(path);
  }
}

/**
 * Writes all of them or none, to disk before it returns; what is there is never written over.
 * @throws cli.usage for a file that is there; temp.unusable
 */
export function writeKeyFiles(files: readonly KeyFile[]): void {
  const written: string[] = [];
  try {
    for (const { path, mode, text } of files) {
      const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, mode);
      written.push(path);
      try {
        fchmodSync(descriptor, mode);
        const bytes = Buffer.from(text, "utf8");
        for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
        fsyncSync(descriptor);
      } finally {
        closeSync(descriptor);
      }
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    const path = files[written.length]?.path ?? files.at(-1)!.path;
    if (errnoOf(error) === "EEXIST") throw isThere(path);
    const message = `cannot write ${path} (${errnoOf(error)}): no key was made; name another folder with --out`;
    throw new DoppelError("temp.unusable", message, { path }, error);
  }
}

function isThere(path: string): DoppelError<"cli.usage"> {
  const message = `${path} is there already, and a key is never written over: backups may need it; name another server, or another folder with --out`;
  return new DoppelError("cli.usage", message, { option: "--out" });
}
