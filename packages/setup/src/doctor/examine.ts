import { DoppelError } from "@doppel/base";
import { appendOnly } from "./append-only.ts";
import type { Check, DoctorContext } from "./context.ts";
import type { Finding } from "./finding.ts";
import { target } from "./target.ts";
import { tools } from "./tools.ts";

/** In the order in which a person reads them. */
const CHECKS: readonly (readonly [id: string, what: string, check: Check])[] = [
  ["tools", "programs on this machine", tools],
  ["target", "the target", target],
  ["append-only", "what stolen credentials could do", appendOnly],
];

/** Runs every check; one that cannot be made is a finding, and the others go on. @throws run.aborted */
export async function examine(context: DoctorContext): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [id, what, check] of CHECKS) {
    context.runtime.signal.throwIfAborted();
    try {
      findings.push(...(await check(context)));
    } catch (error) {
      context.runtime.signal.throwIfAborted();
      if (!(error instanceof DoppelError)) throw error;
      findings.push({ id, level: "fail", title: `${what}: could not be looked at`, detail: error.message });
    }
  }
  return findings;
}
