import { DoppelError } from "@doppel/base";
import { BUG, DONE, EXIT_CODES, PIPE_CLOSED } from "./exit-codes.ts";
import { type Output, outputOf } from "./output.ts";
import { rawArguments } from "./parse/raw-arguments.ts";
import type { Persona } from "./persona.ts";
import type { ExpandedLine } from "./profiles/expand-line.ts";

/** The word by which doppel knows that it is to be the agent of `doppel unlock`; no help shows it. */
export const AGENT_WORD = "--passphrase-agent";

/** A whole run of one of the programs. Imports as little as it can: `--version` must not cost more than Node itself. */
export async function main(persona: Persona): Promise<never> {
  const stdout = outputOf(process.stdout);
  const stderr = outputOf(process.stderr);
  const args = rawArguments(process.argv.slice(2));
  if (args[0] === AGENT_WORD && args[1] !== undefined && persona.texts === "doppel") {
    const { serve } = await import("./agent/server.ts");
    serve(args[1], args[2]);
    return new Promise(() => {}); // it ends the process itself
  }
  try {
    const { args: line, found } = await expanded(args, persona);
    const request = persona.parse(line);
    switch (request.kind) {
      case "version":
        stdout.write(`${persona.version}\n`);
        return process.exit(await told(stdout));
      case "help": {
        const { write, columns } = request.asked ? stdout : stderr;
        write(await persona.help(request.command, columns()));
        return process.exit(request.asked ? await told(stdout) : (persona.exits["cli.usage"] ?? EXIT_CODES["cli.usage"]));
      }
      case "run": {
        const { run } = await import("./run.ts");
        return process.exit(await run(request.run, persona, stdout, stderr, found?.(request.run)));
      }
    }
  } catch (error) {
    const exit = exitCodeOf(error, persona);
    const { startupError } = await import("./startup-error.ts");
    startupError(error, exit, { args, json: asksForJson(args), persona, stdout, stderr });
    return process.exit(exit);
  }
}

/** The exit code of who only had something to say. */
async function told(stdout: Output): Promise<number> {
  await stdout.settled();
  return stdout.closed() ? PIPE_CLOSED : DONE;
}

/** With profiles in the place of their names, or of the one that `explain` is about; others do not pay for them. */
async function expanded(args: readonly string[], persona: Persona): Promise<ExpandedLine> {
  if (persona.texts !== "doppel" || !args.some((argument) => /^@.|^explain$/.test(argument))) return { args };
  const { expandLine } = await import("./profiles/expand-line.ts");
  return expandLine(args, persona.parse, process.env, process.cwd());
}

/** What to exit with after an error; anything that is not a DoppelError is a bug. */
export function exitCodeOf(error: unknown, { exits }: Pick<Persona, "exits">): number {
  if (!(error instanceof DoppelError)) return BUG;
  const { code } = error as DoppelError;
  return exits[code] ?? EXIT_CODES[code];
}

/** Good enough for a command line that could not be read. */
function asksForJson(args: readonly string[]): boolean {
  return args.some(
    (argument, i) =>
      argument === "--json" || argument === "--log-format=json" || (argument === "json" && args[i - 1] === "--log-format"),
  );
}
