import { setTimeout as sleep } from "node:timers/promises";
import type { Runtime } from "@doppel/base";
import type { CommandName } from "./option.ts";
import { DAMAGED, DIFFERENT, DONE, PIPE_CLOSED } from "./exit-codes.ts";
import { interruptBySignals } from "./interrupt.ts";
import { exitCodeOf } from "./main.ts";
import { lockFor } from "./lock.ts";
import { batched, type Output } from "./output.ts";
import type { Invocation } from "./parse/doppel.ts";
import type { Persona } from "./persona.ts";
import { askOnTerminal } from "./prompt.ts";
import { humanRenderer } from "./render/human.ts";
import { jsonRenderer } from "./render/json-lines.ts";
import type { Renderer } from "./render/renderer.ts";
import { passphrasesFrom } from "./passphrases.ts";
import { causeOf, type Command } from "./session.ts";
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
};

/** Commands that only tell: with nobody to read it there is nothing to go on for. */
const TELLING: readonly CommandName[] = ["recipe", "status", "list", "find", "diff"];

/** Runs a command from its parsed arguments to its exit code, and tells what happens on the way. */
export async function run(invocation: Invocation, persona: Persona, stdout: Output, stderr: Output): Promise<number> {
  const { settings, command } = invocation;
  const interrupt = interruptBySignals((code) => process.exit(code));
  const secrets = takeSecrets();
  const listing = TELLING.includes(command) ? batched(stdout.write) : undefined;
  const showsProgress = settings.progress || (stderr.isTerminal && !settings["no-progress"] && settings["log-format"] === "text");
  const renderer = rendererFor(invocation, persona, { ...stdout, write: listing?.write ?? stdout.write }, stderr, showsProgress);
  const fail = (error: unknown): number => {
    const cause = causeOf(error, interrupt.signal);
    const stopped = interrupt.stoppedBy();
    const exit = stopped === undefined ? exitCodeOf(cause, persona) : persona.signals[stopped];
    renderer.error(cause, exit);
    renderer.close();
    listing?.flush();
    return exit;
  };
  process.on("uncaughtException", (error) => process.exit(fail(error)));

  const runtime: Runtime = {
    clock: clockFrom(settings["current-time"]),
    random,
    emit: (event) => renderer.event(event),
    signal: interrupt.signal,
  };
  const passphrases = passphrasesFrom({
    descriptor: settings["passphrase-fd"],
    file: settings["passphrase-file"],
    ...secrets,
    prompt: async (question) =>
      settings["use-agent"] ? undefined : askOnTerminal(question, interrupt.signal, () => interrupt.stop("SIGINT")),
  });
  try {
    const execute = await COMMANDS[command]();
    const environment = { variables: process.env, cwd: process.cwd(), isRoot: process.geteuid?.() === 0 };
    const unread = stdout.closed;
    const { program } = persona;
    await using _lock = await lockFor(invocation, persona, environment, runtime);
    const outcome = await execute({ invocation, environment, passphrases, runtime, renderer, showsProgress, unread, program });
    renderer.close();
    listing?.flush();
    await stdout.settled();
    if (stdout.closed() && TELLING.includes(command)) return PIPE_CLOSED;
    return { complete: DONE, incomplete: persona.incomplete, different: DIFFERENT, damaged: DAMAGED }[outcome];
  } catch (error) {
    return fail(error);
  }
}

function rendererFor(
  { settings }: Invocation,
  persona: Persona,
  stdout: Output,
  stderr: Output,
  showsProgress: boolean,
): Renderer {
  if (settings["log-format"] === "json") return jsonRenderer(stdout.write, settings.verbosity);
  return humanRenderer({
    stdout: stdout.write,
    stderr: stderr.write,
    verbosity: settings.verbosity,
    progress: showsProgress,
    columns: stderr.columns,
    stdoutIsTerminal: stdout.isTerminal,
    statistics: !settings["no-print-statistics"],
    now: () => performance.now(),
    program: persona.program,
    incompleteExit: persona.incomplete,
  });
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
