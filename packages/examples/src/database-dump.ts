/**
 * A nightly dump of a database, streamed into an encrypted backup: it never lies on the disk, and each night stores what has changed of it.
 *
 *     node database-dump.ts sqlite /var/lib/app/app.db s3://backups/app key.asc /var/cache/app-backup
 *     node database-dump.ts postgres app file:///mnt/backup key.asc /var/cache/app-backup
 *
 * `key.asc` is a public key; the last argument is a folder that keeps what increments need (`TargetOptions.archiveDir`).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { type BackupReport, type MadeEntry, openTarget, recipientFromKey } from "@doppel/engine";

interface Dump {
  readonly command: readonly [program: string, ...string[]];
  /** How a dump ends that is complete: not every program says otherwise by its exit code (sqlite3 does not). */
  readonly ending: string;
}

const DUMPS: Readonly<Record<string, (database: string) => Dump>> = {
  sqlite: (file) => ({ command: ["sqlite3", "-readonly", file, ".dump"], ending: "COMMIT;" }),
  postgres: (name) => ({
    command: ["pg_dump", "--no-password", "--dbname", name],
    ending: "PostgreSQL database dump complete\n--",
  }),
};

export interface DumpOptions {
  /** "sqlite" or "postgres". */
  readonly kind: string;
  /** A file, or the name or URL of a PostgreSQL database. */
  readonly database: string;
  readonly target: string;
  /** The public key that the backup is encrypted to, armored or binary. */
  readonly key: Uint8Array;
  readonly archiveDir: string;
  readonly signal?: AbortSignal;
}

/** Backs up one database as `dump.sql`. @throws Error when the dump fails: then there is no backup */
export async function backUpDatabase({
  kind,
  database,
  target: url,
  key,
  archiveDir,
  signal,
}: DumpOptions): Promise<BackupReport> {
  const dump = DUMPS[kind]?.(database);
  if (!dump) throw new Error(`${kind} is no database that is known here; there are ${Object.keys(DUMPS).join(", ")}`);
  const recipients = [await recipientFromKey(key)];
  await using target = await openTarget(url, { archiveDir });
  // No mtime: it is that of the backup, so that the dump is always compared.
  const entries: MadeEntry[] = [{ path: "dump.sql", mode: 0o600, content: () => outputOf(dump) }];
  const monthAgo = new Date(Date.now() - 30 * 86_400_000);
  const chain = { fullIfOlderThan: monthAgo, sourceName: database };
  return target.backupEntries(entries, { encryption: { recipients }, ...chain, ...(signal && { signal }) });
}

/** What a command prints. It fails when the command does, or ends too soon: half a dump must not be taken for a whole one. */
async function* outputOf({ command: [program, ...args], ending }: Dump): AsyncGenerator<Uint8Array> {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close") as Promise<[code: number | null, signal: NodeJS.Signals | null]>;
  ended.catch(() => {}); // told below, also when nobody gets there
  let last = "";
  try {
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      last = (last + chunk.subarray(-100).toString("latin1")).slice(-100);
      yield chunk;
    }
    const [code, signal] = await ended;
    if (code !== 0) throw new Error(`${program} failed (${signal ?? `exit code ${code}`}); nothing was backed up`);
    if (!last.trimEnd().endsWith(ending))
      throw new Error(`${program} failed: its dump does not end as one does; nothing was backed up`);
  } finally {
    child.kill(); // does nothing when it has ended
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [kind = "", database = "", target = "", keyFile = "", archiveDir = ""] = process.argv.slice(2);
  const report = await backUpDatabase({ kind, database, target, key: await readFile(keyFile), archiveDir });
  const { rawDeltaSize } = report.statistics;
  console.log(
    `${report.set.id.kind} backup of ${report.set.id.end.toISOString()}: ${rawDeltaSize} bytes changed, ${report.storedBytes} stored`,
  );
}
