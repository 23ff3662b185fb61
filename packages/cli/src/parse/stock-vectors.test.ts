import { readFileSync } from "node:fs";
import { basename, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { type BytePath, isDoppelError } from "@doppel/base";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { archiveDirOf } from "../locations.ts";
import { backupJob, renamesOf, stateOf, timeIn } from "../wire.ts";
import { s3OptionsOf } from "../s3-settings.ts";
import type { CommandName } from "../option.ts";
import type { Invocation } from "./doppel.ts";
import { parseDuplicity } from "./duplicity.ts";
import { DEVIATIONS } from "./testing/stock-deviations.ts";

/** What stock duplicity made of a command line; recorded by packages/conformance/arguments/record.py. */
type Row = { readonly args: readonly string[] } & (
  | { readonly exit: number; readonly error: string }
  | {
      readonly action: string;
      readonly verbosity: number;
      /** Where they are not `defaults`. */
      readonly settings: Readonly<Record<string, unknown>>;
      readonly keys: { readonly to: readonly string[]; readonly hidden: readonly string[]; readonly sign: string | null };
      readonly "archive-dir": string;
      readonly url: string;
      readonly local: string | null;
      readonly rules: readonly (readonly [string, string | number | null | readonly []])[];
    }
);

interface Recording {
  readonly program: string;
  readonly now: number;
  readonly defaults: Readonly<Record<string, unknown>>;
  readonly rows: readonly Row[];
}

const RECORDINGS = ["duplicity-0.8.22", "duplicity-3.0.4"].map((name): Recording => {
  const file = fileURLToPath(new URL(`../../../../fixtures/arguments/${name}.json`, import.meta.url));
  return JSON.parse(readFileSync(file, "utf8")) as Recording;
});
/** The same in all of them. */
const NOW = new Date(RECORDINGS[0]!.now * 1000);
const ENVIRONMENT = { variables: { HOME: "/W", LISTS: "lists" }, cwd: "/W", isRoot: true };

/** Whether stock refused it for what it says; other errors are of what is there and what is not, and found later by us. */
function refusedBy({ exit, error }: { readonly exit: number; readonly error: string }): boolean {
  return (exit === 2 || exit === 10 || exit === 30 || error.startsWith("CommandLineError")) && !error.includes("does not exist");
}

beforeAll(() => void (process.env["TZ"] = "UTC"));
const before = process.env["TZ"];
afterAll(() => void (before === undefined ? delete process.env["TZ"] : (process.env["TZ"] = before)));

const WORDS = (args: readonly string[]): string => args.map((arg) => (/^[^\s$*~]+$/.test(arg) ? arg : `'${arg}'`)).join(" ");

describe.each(RECORDINGS)("command lines of $program", (recording) => {
  it.each(recording.rows.map((row) => [WORDS(row.args), row] as const))("%s", (line, row) => {
    const deviation = DEVIATIONS.find(({ lines, of }) => lines.includes(line) && recording.program.endsWith(of));
    const stock = !("exit" in row) ? asOurs(row, recording) : refusedBy(row) ? "refused" : "runs";
    const ours = derive(row.args, Object.keys(recording.defaults));
    if (deviation !== undefined) {
      expect(ours, "no deviation any more").not.toEqual(stock);
      expect(ours === "refused" ? ours : "taken").toBe(deviation.instead);
    } else if (stock === "runs") expect(ours).not.toBe("refused");
    else expect(ours).toEqual(stock);
  });
});

it("there are many command lines, and deviations only of those", () => {
  const known = new Set(RECORDINGS.flatMap(({ rows }) => rows.map(({ args }) => WORDS(args))));
  expect(known.size).toBeGreaterThanOrEqual(300);
  for (const { lines } of DEVIATIONS) for (const line of lines) expect(known).toContain(line);
});

interface Derived {
  readonly command: string;
  readonly verbosity: number;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly keys: unknown;
  readonly archiveDir: string;
  readonly url: string;
  readonly local: string | null;
  readonly rules: unknown;
}

const ACTIONS: Readonly<Record<string, string>> = {
  "list-current-files": "list",
  "list-current": "list",
  "collection-status": "status",
  "remove-old": "remove-older-than",
};

/** Stock's findings under our names, and with our values for "not given". */
function asOurs(row: Extract<Row, { action: string }>, { program, now, defaults }: Recording): Derived {
  const all = { ...defaults, ...row.settings };
  const { timeout, ...settings } = all;
  const absent: Readonly<Record<string, unknown>> = {
    force: false,
    "null-separator": false,
    "allow-source-mismatch": false,
    "skip-volume": 0,
  };
  for (const [name, value] of Object.entries(absent)) settings[name] ??= value;
  if (settings["gpg-binary"] === defaults["gpg-binary"]) settings["gpg-binary"] = "gpg";
  if (settings["max-blocksize"] === 0) settings["max-blocksize"] = 2048; // 3.x sets no limit
  const age = settings["full-if-older-than"];
  if (program.includes(" 3.") && typeof age === "number") settings["full-if-older-than"] = now - age;
  if (settings["time"] === 0) settings["time"] = now; // stock asks if it is set
  return {
    command: ACTIONS[row.action] ?? row.action,
    verbosity: row.verbosity,
    settings: { ...settings, timeout: timeout === defaults["timeout"] ? 60 : timeout }, // ours is more patient
    keys: all["encryption"] === true ? row.keys : { to: [], hidden: [], sign: null }, // stock has them, and does not use them
    archiveDir: row["archive-dir"] === "*" ? "*" : resolve("/W", row["archive-dir"]),
    url: row.url,
    local: row.local,
    rules: row.rules.map(([rule, value]) => [
      rule.replace("globbing-", ""),
      value === "standard input" ? "/dev/stdin" : Array.isArray(value) ? "" : (value ?? ""),
    ]),
  };
}

/** What we make of a command line, or that we refuse it. */
function derive(args: readonly string[], names: readonly string[]): Derived | "refused" {
  try {
    const request = parseDuplicity(args, ENVIRONMENT.variables);
    if (request.kind !== "run") return "refused";
    const found = derived(request.run);
    return { ...found, settings: Object.fromEntries(names.map((name) => [name, found.settings[name]])) };
  } catch (error) {
    if (["cli.usage", "cli.unsupported", "format.bad-time"].some((code) => isDoppelError(error, code as "cli.usage")))
      return "refused";
    throw error;
  }
}

/** In stock's words: an increment is what a backup is, if there is something to continue. */
const COMMANDS: Partial<Record<CommandName, string>> = { backup: "inc", incremental: "inc" };

function derived({ command, positionals, settings, rules }: Invocation): Derived {
  const [first, second] = positionals as [BytePath, BytePath | undefined];
  const takesPath = ["backup", "full", "incremental", "restore", "verify"].includes(command);
  const url = second !== undefined && (command === "restore" || command === "verify") ? first : (second ?? first);
  const local = takesPath ? (url === first ? second! : first) : undefined;
  const timeRules = rules.map(({ rule, value }) => [rule, rule === "exclude-older-than" ? seconds(timeIn(value, NOW)) : value]);
  const inline = rules.filter(({ rule }) => !rule.endsWith("-filelist") && rule !== "files-from"); // the others would be read
  const job = backupJob(local ?? ("x" as BytePath), settings, inline, {
    kind: "auto",
    now: NOW,
    countTotals: false,
    isStock: true,
  });
  const { time, path } = stateOf(settings, NOW);
  const s3 = s3OptionsOf(settings, NOW);
  const archiveDir = archiveDirOf(url, settings, ENVIRONMENT);
  const madeOfTemporary = url.includes("/W/");
  return {
    command: COMMANDS[command] ?? command,
    verbosity: settings.verbosity,
    settings: {
      force: settings.force,
      "dry-run": job.dryRun,
      encryption: !settings["no-encryption"],
      compression: !settings["no-compression"],
      volsize: job.volumeBytes,
      "gpg-options": settings["gpg-options"].join(" "),
      "gpg-binary": settings["gpg-binary"],
      "use-agent": settings["use-agent"],
      name: madeOfTemporary ? "*" : basename(archiveDir),
      time: seconds(time),
      "full-if-older-than": seconds(job.fullIfOlderThan),
      "remove-time": command === "remove-older-than" ? seconds(timeIn(first, NOW)) : null,
      keep: command.startsWith("remove-all") ? Number(first) : null,
      "path-to-restore": path ?? null,
      "num-retries": settings["num-retries"] ?? 5,
      "backend-retry-delay": settings["backend-retry-delay"] ?? 30,
      "numeric-owner": settings["numeric-owner"],
      "no-restore-ownership": settings["no-restore-ownership"],
      "copy-links": job.copyLinks,
      "null-separator": job.nullSeparator,
      rename: renamesOf(settings).map(({ from, to }) => [from, to]),
      "ignore-errors": settings["keep-going"],
      "compare-data": settings["compare-data"],
      "print-statistics": !settings["no-print-statistics"],
      progress: settings.progress,
      "progress-rate": settings["progress-rate"],
      "allow-source-mismatch": job.allowSourceMismatch,
      "file-prefix": job.prefixes.all,
      "file-prefix-archive": job.prefixes.archive,
      "file-prefix-manifest": job.prefixes.manifest,
      "file-prefix-signature": job.prefixes.signature,
      tempdir: settings.tempdir ?? null,
      "max-blocksize": job.maxBlockBytes,
      "no-files-changed": !job.listChanges,
      "file-changed": settings["file-changed"] ?? null,
      "show-changes-in-set": settings["show-changes-in-set"] ?? null,
      timeout: settings.timeout,
      "metadata-sync-mode": settings["metadata-sync-mode"],
      "current-time": settings["current-time"] ?? null,
      "fail-on-volume": job.sabotage.failAfterVolume ?? 0,
      "skip-volume": job.sabotage.skipVolume ?? 0,
      "skip-if-no-change": job.skipIfUnchanged,
      concurrency: settings.concurrency ?? 0,
      jsonstat: settings.jsonstat,
      "s3-endpoint-url": s3.endpoint ?? null,
      "s3-region-name": s3.region ?? null,
      "s3-use-ia": s3.storageClass === "STANDARD_IA",
      "s3-use-glacier-ir": s3.storageClass === "GLACIER_IR",
      "s3-use-glacier": s3.storageClass === "GLACIER",
      "s3-use-server-side-encryption": s3.encryption?.kind === "AES256",
      "s3-kms-key-id": s3.encryption?.kind === "aws:kms" ? s3.encryption.keyId : null,
      "s3-unencrypted-connection": s3.unencrypted,
    },
    keys: { to: settings["encrypt-key"], hidden: settings["hidden-encrypt-key"], sign: settings["sign-key"] ?? null },
    archiveDir: madeOfTemporary ? "*" : archiveDir,
    url,
    local: local === undefined ? null : job.source,
    rules: timeRules,
  };
}

function seconds(time: Date | undefined): number | null {
  return time === undefined ? null : time.getTime() / 1000;
}
