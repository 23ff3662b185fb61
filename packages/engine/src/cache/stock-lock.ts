import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { DoppelError } from "@doppel/base";

/** Where distributions put it. Stock duplicity is a Python program: without Python there is hardly one to be kept out. */
const PYTHON = "/usr/bin/python3";

/**
 * Stock's lock is a POSIX record lock, which Node cannot take, and no file can stand for it: only another process can hold
 * it. This one takes it as stock does, makes sure that the file was not removed under it, and ends with its standard input, so
 * also when we are killed. As that takes it a moment, in which the next run may begin, this one has a little patience.
 */
const HOLD = `
import fcntl, os, sys, time
path = sys.argv[1]
patience = 50
while True:
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.stat(path), os.fstat(file)):
            break
    except FileNotFoundError:
        pass
    except (BlockingIOError, PermissionError):
        if patience == 0:
            sys.exit(print("busy"))
        patience -= 1
        time.sleep(0.02)
    os.close(file)
print("held", flush=True)
sys.stdin.read()
os.unlink(path)
`;

/**
 * Takes the lock that stock duplicity takes on an archive directory (cli spec 9), or, where there is no Python to hold it, at
 * least looks whether another has it. The file goes with the lock, as with stock.
 * @returns how to release it
 * @throws archive-dir.locked
 */
export async function holdStockLock(archiveDir: string): Promise<() => Promise<void>> {
  const path = join(archiveDir, "lockfile");
  // A session of its own: what a terminal sends to its programs is not meant for it. No environment: there may be secrets in it.
  const child = spawn(PYTHON, ["-I", "-S", "-c", HOLD, path], {
    stdio: ["pipe", "pipe", "ignore"],
    env: {},
    cwd: "/",
    detached: true,
  });
  const ended = once(child, "close").catch(() => {}); // no such program
  child.stdin.on("error", () => {}); // it has ended: then nothing is held
  const answer = await Promise.race([once(child.stdout, "data").then(String), ended.then(() => "none")]);
  const holder = await lockHolder(path);
  if (answer.startsWith("busy") || (!answer.startsWith("held") && holder !== undefined)) {
    const who = holder === undefined ? "" : `: process ${holder}`;
    const message = `Another duplicity instance is already running with this archive directory (${path}${who})`;
    throw new DoppelError("archive-dir.locked", message, { path });
  }
  return async () => {
    child.stdin.end();
    await ended;
  };
}

/**
 * The process with a POSIX lock on a file, by proc(5). Not seen: those of other containers, and all on btrfs, whose files have
 * other device numbers there than for stat(2).
 */
async function lockHolder(path: string): Promise<string | undefined> {
  try {
    const { dev, ino } = await stat(path, { bigint: true });
    const hex = (number: bigint): string => number.toString(16).padStart(2, "0");
    const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & ~0xfffn);
    const minor = (dev & 0xffn) | ((dev >> 12n) & ~0xffn & 0xffffffffn);
    const file = `${hex(major)}:${hex(minor)}:${ino}`;
    const lines = (await readFile("/proc/locks", "latin1")).split("\n").map((line) => line.trim().split(/\s+/));
    return lines.find((fields) => fields[1] === "POSIX" && fields[5] === file)?.[4];
  } catch {
    return undefined;
  }
}
