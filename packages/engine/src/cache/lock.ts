import { lstat, lutimes, readdir, readlink, rename, rmdir, symlink, unlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { DoppelError, errnoOf, type Runtime } from "@doppel/base";
import { ArchiveDir, makeFolder } from "./archive-dir.ts";
import { type Claim, claimOf, isAlive, parseClaim, silenceBetween } from "./claim.ts";
import { holdStockLock } from "./stock-lock.ts";

export interface LockOptions {
  /** Name of this machine. */
  readonly hostname: string;
  /** Whether an archive directory that is not there is made; otherwise there is nothing to lock. */
  readonly create: boolean;
}

/** Stock duplicity leaves a name that it does not know alone (seen with 0.8.22: backup, cleanup, status). */
const NAME = "doppel.lock";
/** What ArchiveDir.write calls a file that is not complete. */
const TEMPORARY = /^\.doppel-[0-9a-f]{16}$/;
/** How often a holder shows those who cannot see its process that it lives, and how long they wait for that. */
const SIGN_OF_LIFE_MS = 60_000;
const SILENT_MS = 10 * SIGN_OF_LIFE_MS;
/** What file systems without symbolic links say. */
const NO_LINKS = ["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"];

/**
 * Keeps other runs, doppel's and stock duplicity's (cli spec 9), out of an archive directory until it is disposed.
 * A run that was killed, or a reboot, leaves nothing that has to be removed by hand.
 * @param path absolute
 * @throws archive-dir.locked, without waiting; archive-dir.unusable
 */
export async function lockArchiveDir(
  path: string,
  { hostname, create }: LockOptions,
  { random, clock }: Pick<Runtime, "random" | "clock">,
): Promise<AsyncDisposable> {
  const undo: (() => unknown)[] = [];
  const lock = {
    async [Symbol.asyncDispose]() {
      for (const step of undo.splice(0).reverse()) await step();
    },
  };
  try {
    if (create && (await makeLockedFolder(path))) undo.push(() => rmdir(path).catch(() => {})); // only if nothing came of it
    const file = join(path, NAME);
    const claim = await claimOf(hostname, random);
    if (await takeIfPossible(file, claim)) {
      undo.push(() => release(file, claim));
      undo.push(await showLife(file, clock));
      await removeLeftovers(path, claim);
    }
    undo.push(await holdStockLock(path));
    return lock;
  } catch (error) {
    await lock[Symbol.asyncDispose]();
    if (!create && errnoOf(error) === "ENOENT") return lock;
    throw error instanceof DoppelError || errnoOf(error) === undefined ? error : unusable(path, error);
  }
}

/** Whether this file system knows symbolic links: if not, the lock that stock uses is all there is. */
async function takeIfPossible(file: string, claim: Claim): Promise<boolean> {
  try {
    await take(file, claim);
    return true;
  } catch (error) {
    if (NO_LINKS.includes(errnoOf(error) ?? "")) return false;
    throw error;
  }
}

/**
 * Makes `file` a symbolic link to the claim: one step, in which it comes with its content or finds another, on NFS too. That of
 * a dead holder is replaced by its one successor, who is whoever takes the name made of the dead one's number. Removing it
 * would be a race: who found the same dead holder a moment earlier would then remove the lock of the next.
 */
async function take(file: string, claim: Claim): Promise<void> {
  for (;;) {
    if (await tryLink(claim.text, file)) return;
    const holder = await holderOf(file);
    if (holder === undefined) continue; // released meanwhile
    const alive = await isAlive(holder, claim);
    if (alive) throw locked(file, `process ${holder.pid}`);
    const succession = `${file}-${holder.number}`;
    await take(succession, claim);
    // From here on nobody else can replace this holder; but one may have done so, and be done, before.
    if ((await holderOf(file))?.text === holder.text) {
      const silence = alive === undefined ? await silenceBetween(file, succession) : Infinity;
      if (silence < SILENT_MS) {
        await remove(succession);
        throw locked(file, invisible(holder, silence));
      }
      if (await replace(succession, file)) return;
    }
    await remove(succession);
  }
}

async function tryLink(text: string, file: string): Promise<boolean> {
  try {
    await symlink(text, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** Undefined: nobody. */
async function holderOf(file: string): Promise<Claim | undefined> {
  try {
    return parseClaim(await readlink(file));
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return undefined;
    if (errnoOf(error) === "EINVAL") throw locked(file, "not of doppel's making; remove it");
    throw error;
  }
}

/** Whether the succession was still there: a holder removes what it finds of them. */
async function replace(succession: string, file: string): Promise<boolean> {
  try {
    await rename(succession, file);
    return true;
  } catch (error) {
    if (errnoOf(error) === "ENOENT") return false;
    throw error;
  }
}

/** Leaves that of another alone: to others we may have been silent for too long. */
async function release(file: string, claim: Claim): Promise<void> {
  const holder = await holderOf(file).catch(() => undefined);
  if (holder?.text === claim.text) await remove(file);
}

async function remove(file: string): Promise<void> {
  await unlink(file).catch(() => {});
}

/**
 * Successions to earlier holders, of processes that died over it: whoever is at one just now finds that there is a new holder. And files
 * that were being written: only a holder writes, and now that is us.
 */
async function removeLeftovers(path: string, { number }: Claim): Promise<void> {
  for (const name of await readdir(path)) {
    const isOver = name.startsWith(`${NAME}-`) ? !name.startsWith(`${NAME}-${number}`) : TEMPORARY.test(name);
    if (isOver) await remove(join(path, name));
  }
}

/** Touches the link now and then. Its time goes by the clock of the file system, which others share. @returns how to stop */
async function showLife(file: string, clock: Runtime["clock"]): Promise<() => void> {
  const ahead = (await lstat(file)).mtimeMs - clock.now().getTime();
  const timer = setInterval(() => {
    const now = new Date(clock.now().getTime() + ahead);
    lutimes(file, now, now).catch(() => {});
  }, SIGN_OF_LIFE_MS).unref();
  return () => clearInterval(timer);
}

/** Whether it was not there. */
async function makeLockedFolder(path: string): Promise<boolean> {
  await new ArchiveDir(dirname(path)).create();
  try {
    await makeFolder(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}

/** The sentence is that of stock, which scripts look for. */
function locked(file: string, holder: string): DoppelError {
  const message = `Another duplicity instance is already running with this archive directory (${file}: ${holder})`;
  return new DoppelError("archive-dir.locked", message, { path: file });
}

function invisible({ pid, hostname }: Claim, silence: number): string {
  const ago = `its last sign of life is ${Math.max(0, Math.round(silence / 1000))} s old`;
  return `process ${pid} of ${hostname}, which cannot be seen from here; ${ago}, at ${SILENT_MS / 1000} s it counts as dead`;
}

function unusable(path: string, cause: unknown): DoppelError {
  const message = `archive directory ${path} cannot be locked (${errnoOf(cause)}); choose another with --archive-dir`;
  return new DoppelError("archive-dir.unusable", message, { path }, cause);
}
