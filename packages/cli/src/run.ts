import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { displayPath, isDoppelError, type Runtime } from "@doppel/base";
import { processMaker } from "@doppel/engine/internal";
import { COMMANDS as TARGETS } from "./commands.ts";
import type { CommandName } from "./option.ts";
import { keepMemoryOutOfDumps } from "./core-dumps.ts";
import { checkDescriptors } from "./descriptors.ts";
import { DAMAGED, DIFFERENT, DONE, PIPE_CLOSED, stockExitCode, UNRESTORED } from "./exit-codes.ts";
import { interruptBySignals } from "./interrupt.ts";
import { exitCodeOf } from "./main.ts";
import { lockFor } from "./lock.ts";
import { batched, type Output } from "./output.ts";
import type { Invocation } from "./parse/doppel.ts";
import type { Persona } from "./persona.ts";
import { askOnTerminal, lineOfInput } from "./prompt.ts";
import { openRenderer } from "./render/open.ts";
import { passphrasesFrom, reuse, STOCK_QUESTIONS } from "./passphrases.ts";
import { causeOf, type Command, type Session } from "./session.ts";
import { random } from "./wire.ts";

const COMMANDS: Readonly<Record<CommandName, () => Promise<Command>>> = {
  backup: async () => (await import("./commands/backup.ts")).backup,
  full: async () => (await import("./commands/backup.ts")).full,
  incremental: async () => (await import("./commands/backup.ts")).incremental,
  replicate: async () => (await import("./commands/replicate.ts")).replicate,
  restore: async () => (await import("./commands/restore.ts")).restore,
  verify: async () => (await import("./commands/verify.ts")).verify,
  recipe: async () => (await import("./commands/recipe.ts")).recipe,
  status: async () => (await import("./commands/status.ts")).status,
  list: async () => (await import("./commands/list.ts")).list,
  find: async () => (await import("./commands/find.ts")).find,
  diff: async () => (await import("./commands/diff.ts")).diff,
  "remove-older-than": async () => (await import("./commands/tidying.ts")).removeOlderThan,
  "remove-all-but-n-full": async () => (await import("./commands/tidying.ts")).removeAllButNFull,
  "remove-all-inc-of-but-n-full": async () => (await import("./commands/tidying.ts")).removeAllIncOfButNFull,
  prune: async () => (await import("./commands/tidying.ts")).prune,
  cleanup: async () => (await import("./commands/tidying.ts")).cleanup,
  "setup key": async () => (await import("./commands/setup-key.ts")).setupKey,
  "setup bucket": async () => (await import("./commands/setup-bucket.ts")).setupBucket,
  "setup server": async () => (await import("./commands/setup-server.ts")).setupServer,
  "setup monitor": async () => (await import("./commands/setup-monitor.ts")).setupMonitor,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  explain: async () => (await import("./commands/explain.ts")).explain,
  fetch: async () => (await import("./commands/fetch.ts")).fetch,
  unlock: async () => (await import("./commands/unlock.ts")).unlock,
  lock: async () => (await import("./commands/unlock.ts")).lock,
  "profile import": async () => (await import("./commands/profile-import.ts")).profileImport,
  "monitor check": async () => (await import("./commands/monitor-check.ts")).monitorCheck,
  drill: async () => (await import("./commands/drill.ts")).drill,
  check: async () => (await import("./commands/check.ts")).check,
  audit: async () => (await import("./commands/audit.ts")).audit,
  completion: async () => (await import("./commands/completion.ts")).completion,
  runbook: async () => (await import("./commands/runbook.ts")).runbook,
};

/** Commands that only tell: with nobody to read it there is nothing to go on for. */
const TELLING: readonly CommandName[] = ["recipe", "status", "list", "find", "diff"];
/** Commands whose page is what they are run for, whatever else they did. */
const PAGES: readonly CommandName[] = [
  "runbook",
  "explain",
  "doctor",
  "completion",
  "setup key",
  "setup bucket",
  "setup server",
  "setup monitor",
];

/** Runs a command from its parsed arguments to its exit code, and tells what happens on the way. */
export async function run(
  invocation: Invocation,
  persona: Persona,
  stdout: Output,
  stderr: Output,
  found: Pick<Session, "profile" | "targets"> = {},
): Promise<number> {
  const { settings, command } = invocation;
  keepMemoryOutOfDumps();
  checkDescriptors(settings);
  const interrupt = interruptBySignals((code) => process.exit(code));
  const secrets = takeSecrets();
  const listing = TELLING.includes(command) ? batched(stdout.write) : undefined;
  const onTerminal = stderr.isTerminal && !settings["no-progress"] && settings["log-format"] === "text";
  const showsProgress = settings.progress || (onTerminal && persona.texts === "doppel");
  const renderer = openRenderer(invocation, persona, { ...stdout, write: listing?.write ?? stdout.write }, stderr, showsProgress);
  let usesKept = false;
  const fail = (error: unknown): number => {
    const cause = causeOf(error, interrupt.signal);
    if (usesKept && isDoppelError(cause, "openpgp.wrong-passphrase")) {
      const detail = "the passphrase is the one that doppel unlock has kept; doppel lock forgets it";
      renderer.event({ type: "notice", reason: "key", incomplete: false, detail });
    }
    if (found.profile !== undefined && command !== "unlock" && isDoppelError(cause, "openpgp.passphrase-needed")) {
      const detail = `doppel unlock @${found.profile.name} asks for the passphrase and keeps it in memory for a while`;
      renderer.event({ type: "notice", reason: "key", incomplete: false, detail });
    }
    if (settings["passphrase-file"] !== undefined && !usesKept && isDoppelError(cause, "openpgp.wrong-passphrase")) {
      const detail = `the passphrase is the first line of ${displayPath(settings["passphrase-file"])}`;
      renderer.event({ type: "notice", reason: "key", incomplete: false, detail });
    }
    const stopped = interrupt.stoppedBy();
    const exit = stopped === undefined ? exitCodeIn(command, cause, persona) : persona.signals[stopped];
    renderer.error(cause, exit);
    renderer.close();
    listing?.flush();
    return exit;
  };
  process.on("uncaughtException", (error) => process.exit(fail(error)));

  const maker = processMaker(hostname());
  const runtime: Runtime = {
    clock: clockFrom(settings["current-time"]),
    random,
    emit: (event) => renderer.event(event),
    signal: interrupt.signal,
    ...(maker && { maker }),
  };
  const isStock = persona.texts !== "doppel";
  const ask = async (question: string, shows?: boolean): Promise<string | undefined> => {
    const answer = await askOnTerminal(question, interrupt.signal, () => interrupt.stop("SIGINT"), shows);
    return answer === "no terminal" ? (isStock ? lineOfInput(interrupt.signal) : undefined) : answer?.typed;
  };
  const reused = isStock ? reuse(secrets, settings) : { secrets };
  if (reused.notice !== undefined) runtime.emit({ type: "notice", reason: "key", incomplete: false, detail: reused.notice });
  const passphrases = passphrasesFrom({
    descriptor: settings["passphrase-fd"],
    file: settings["passphrase-file"],
    ...reused.secrets,
    ...(!isStock && {
      agent: async () => {
        const kept = await fromAgent(invocation);
        usesKept ||= kept !== undefined;
        return kept;
      },
    }),
    prompt: async (question) => (settings["use-agent"] ? undefined : ask(question)),
    ...(isStock && { questions: STOCK_QUESTIONS }),
  });
  try {
    const execute = await COMMANDS[command]();
    const environment = { variables: process.env, cwd: process.cwd(), isRoot: process.geteuid?.() === 0 };
    const unread = stdout.closed;
    const { program, texts } = persona;
    await using _lock = await lockFor(invocation, persona, environment, runtime);
    const outcome = await execute({
      ...found,
      invocation,
      environment,
      passphrases,
      ask,
      runtime,
      renderer,
      showsProgress,
      unread,
      program,
      texts,
    });
    renderer.close();
    listing?.flush();
    await stdout.settled();
    if (stdout.closed() && [...TELLING, ...PAGES].includes(command)) return PIPE_CLOSED;
    if (typeof outcome === "object") return outcome.exit;
    return { complete: DONE, incomplete: persona.incomplete, different: DIFFERENT, damaged: DAMAGED, unrestored: UNRESTORED }[
      outcome
    ];
  } catch (error) {
    return fail(error);
  }
}

/** What `doppel unlock` has left for the target of a command. */
async function fromAgent({ command, positionals }: Invocation): Promise<string | undefined> {
  const url = positionals[TARGETS[command].positionals.findIndex(({ kind }) => kind === "target")];
  if (url === undefined || command === "unlock") return undefined;
  const { passphraseFromAgent } = await import("./agent/client.ts");
  return passphraseFromAgent(url, { variables: process.env, cwd: process.cwd(), isRoot: false });
}

/** What to exit with after an error of a command: where stock has a number of its own for it, `duplicity` has it too. */
function exitCodeIn(command: CommandName, error: unknown, persona: Persona): number {
  const stock = persona.texts === "doppel" ? undefined : stockExitCode(command, error);
  return stock ?? exitCodeOf(error, persona);
}

/** Takes the passphrases out of the environment, which every child process inherits. */
function takeSecrets(): { readonly environment?: string; readonly signEnvironment?: string } {
  const { PASSPHRASE: environment, SIGN_PASSPHRASE: signEnvironment } = process.env;
  delete process.env["PASSPHRASE"];
  delete process.env["SIGN_PASSPHRASE"];
  return { ...(environment !== undefined && { environment }), ...(signEnvironment !== undefined && { signEnvironment }) };
}

/** The system's clock, or one that stood at `seconds` when the program started. */
function clockFrom(seconds: number | undefined): Runtime["clock"] {
  const ahead = seconds === undefined ? 0 : seconds * 1000 - Date.now();
  return { now: () => new Date(Date.now() + ahead), sleep: (ms, signal) => sleep(ms, undefined, { signal }) };
}
