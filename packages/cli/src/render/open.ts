import type { Output } from "../output.ts";
import type { Invocation } from "../parse/doppel.ts";
import type { Persona } from "../persona.ts";
import { type MachineLog, openMachineLog } from "./duplicity/machine-log.ts";
import { duplicityRenderer } from "./duplicity/renderer.ts";
import { humanRenderer } from "./human.ts";
import { jsonRenderer } from "./json-lines.ts";
import type { Renderer } from "./renderer.ts";

/** What a run is told by: as its options and the program say, and to the machine logs beside it. @throws cli.usage */
export function openRenderer(
  { settings, command }: Invocation,
  persona: Persona,
  stdout: Output,
  stderr: Output,
  showsProgress: boolean,
): Renderer {
  const { verbosity } = settings;
  const timestamp = settings["log-timestamp"] ? () => new Date() : undefined;
  const now = (): number => performance.now();
  const statistics = !settings["no-print-statistics"];
  const { texts } = persona;
  const duplicity = {
    verbosity,
    timestamp,
    logs: openLogs(settings),
    command,
    counting: texts === "doppel" ? "duplicity-3" : texts,
    statistics,
    force: settings.force,
    ...(showsProgress && { progressMs: settings["progress-rate"] * 1000 }),
    now,
  } as const;
  if (texts !== "doppel" && settings["log-format"] === "text")
    return duplicityRenderer({ ...duplicity, stdout: stdout.write, stderr: stderr.write });
  const own =
    settings["log-format"] === "json"
      ? jsonRenderer(stdout.write, verbosity)
      : humanRenderer({
          stdout: stdout.write,
          stderr: stderr.write,
          verbosity,
          progress: showsProgress,
          columns: stderr.columns,
          stdoutIsTerminal: stdout.isTerminal,
          statistics,
          now,
          timestamp,
          program: persona.program,
          incompleteExit: persona.incomplete,
        });
  if (duplicity.logs.length === 0) return own;
  return both(own, duplicityRenderer({ ...duplicity, stdout: nowhere, stderr: nowhere }));
}

function openLogs(settings: Invocation["settings"]): readonly MachineLog[] {
  const { "log-fd": fd, "log-file": file } = settings;
  return [...(fd === undefined ? [] : [openMachineLog({ fd })]), ...(file === undefined ? [] : [openMachineLog({ file })])];
}

function nowhere(): void {}

function both(first: Renderer, second: Renderer): Renderer {
  return {
    event: (event) => [first, second].forEach((one) => one.event(event)),
    row: (row) => [first, second].forEach((one) => one.row(row)),
    result: (result) => [first, second].forEach((one) => one.result(result)),
    error: (error, exit) => [first, second].forEach((one) => one.error(error, exit)),
    close: () => [first, second].forEach((one) => one.close()),
  };
}
