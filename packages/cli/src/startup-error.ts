import type { Output } from "./output.ts";
import { errorText } from "./render/human.ts";
import { jsonRenderer } from "./render/json-lines.ts";

/** Tells an error that came before there were settings: a wrong command line, or a bug. */
export function startupError(
  error: unknown,
  exit: number,
  to: { readonly json: boolean; readonly program: string; readonly stdout: Output; readonly stderr: Output },
): void {
  if (to.json) jsonRenderer(to.stdout.write, 0).error(error, exit);
  else to.stderr.write(`${errorText(to.program, error)}\n`);
}
