import type { BytePath } from "@doppel/base";
import type { Output } from "./output.ts";
import type { Persona } from "./persona.ts";
import { type MachineLog, openMachineLog } from "./render/duplicity/machine-log.ts";
import { duplicityRenderer } from "./render/duplicity/renderer.ts";
import { errorText } from "./render/human.ts";
import { jsonRenderer } from "./render/json-lines.ts";

/** Tells an error that came before there were settings: a wrong command line, or a bug. Machine logs that it names have it, too. */
export function startupError(
  error: unknown,
  exit: number,
  to: {
    readonly args: readonly string[];
    readonly json: boolean;
    readonly persona: Pick<Persona, "program" | "texts">;
    readonly stdout: Output;
    readonly stderr: Output;
  },
): void {
  const { program, texts } = to.persona;
  if (to.json) jsonRenderer(to.stdout.write, 0).error(error, exit);
  else if (texts === "doppel") to.stderr.write(`${errorText(program, error)}\n`);
  duplicityRenderer({
    stdout: () => {},
    stderr: texts === "doppel" || to.json ? () => {} : to.stderr.write,
    verbosity: 0,
    logs: logsNamedIn(to.args),
    command: "backup",
    counting: texts === "doppel" ? "duplicity-3" : texts,
    statistics: false,
    force: false,
    now: () => 0,
  }).error(error, exit);
}

/** The machine logs of a command line that cannot be read: they are open as soon as their option was seen (cli spec 13). */
function logsNamedIn(args: readonly string[]): readonly MachineLog[] {
  const logs: MachineLog[] = [];
  args.forEach((argument, index) => {
    const [, option, attached] = /^--(log-fd|log-fi(?:le?)?)(?:=(.*))?$/s.exec(argument) ?? [];
    const value = attached ?? args[index + 1];
    if (option === undefined || value === undefined || value === "") return;
    try {
      if (option !== "log-fd") logs.push(openMachineLog({ file: value as BytePath }));
      else if (/^[1-9][0-9]{0,8}$/.test(value)) logs.push(openMachineLog({ fd: Number(value) }));
    } catch {
      // What is wrong with the log may be the very error.
    }
  });
  return logs;
}
